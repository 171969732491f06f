# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class NetworkRange(ReadModel):
    """A network that hosted agents come from."""

    cidr_range: str
    """The network, in CIDR notation."""

    kind: str | None = None
    """Kind of the range, in the words of its provider."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.cidr_range = struct.cidr_range
        self.kind = struct.kind
