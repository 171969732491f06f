# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class WorkflowMonitor(ReadModel):
    """The monitor of a workflow."""

    type: str | None = None
    """Kind of the monitor, such as `transition_count`."""

    window_size: int | None = None
    """Number of executions that it looks at."""

    alarm_threshold: float | None = None
    """Score from which a test alarms."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.type = struct.type
        self.window_size = struct.window_size
        self.alarm_threshold = struct.alarm_threshold
