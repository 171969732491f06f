# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class Meta(ReadModel):
    """Facts about Buildkite."""

    webhook_ips: list[str] = field(factory=list)
    """The addresses of outgoing requests, in CIDR notation."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.webhook_ips = [] if struct.webhook_ips is None else struct.webhook_ips
