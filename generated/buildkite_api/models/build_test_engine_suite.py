# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildTestEngineSuite(ReadModel):
    """The suite of a test run."""

    id: str | None = None
    """The suite's id."""

    slug: str | None = None
    """The suite's slug."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.slug = struct.slug
        return model
