# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from .._definition import define
from ..base import ReadModel, new


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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.limit = struct.limit
        model.current = struct.current
        model.reset = struct.reset
        model.reset_at = struct.reset_at
        model.enforced = struct.enforced
        return model
