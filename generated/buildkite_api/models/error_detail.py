# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class ErrorDetail(ReadModel):
    """One field that failed validation."""

    field: str | None = None
    """The name of the field."""

    code: str | None = None
    """Problem with it. Documented to hold a whole sentence."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.field = struct.field
        self.code = struct.code
