# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel


@define(kw_only=True, repr=False, weakref_slot=False)
class WorkflowFilterRequest(RequestModel):
    """Filter of executions by a tag."""

    key: str
    """The tag, such as `scm.branch`."""

    operator: str
    """How its value is compared, such as `is`."""

    value: str
    """The value."""
