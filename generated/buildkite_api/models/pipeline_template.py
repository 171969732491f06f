# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, made

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
    """What it is for."""

    configuration: str | None = None
    """Its steps as YAML."""

    available: bool | None = None
    """Whether others than administrators may give it to pipelines."""

    url: str
    """The template in the REST API."""

    web_url: str | None = None
    """The template's page on Buildkite."""

    created_at: datetime.datetime | None = None
    """When it was created."""

    created_by: User | None = None
    """Who created it."""

    updated_at: datetime.datetime | None = None
    """When it was last changed."""

    updated_by: User | None = None
    """Who last changed it."""

    def _take(self, part: Any) -> None:
        self._additional = None
        self.uuid = part.uuid
        self.graphql_id = part.graphql_id
        self.name = part.name
        self.description = part.description
        self.configuration = part.configuration
        self.available = part.available
        self.url = part.url
        self.web_url = part.web_url
        self.created_at = part.created_at
        self.created_by = part.created_by and made(part.created_by)
        self.updated_at = part.updated_at
        self.updated_by = part.updated_by and made(part.updated_by)
