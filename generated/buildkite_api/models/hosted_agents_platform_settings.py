# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .hosted_agents_linux_settings import HostedAgentsLinuxSettings


@define(kw_only=True, repr=False, weakref_slot=False)
class HostedAgentsPlatformSettings(ReadModel):
    """Settings of hosted agents that depend on their operating system."""

    linux: HostedAgentsLinuxSettings | None = None
    """For Linux."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.linux = struct.linux and struct.linux._to_model()
        return model
