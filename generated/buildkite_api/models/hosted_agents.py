# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .hosted_agents_platform_settings import HostedAgentsPlatformSettings
    from .instance_shape import InstanceShape


@define(kw_only=True, repr=False, weakref_slot=False)
class HostedAgents(ReadModel):
    """Properties of the Buildkite hosted agents of a queue."""

    instance_shape: InstanceShape | None = None
    """Their machines."""

    platform_settings: HostedAgentsPlatformSettings | None = None
    """Settings of their operating system."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.instance_shape = struct.instance_shape and to_models(struct.instance_shape)
        self.platform_settings = struct.platform_settings and to_models(struct.platform_settings)
