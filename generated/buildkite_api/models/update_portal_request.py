# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdatePortalRequest(RequestModel):
    """Changes. A field that is left out stays as it is."""

    name: str | Unset = UNSET
    """The display name."""

    query: str | Unset = UNSET
    """The GraphQL operation."""

    slug: str | Unset = UNSET
    """The name in URLs."""

    description: str | Unset = UNSET
    """Purpose."""

    allowed_ip_addresses: str | Unset = UNSET
    """The networks that requests may come from, in CIDR notation and separated by spaces."""

    user_invokable: bool | Unset = UNSET
    """True if users may invoke it."""
