# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class HostedAgentsLinuxSettings(ReadModel):
    """Settings of hosted agents on Linux."""

    agent_image_ref: str | None = None
    """The image that they run. Null for the default."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.agent_image_ref = struct.agent_image_ref
