# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class JobStateCounts(ReadModel):
    """A build's jobs counted by state, whatever jobs the answer itself holds."""

    total: int
    """How many jobs were counted. Retried ones count only with `include_retried_jobs`."""

    states: dict[str, int] = field(factory=dict)
    """How many jobs are in each state that occurs."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.total = struct.total
        self.states = struct.states
