# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class WorkflowActionRequest(RequestModel):
    """Action of a workflow."""

    type: str
    """Kind of the action, such as `add_label` or `remove_label`."""

    label: str | Unset = UNSET
    """The label to add or to remove."""
