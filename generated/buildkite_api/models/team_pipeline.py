# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .pipeline_access_level import PipelineAccessLevel


@define(kw_only=True, repr=False, weakref_slot=False)
class TeamPipeline(ReadModel):
    """Access of a team to a pipeline."""

    pipeline_id: str
    """The pipeline's id."""

    pipeline_url: str | None = None
    """The pipeline in the REST API."""

    access_level: PipelineAccessLevel
    """Access level."""

    created_at: datetime.datetime | None = None
    """Time when the team got the pipeline."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.pipeline_id = struct.pipeline_id
        model.pipeline_url = struct.pipeline_url
        model.access_level = struct.access_level
        model.created_at = struct.created_at
        return model
