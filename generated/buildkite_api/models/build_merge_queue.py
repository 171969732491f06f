# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildMergeQueue(ReadModel):
    """The merge queue that a build is in."""

    base_branch: str | None = None
    """The branch that the queue merges into."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.base_branch = struct.base_branch
