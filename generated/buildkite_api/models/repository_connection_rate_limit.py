# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class RepositoryConnectionRateLimit(ReadModel):
    """The budget of a connection on its host."""

    limit: int | None = None
    """Limit of a window."""

    used: int | None = None
    """Use in this window."""

    remaining: int | None = None
    """Remaining requests."""

    reset_at: datetime.datetime | None = None
    """Time when it ends."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.limit = struct.limit
        self.used = struct.used
        self.remaining = struct.remaining
        self.reset_at = struct.reset_at
