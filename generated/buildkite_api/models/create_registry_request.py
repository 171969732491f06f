# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateRegistryRequest(RequestModel):
    """The new registry."""

    name: str
    """The display name."""

    ecosystem: str
    """Kind of its packages, such as `ruby`."""

    team_ids: Sequence[str] | Unset = UNSET
    """The teams that can reach it. Has to be given where the organization uses teams."""

    description: str | Unset = UNSET
    """Purpose."""

    emoji: str | Unset = UNSET
    """An emoji such as `:rocket:`."""

    color: str | Unset = UNSET
    """A color as a hex code."""

    oidc_policy: str | Sequence[Mapping[str, Any]] | None | Unset = UNSET
    """Policy of the OIDC tokens that may act on it, as YAML or as a list of statements. Null for none."""
