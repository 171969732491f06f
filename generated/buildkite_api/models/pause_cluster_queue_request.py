# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class PauseClusterQueueRequest(RequestModel):
    """Reason for the pause of a queue."""

    dispatch_paused_note: str | Unset = UNSET
    """Shown with the queue and its builds. The documentation's table calls it `note`, its example and
    Buildkite's Go client as here."""
