# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class ApiCatalogLink(ReadModel):
    """A document that describes an API."""

    href: str
    """URL."""

    type: str | None = None
    """Its media type."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.href = struct.href
        self.type = struct.type
