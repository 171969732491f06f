# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from attrs import define

from ..base import ReadModel


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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.tag = struct.tag
        self.cluster_id = struct.cluster_id
        self.size_mb = struct.size_mb
        self.created_at = struct.created_at
        self.attached_at = struct.attached_at
        self.detached_at = struct.detached_at
