# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .execution_tags_request import ExecutionTagsRequest


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateExecutionTagsRequest(RequestModel):
    """The tags of executions."""

    executions: Sequence[ExecutionTagsRequest]
    """The executions."""
