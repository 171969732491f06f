# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterMaintainerRequest(RequestModel):
    """User or team that may manage a cluster."""

    user: str | Unset = UNSET
    """The id of a user."""

    team: str | Unset = UNSET
    """The id of a team."""
