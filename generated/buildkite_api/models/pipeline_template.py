# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.uuid = struct.uuid
        model.graphql_id = struct.graphql_id
        model.name = struct.name
        model.description = struct.description
        model.configuration = struct.configuration
        model.available = struct.available
        model.url = struct.url
        model.web_url = struct.web_url
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.updated_at = struct.updated_at
        model.updated_by = struct.updated_by and struct.updated_by._to_model()
        return model
