# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.enabled = struct.enabled
        self.enabled_at = struct.enabled_at
        self.enabled_by = struct.enabled_by and to_models(struct.enabled_by)
        self.disable_supported = struct.disable_supported
