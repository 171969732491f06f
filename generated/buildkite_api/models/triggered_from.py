# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class TriggeredFrom(ReadModel):
    """The build whose trigger step started another one."""

    build_id: str | None = None
    """The build's id."""

    build_number: int | None = None
    """The build's number in its pipeline."""

    build_pipeline_slug: str | None = None
    """The slug of that pipeline."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.build_id = struct.build_id
        model.build_number = struct.build_number
        model.build_pipeline_slug = struct.build_pipeline_slug
        return model
