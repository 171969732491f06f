# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class RebuiltFrom(ReadModel):
    """The build that another one repeats."""

    id: str
    """The build's id."""

    number: int
    """The build's number."""

    url: str
    """The build in the REST API."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.number = struct.number
        self.url = struct.url
