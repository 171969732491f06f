# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class ApiCatalogLink(ReadModel):
    """A document that describes an API."""

    href: str
    """URL."""

    type: str | None = None
    """Its media type."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.href = struct.href
        model.type = struct.type
        return model
