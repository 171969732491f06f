# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class JobPriority(ReadModel):
    """The place of a job among waiting jobs."""

    number: int | None = None
    """Higher goes first. 0 where nothing was set."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.number = struct.number
        return model
