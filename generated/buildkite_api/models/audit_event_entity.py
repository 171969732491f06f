# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class AuditEventEntity(ReadModel):
    """User or object that took part in an audit event."""

    type: str | None = None
    """Kind of the entity, such as `User`."""

    uuid: str | None = None
    """Its id."""

    name: str | None = None
    """Its name."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.type = struct.type
        self.uuid = struct.uuid
        self.name = struct.name
