# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .cluster_maintainer import ClusterMaintainer


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterMaintainers(ReadModel):
    """Users and teams that may manage a cluster."""

    users: list[ClusterMaintainer] = field(factory=list)
    """Single users."""

    teams: list[ClusterMaintainer] = field(factory=list)
    """Whole teams."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.users = [] if struct.users is None else [each._to_model() for each in struct.users]
        model.teams = [] if struct.teams is None else [each._to_model() for each in struct.teams]
        return model
