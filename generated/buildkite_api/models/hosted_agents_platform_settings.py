# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .hosted_agents_linux_settings import HostedAgentsLinuxSettings


@define(kw_only=True, repr=False, weakref_slot=False)
class HostedAgentsPlatformSettings(ReadModel):
    """Settings of hosted agents that depend on their operating system."""

    linux: HostedAgentsLinuxSettings | None = None
    """For Linux."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.linux = struct.linux and to_models(struct.linux)
