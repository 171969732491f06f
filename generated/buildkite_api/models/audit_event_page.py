# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .audit_event import AuditEvent
    from .cursor_links import CursorLinks


@define(kw_only=True, repr=False, weakref_slot=False)
class AuditEventPage(ReadModel):
    """A page of audit events."""

    items: list[AuditEvent]
    """The audit events."""

    links: CursorLinks
    """The neighbours of this page."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.items = [] if struct.items is None else [each._to_model() for each in struct.items]
        model.links = struct.links and struct.links._to_model()
        return model
