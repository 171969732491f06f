# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .notification_service_type import NotificationServiceType


@define(kw_only=True, repr=False, weakref_slot=False)
class NotificationServiceProvider(ReadModel):
    """A kind of service."""

    id: NotificationServiceType
    """Kind."""

    name: str | None = None
    """Its display name."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.name = struct.name
        return model
