# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class JobPriority(ReadModel):
    """The place of a job among waiting jobs."""

    number: int | None = None
    """Higher goes first. 0 where nothing was set."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.number = struct.number
