# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateClusterTokenRequest(RequestModel):
    """The new token."""

    description: str
    """Purpose."""

    expires_at: datetime.datetime | Unset = UNSET
    """Time when it expires."""

    allowed_ip_addresses: str | Unset = UNSET
    """The IPv4 networks that agents may come from, in CIDR notation."""
