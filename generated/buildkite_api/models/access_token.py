# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .access_token_user import AccessTokenUser


@define(kw_only=True, repr=False, weakref_slot=False)
class AccessToken(ReadModel):
    """An API access token, without its secret."""

    uuid: str
    """The token's id."""

    scopes: list[str] = field(factory=list)
    """Permissions."""

    description: str | None = None
    """Purpose."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    expires_at: datetime.datetime | None = None
    """Time when it expires. A token made from a public key does not expire."""

    user: AccessTokenUser | None = None
    """Owner."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.uuid = struct.uuid
        self.scopes = [] if struct.scopes is None else struct.scopes
        self.description = struct.description
        self.created_at = struct.created_at
        self.expires_at = struct.expires_at
        self.user = struct.user and to_models(struct.user)
