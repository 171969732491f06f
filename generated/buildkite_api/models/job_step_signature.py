# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class JobStepSignature(ReadModel):
    """The signature of a step."""

    value: str | None = None
    """The signature."""

    algorithm: str | None = None
    """The algorithm."""

    signed_fields: list[str] = field(factory=list)
    """The fields that it covers."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.value = struct.value
        model.algorithm = struct.algorithm
        model.signed_fields = [] if struct.signed_fields is None else struct.signed_fields
        return model
