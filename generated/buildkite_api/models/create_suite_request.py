# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateSuiteRequest(RequestModel):
    """The new suite."""

    name: str
    """The display name."""

    default_branch: str
    """The branch whose trends are shown first."""

    show_api_token: bool | Unset = UNSET
    """Add the suite's API token to the answer."""

    team_ids: Sequence[str] | Unset = UNSET
    """The teams that can reach it. Has to be given where the organization uses teams."""

    application_name: str | Unset = UNSET
    """The application that it tests."""

    color: str | Unset = UNSET
    """A color as a hex code."""

    emoji: str | Unset = UNSET
    """An emoji, itself or as `:lemon:`."""

    oidc_policy: str | Sequence[Mapping[str, Any]] | None | Unset = UNSET
    """Policy of the OIDC tokens that may act on it, as YAML or as a list of statements. Null clears it."""
