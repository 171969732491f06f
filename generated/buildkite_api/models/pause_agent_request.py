# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class PauseAgentRequest(RequestModel):
    """Way to pause an agent."""

    note: str | Unset = UNSET
    """Reason why it is paused."""

    timeout_in_minutes: int | Unset = UNSET
    """After how many minutes it resumes by itself."""
