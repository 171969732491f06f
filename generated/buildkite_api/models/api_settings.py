# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class ApiSettings(ReadModel):
    """Restrictions of the use of an organization's API."""

    url: str
    """The settings in the REST API."""

    allowed_ip_addresses: str | None = None
    """The networks that requests may come from, in CIDR notation and separated by spaces. Null where every
    address may."""

    revoke_inactive_tokens_after_days: int | None = None
    """After how many days without use a token is revoked. Null where none is."""

    restrict_user_api_token_creation: bool | None = None
    """True if only administrators may create tokens."""

    features: dict[str, bool] = field(factory=dict)
    """Settings that the plan has: `api_ip_allow_list` and `inactive_api_token_revocation`. It tells a setting
    that is off from one that the plan lacks."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.url = struct.url
        model.allowed_ip_addresses = struct.allowed_ip_addresses
        model.revoke_inactive_tokens_after_days = struct.revoke_inactive_tokens_after_days
        model.restrict_user_api_token_creation = struct.restrict_user_api_token_creation
        model.features = {} if struct.features is None else struct.features
        return model
