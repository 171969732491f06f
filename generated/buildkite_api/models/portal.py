# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models
from ..types import Secret

if TYPE_CHECKING:
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class Portal(ReadModel):
    """A stored GraphQL operation with an address of its own."""

    uuid: str
    """The portal's id."""

    slug: str
    """The name in URLs."""

    organization_uuid: str | None = None
    """The organization's id."""

    name: str
    """The display name."""

    description: str | None = None
    """Purpose."""

    query: str | None = None
    """The GraphQL operation."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    allowed_ip_addresses: str | None = None
    """The networks that requests may come from, in CIDR notation and separated by spaces."""

    user_invokable: bool | None = None
    """True if users may invoke it."""

    token: Secret | None = field(default=None, repr=False)
    """Token that opens it. Only in the answer to creating the portal."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.uuid = struct.uuid
        self.slug = struct.slug
        self.organization_uuid = struct.organization_uuid
        self.name = struct.name
        self.description = struct.description
        self.query = struct.query
        self.created_at = struct.created_at
        self.created_by = struct.created_by and to_models(struct.created_by)
        self.allowed_ip_addresses = struct.allowed_ip_addresses
        self.user_invokable = struct.user_invokable
        self.token = struct.token
