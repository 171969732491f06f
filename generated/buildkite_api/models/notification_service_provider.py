# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel

if TYPE_CHECKING:
    from .notification_service_type import NotificationServiceType


@define(kw_only=True, repr=False, weakref_slot=False)
class NotificationServiceProvider(ReadModel):
    """A kind of service."""

    id: NotificationServiceType
    """Kind."""

    name: str | None = None
    """Its display name."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.name = struct.name
