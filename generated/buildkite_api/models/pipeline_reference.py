# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineReference(ReadModel):
    """A pipeline, as other objects name one."""

    id: str
    """The pipeline's id."""

    slug: str | None = None
    """The pipeline's slug."""

    url: str | None = None
    """The pipeline in the REST API."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.slug = struct.slug
        self.url = struct.url
