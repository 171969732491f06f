# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models
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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.description = struct.description
        self.url = struct.url
        self.created_at = struct.created_at
        self.created_by = struct.created_by and to_models(struct.created_by)
        self.organization = struct.organization and to_models(struct.organization)
        self.registry = struct.registry and to_models(struct.registry)
        self.token = struct.token
