# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateRegistryTokenRequest(RequestModel):
    """Changes."""

    description: str
    """Purpose."""
