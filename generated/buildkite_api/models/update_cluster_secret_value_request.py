# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define, field
from ..base import RequestModel
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateClusterSecretValueRequest(RequestModel):
    """The new value."""

    value: str | Secret = field(repr=False)
    """Secret value. Not blank, and less than 8 kilobytes."""
