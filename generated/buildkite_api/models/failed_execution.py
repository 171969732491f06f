# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .failure_expanded import FailureExpanded


@define(kw_only=True, repr=False, weakref_slot=False)
class FailedExecution(ReadModel):
    """An execution of a test that failed."""

    execution_id: str
    """The execution's id."""

    run_id: str
    """The run's id."""

    test_id: str
    """The test's id."""

    run_name: str | None = None
    """The run's name."""

    commit_sha: str | None = None
    """The commit."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    branch: str | None = None
    """The branch."""

    failure_reason: str | None = None
    """Reason of the failure, in short."""

    failure_expanded: list[FailureExpanded] = field(factory=list)
    """Reason of the failure, at length. Only with `include_failure_expanded`."""

    duration: float | None = None
    """Duration in seconds."""

    location: str | None = None
    """Location of the test."""

    test_name: str | None = None
    """The test's name."""

    run_url: str | None = None
    """The run's page on Buildkite."""

    test_url: str | None = None
    """The test's page on Buildkite."""

    test_execution_url: str | None = None
    """The execution on the test's page."""

    tags: dict[str, str] = field(factory=dict)
    """Its tags, but for those that repeat the result, the branch and the commit."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.execution_id = struct.execution_id
        self.run_id = struct.run_id
        self.test_id = struct.test_id
        self.run_name = struct.run_name
        self.commit_sha = struct.commit_sha
        self.created_at = struct.created_at
        self.branch = struct.branch
        self.failure_reason = struct.failure_reason
        self.failure_expanded = [] if struct.failure_expanded is None else to_models(struct.failure_expanded)
        self.duration = struct.duration
        self.location = struct.location
        self.test_name = struct.test_name
        self.run_url = struct.run_url
        self.test_url = struct.test_url
        self.test_execution_url = struct.test_execution_url
        self.tags = {} if struct.tags is None else struct.tags
