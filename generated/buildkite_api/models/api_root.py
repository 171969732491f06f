# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class ApiRoot(ReadModel):
    """The greeting of the API."""

    message: str
    """An emoji."""

    timestamp: int
    """The time at Buildkite, in seconds since 1970."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.message = struct.message
        self.timestamp = struct.timestamp
