# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class ApiRoot(ReadModel):
    """The greeting of the API."""

    message: str
    """An emoji."""

    timestamp: int
    """The time at Buildkite, in seconds since 1970."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.message = struct.message
        model.timestamp = struct.timestamp
        return model
