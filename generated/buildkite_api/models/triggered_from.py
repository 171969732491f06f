# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class TriggeredFrom(ReadModel):
    """The build whose trigger step started another one."""

    build_id: str | None = None
    """The build's id."""

    build_number: int | None = None
    """The build's number in its pipeline."""

    build_pipeline_slug: str | None = None
    """The slug of that pipeline."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.build_id = struct.build_id
        self.build_number = struct.build_number
        self.build_pipeline_slug = struct.build_pipeline_slug
