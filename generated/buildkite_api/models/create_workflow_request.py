# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .workflow_action_request import WorkflowActionRequest
    from .workflow_filter_request import WorkflowFilterRequest
    from .workflow_monitor_request import WorkflowMonitorRequest


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateWorkflowRequest(RequestModel):
    """The new workflow."""

    monitor: WorkflowMonitorRequest
    """The monitor that watches the tests."""

    filters: Sequence[WorkflowFilterRequest] | Unset = UNSET
    """Executions to count, by their tags. All of them when left out."""

    alarm_actions: Sequence[WorkflowActionRequest] | Unset = UNSET
    """What is done when a test alarms."""

    recover_actions: Sequence[WorkflowActionRequest] | Unset = UNSET
    """What is done when a test recovers."""
