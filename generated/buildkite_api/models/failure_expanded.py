# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class FailureExpanded(ReadModel):
    """Reason of the failure of an execution, at length. Known from Buildkite's Go client alone."""

    backtrace: list[str] = field(factory=list)
    """The backtrace, line by line."""

    expanded: list[str] = field(factory=list)
    """The message, line by line."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.backtrace = [] if struct.backtrace is None else struct.backtrace
        model.expanded = [] if struct.expanded is None else struct.expanded
        return model
