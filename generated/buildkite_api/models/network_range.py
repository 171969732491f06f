# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class NetworkRange(ReadModel):
    """A network that hosted agents come from."""

    cidr_range: str
    """The network, in CIDR notation."""

    kind: str | None = None
    """Kind of the range, in the words of its provider."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.cidr_range = struct.cidr_range
        model.kind = struct.kind
        return model
