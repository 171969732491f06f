# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .build_test_engine_run import BuildTestEngineRun


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildTestEngine(ReadModel):
    """Runs that a build reported to Test Engine."""

    runs: list[BuildTestEngineRun] = field(factory=list)
    """The test runs."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.runs = [] if struct.runs is None else [each._to_model() for each in struct.runs]
        return model
