# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class HostedAgentsLinuxSettings(ReadModel):
    """Settings of hosted agents on Linux."""

    agent_image_ref: str | None = None
    """The image that they run. Null for the default."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.agent_image_ref = struct.agent_image_ref
        return model
