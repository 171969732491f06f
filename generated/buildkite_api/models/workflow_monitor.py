# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class WorkflowMonitor(ReadModel):
    """The monitor of a workflow."""

    type: str | None = None
    """Kind of the monitor, such as `transition_count`."""

    window_size: int | None = None
    """Number of executions that it looks at."""

    alarm_threshold: float | None = None
    """Score from which a test alarms."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.type = struct.type
        model.window_size = struct.window_size
        model.alarm_threshold = struct.alarm_threshold
        return model
