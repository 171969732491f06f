# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildMergeQueue(ReadModel):
    """The merge queue that a build is in."""

    base_branch: str | None = None
    """The branch that the queue merges into."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.base_branch = struct.base_branch
        return model
