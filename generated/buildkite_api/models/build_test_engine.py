# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .build_test_engine_run import BuildTestEngineRun


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildTestEngine(ReadModel):
    """Runs that a build reported to Test Engine."""

    runs: list[BuildTestEngineRun] = field(factory=list)
    """The test runs."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.runs = [] if struct.runs is None else to_models(struct.runs)
