# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateOrganizationApiSettingsRequest(RequestModel):
    """Changes. A field that is left out stays as it is."""

    allowed_ip_addresses: str | None | Unset = UNSET
    """The networks that requests may come from, in CIDR notation and separated by spaces. Null lets every
    address in."""

    revoke_inactive_tokens_after_days: int | None | Unset = UNSET
    """After how many days without use a token is revoked: 30, 60, 90, 180 or 365. Null revokes none."""

    restrict_user_api_token_creation: bool | Unset = UNSET
    """True if only administrators may create tokens."""
