# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class ErrorDetail(ReadModel):
    """One field that failed validation."""

    field: str | None = None
    """The name of the field."""

    code: str | None = None
    """Problem with it. Documented to hold a whole sentence."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.field = struct.field
        model.code = struct.code
        return model
