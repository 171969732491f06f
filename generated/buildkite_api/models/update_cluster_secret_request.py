# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateClusterSecretRequest(RequestModel):
    """Changes. A field that is left out stays as it is."""

    description: str | Unset = UNSET
    """Purpose."""

    policy: str | Unset = UNSET
    """Policy that says who may read it, as YAML."""
