# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .run_result import RunResult
    from .run_state import RunState


@define(kw_only=True, repr=False, weakref_slot=False)
class Run(ReadModel):
    """One run of a test suite."""

    id: str
    """The run's id."""

    branch: str | None = None
    """The branch."""

    commit_sha: str | None = None
    """The commit."""

    state: RunState
    """State of the processing of results."""

    result: RunResult
    """Result so far."""

    url: str
    """The run in the REST API."""

    web_url: str | None = None
    """The run's page on Buildkite."""

    build_id: str | None = None
    """The id of the build that reported it."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.branch = struct.branch
        model.commit_sha = struct.commit_sha
        model.state = struct.state
        model.result = struct.result
        model.url = struct.url
        model.web_url = struct.web_url
        model.build_id = struct.build_id
        model.created_at = struct.created_at
        return model
