# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .access_token_user import AccessTokenUser


@define(kw_only=True, repr=False, weakref_slot=False)
class AccessToken(ReadModel):
    """An API access token, without its secret."""

    _older_timestamps: ClassVar[frozenset[str]] = frozenset({"created_at", "expires_at"})

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.uuid = struct.uuid
        model.scopes = [] if struct.scopes is None else struct.scopes
        model.description = struct.description
        model.created_at = struct.created_at
        model.expires_at = struct.expires_at
        model.user = struct.user and struct.user._to_model()
        return model
