# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .api_catalog_entry import ApiCatalogEntry


@define(kw_only=True, repr=False, weakref_slot=False)
class ApiCatalog(ReadModel):
    """The catalog of the APIs that have a machine-readable description."""

    linkset: list[ApiCatalogEntry]
    """One entry for each API."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.linkset = [] if struct.linkset is None else [each._to_model() for each in struct.linkset]
        return model
