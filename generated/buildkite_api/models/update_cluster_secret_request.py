# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from attrs import define

from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateClusterSecretRequest(RequestModel):
    """What to change. What is left out stays as it is."""

    description: str | Unset = UNSET
    """What it is for."""

    policy: str | Unset = UNSET
    """Who may read it, as YAML."""
