# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new
from ..types import Secret

if TYPE_CHECKING:
    from .organization_reference import OrganizationReference
    from .registry_reference import RegistryReference
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class RegistryToken(ReadModel):
    """A token of a package registry."""

    id: str
    """The token's id."""

    graphql_id: str | None = None
    """The same token in the GraphQL API."""

    description: str | None = None
    """Purpose."""

    url: str
    """The token in the REST API."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    organization: OrganizationReference | None = None
    """The organization."""

    registry: RegistryReference | None = None
    """The registry."""

    token: Secret | None = field(default=None, repr=False)
    """The secret itself. Only in the answer to creating the token, and known from Buildkite's Go client alone."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.description = struct.description
        model.url = struct.url
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.organization = struct.organization and struct.organization._to_model()
        model.registry = struct.registry and struct.registry._to_model()
        model.token = struct.token
        return model
