# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildTestEngineSuite(ReadModel):
    """The suite of a test run."""

    id: str | None = None
    """The suite's id."""

    slug: str | None = None
    """The suite's slug."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.slug = struct.slug
