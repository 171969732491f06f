# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class RebuiltFrom(ReadModel):
    """The build that another one repeats."""

    id: str
    """The build's id."""

    number: int
    """The build's number."""

    url: str
    """The build in the REST API."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.number = struct.number
        model.url = struct.url
        return model
