# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class CacheVolume(ReadModel):
    """A volume that hosted agents keep their cache on."""

    id: str
    """The volume's id, as its provider names it."""

    tag: str
    """Tag, which identifies it for deletion."""

    cluster_id: str | None = None
    """The cluster that it belongs to."""

    size_mb: int | None = None
    """Its size in megabytes."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    attached_at: datetime.datetime | None = None
    """Time when an agent last attached it."""

    detached_at: datetime.datetime | None = None
    """Time when an agent last detached it."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.tag = struct.tag
        model.cluster_id = struct.cluster_id
        model.size_mb = struct.size_mb
        model.created_at = struct.created_at
        model.attached_at = struct.attached_at
        model.detached_at = struct.detached_at
        return model
