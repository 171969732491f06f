# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineTemplate(ReadModel):
    """Steps that pipelines can share."""

    uuid: str
    """The template's id."""

    graphql_id: str | None = None
    """The same template in the GraphQL API."""

    name: str
    """The display name."""

    description: str | None = None
    """Purpose."""

    configuration: str | None = None
    """Its steps as YAML."""

    available: bool | None = None
    """True if others than administrators may give it to pipelines."""

    url: str
    """The template in the REST API."""

    web_url: str | None = None
    """The template's page on Buildkite."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    updated_at: datetime.datetime | None = None
    """Time when it was last changed."""

    updated_by: User | None = None
    """User who last changed it."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.uuid = struct.uuid
        self.graphql_id = struct.graphql_id
        self.name = struct.name
        self.description = struct.description
        self.configuration = struct.configuration
        self.available = struct.available
        self.url = struct.url
        self.web_url = struct.web_url
        self.created_at = struct.created_at
        self.created_by = struct.created_by and to_models(struct.created_by)
        self.updated_at = struct.updated_at
        self.updated_by = struct.updated_by and to_models(struct.updated_by)
