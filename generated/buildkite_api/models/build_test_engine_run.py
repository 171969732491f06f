# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .build_test_engine_suite import BuildTestEngineSuite


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildTestEngineRun(ReadModel):
    """One test run of a build."""

    id: str | None = None
    """The run's id."""

    suite: BuildTestEngineSuite | None = None
    """The suite that the run belongs to."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.suite = struct.suite and to_models(struct.suite)
