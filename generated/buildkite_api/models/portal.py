# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new
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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.uuid = struct.uuid
        model.slug = struct.slug
        model.organization_uuid = struct.organization_uuid
        model.name = struct.name
        model.description = struct.description
        model.query = struct.query
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.allowed_ip_addresses = struct.allowed_ip_addresses
        model.user_invokable = struct.user_invokable
        model.token = struct.token
        return model
