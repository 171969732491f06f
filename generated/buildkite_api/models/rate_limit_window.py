# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class RateLimitWindow(ReadModel):
    """One budget in its current window."""

    limit: int
    """Limit of a window."""

    current: int
    """Use in this window. It may be more than `limit`."""

    reset: int
    """Seconds until the window ends."""

    reset_at: datetime.datetime | None = None
    """Time when the window ends."""

    enforced: bool | None = None
    """True if the limit is enforced for this organization."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.limit = struct.limit
        self.current = struct.current
        self.reset = struct.reset
        self.reset_at = struct.reset_at
        self.enforced = struct.enforced
