# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateRegistryRequest(RequestModel):
    """Changes. A field that is left out stays as it is."""

    name: str | Unset = UNSET
    """The display name."""

    description: str | Unset = UNSET
    """Purpose."""

    oidc_policy: str | Sequence[Mapping[str, Any]] | None | Unset = UNSET
    """Policy of the OIDC tokens that may act on it, as YAML or as a list of statements. Null for none."""
