# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .cluster_maintainer_actor import ClusterMaintainerActor


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterMaintainer(ReadModel):
    """A user or a team that may manage a cluster."""

    id: str
    """The id of the grant, not of the user or team."""

    actor: ClusterMaintainerActor | None = None
    """The user or team."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.actor = struct.actor and struct.actor._to_model()
        return model
