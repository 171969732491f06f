# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .build_test_engine_suite import BuildTestEngineSuite


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildTestEngineRun(ReadModel):
    """One test run of a build."""

    id: str | None = None
    """The run's id."""

    suite: BuildTestEngineSuite | None = None
    """The suite that the run belongs to."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.suite = struct.suite and struct.suite._to_model()
        return model
