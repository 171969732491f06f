# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class AuditEventEntity(ReadModel):
    """User or object that took part in an audit event."""

    type: str | None = None
    """Kind of the entity, such as `User`."""

    uuid: str | None = None
    """Its id."""

    name: str | None = None
    """Its name."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.type = struct.type
        model.uuid = struct.uuid
        model.name = struct.name
        return model
