# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class JobStateCounts(ReadModel):
    """Numbers of a build's jobs by state. They count jobs that the answer leaves out too."""

    total: int
    """Number of all jobs. Retried ones count only with `include_retried_jobs`."""

    states: dict[str, int] = field(factory=dict)
    """Number of jobs in each state that occurs."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.total = struct.total
        model.states = {} if struct.states is None else struct.states
        return model
