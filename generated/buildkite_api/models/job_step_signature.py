# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class JobStepSignature(ReadModel):
    """The signature of a step."""

    value: str | None = None
    """The signature."""

    algorithm: str | None = None
    """The algorithm."""

    signed_fields: list[str] = field(factory=list)
    """The fields that it covers."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.value = struct.value
        self.algorithm = struct.algorithm
        self.signed_fields = [] if struct.signed_fields is None else struct.signed_fields
