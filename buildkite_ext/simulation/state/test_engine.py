"""Test Engine: suites, their tests, and the runs in which the tests are executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Execution", "Suite", "SuiteRun", "SuiteTest"]


@dataclass(slots=True, eq=False)
class Execution:
    """Execution of a test in a run.

    Attributes:
        result: `passed`, `failed`, `skipped`, `pending` or `unknown`.
        reason: why it failed, in short.
        details, backtrace: why it failed, at length, line by line.
    """

    id: str
    test: SuiteTest
    run: SuiteRun
    result: str
    duration: float
    created_at: float
    reason: str | None = None
    details: tuple[str, ...] = ()
    backtrace: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True, eq=False)
class SuiteTest:
    """Test of a suite. It is `enabled`, `muted` or `skipped`."""

    id: str
    scope: str
    name: str
    location: str | None = None
    file_name: str | None = None
    labels: list[str] = field(default_factory=list[str])
    state: str = "enabled"
    executions: list[Execution] = field(default_factory=list[Execution])


@dataclass(slots=True, eq=False)
class SuiteRun:
    """Run of a suite.

    Attributes:
        build_id: the id of the build that it belongs to; None for none.
    """

    id: str
    branch: str
    commit: str
    build_id: str | None
    created_at: float
    finished: bool = False
    executions: list[Execution] = field(default_factory=list[Execution])

    @property
    def result(self) -> str:
        """Result so far. A run that is finished without executions is stale."""
        if any(execution.result == "failed" for execution in self.executions):
            return "failed"
        if self.executions:
            return "passed"
        return "stale" if self.finished else "pending"


@dataclass(slots=True, eq=False)
class Suite:
    """Test suite, with its tests and runs by id, oldest first."""

    id: str
    slug: str
    name: str
    default_branch: str
    api_token: str = field(repr=False)
    application_name: str | None = None
    color: str | None = None
    emoji: str | None = None
    oidc_policy: object = None
    team_ids: tuple[str, ...] = ()
    tests: dict[str, SuiteTest] = field(default_factory=dict[str, SuiteTest])
    runs: dict[str, SuiteRun] = field(default_factory=dict[str, SuiteRun])

    def test(self, scope: str, name: str) -> SuiteTest | None:
        """Return the test of a scope and a name; None where there is none."""
        return next((test for test in self.tests.values() if (test.scope, test.name) == (scope, name)), None)
