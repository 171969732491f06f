# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.instance_shape = struct.instance_shape and struct.instance_shape._to_model()
        model.platform_settings = struct.platform_settings and struct.platform_settings._to_model()
        return model
