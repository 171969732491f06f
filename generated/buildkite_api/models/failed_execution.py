# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.execution_id = struct.execution_id
        model.run_id = struct.run_id
        model.test_id = struct.test_id
        model.run_name = struct.run_name
        model.commit_sha = struct.commit_sha
        model.created_at = struct.created_at
        model.branch = struct.branch
        model.failure_reason = struct.failure_reason
        model.failure_expanded = (
            [] if struct.failure_expanded is None else [each._to_model() for each in struct.failure_expanded]
        )
        model.duration = struct.duration
        model.location = struct.location
        model.test_name = struct.test_name
        model.run_url = struct.run_url
        model.test_url = struct.test_url
        model.test_execution_url = struct.test_execution_url
        model.tags = {} if struct.tags is None else struct.tags
        return model
