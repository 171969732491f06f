# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .cluster_maintainer import ClusterMaintainer


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterMaintainers(ReadModel):
    """Users and teams that may manage a cluster."""

    users: list[ClusterMaintainer] = field(factory=list)
    """Single users."""

    teams: list[ClusterMaintainer] = field(factory=list)
    """Whole teams."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.users = [] if struct.users is None else to_models(struct.users)
        self.teams = [] if struct.teams is None else to_models(struct.teams)
