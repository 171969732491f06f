# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, made

if TYPE_CHECKING:
    from .cluster_maintainer import ClusterMaintainer


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterMaintainers(ReadModel):
    """Who may manage a cluster."""

    users: list[ClusterMaintainer] = field(factory=list)
    """Single users."""

    teams: list[ClusterMaintainer] = field(factory=list)
    """Whole teams."""

    def _take(self, part: Any) -> None:
        self._additional = None
        self.users = part.users and made(part.users)
        self.teams = part.teams and made(part.teams)
