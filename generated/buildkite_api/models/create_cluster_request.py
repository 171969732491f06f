# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .cluster_maintainer_request import ClusterMaintainerRequest


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateClusterRequest(RequestModel):
    """The new cluster."""

    name: str
    """The display name."""

    description: str | Unset = UNSET
    """Purpose."""

    emoji: str | Unset = UNSET
    """An emoji such as `:rocket:`."""

    color: str | Unset = UNSET
    """A color as a hex code."""

    maintainers: Sequence[ClusterMaintainerRequest] | Unset = UNSET
    """Users and teams that may manage it."""
