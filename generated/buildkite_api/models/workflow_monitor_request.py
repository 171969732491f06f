# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class WorkflowMonitorRequest(RequestModel):
    """The monitor of a new workflow. Which of the fields a type takes depends on the type."""

    type: str
    """Kind of the monitor, such as `transition_count`."""

    window_size: int | Unset = UNSET
    """Number of executions to look at."""

    alarm_threshold: float | Unset = UNSET
    """Score from which a test alarms."""

    recover_threshold: float | Unset = UNSET
    """Score below which a test recovers."""
