# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from .._definition import define
from ..base import ReadModel, new


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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.limit = struct.limit
        model.used = struct.used
        model.remaining = struct.remaining
        model.reset_at = struct.reset_at
        return model
