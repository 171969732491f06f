# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class RetryFailedJobsRequest(RequestModel):
    """Jobs to retry."""

    states: str | Unset = UNSET
    """One string of `canceled`, `expired`, `failed`, `soft_failed` and `timed_out`, separated by commas.
    Everything that can be retried when empty or left out."""
