# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .api_catalog_entry import ApiCatalogEntry


@define(kw_only=True, repr=False, weakref_slot=False)
class ApiCatalog(ReadModel):
    """The catalog of the APIs that have a machine-readable description."""

    linkset: list[ApiCatalogEntry]
    """One entry for each API."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.linkset = [] if struct.linkset is None else to_models(struct.linkset)
