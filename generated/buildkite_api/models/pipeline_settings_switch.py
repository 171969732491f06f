# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineSettingsSwitch(ReadModel):
    """A setting that is either on or off."""

    enabled: bool
    """True if it is on."""

    enabled_at: datetime.datetime | None = None
    """Time when it was switched on."""

    enabled_by: User | None = None
    """User who switched it on. Only the id and the name."""

    disable_supported: bool | None = None
    """True if the API can switch it off. Only of `advanced_queue_metrics`, and always false."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.enabled = struct.enabled
        model.enabled_at = struct.enabled_at
        model.enabled_by = struct.enabled_by and struct.enabled_by._to_model()
        model.disable_supported = struct.disable_supported
        return model
