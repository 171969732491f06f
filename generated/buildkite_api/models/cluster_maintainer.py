# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .cluster_maintainer_actor import ClusterMaintainerActor


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterMaintainer(ReadModel):
    """A user or a team that may manage a cluster."""

    id: str
    """The id of the grant, not of the user or team."""

    actor: ClusterMaintainerActor | None = None
    """The user or team."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.actor = struct.actor and to_models(struct.actor)
