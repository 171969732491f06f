# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel

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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.branch = struct.branch
        self.commit_sha = struct.commit_sha
        self.state = struct.state
        self.result = struct.result
        self.url = struct.url
        self.web_url = struct.web_url
        self.build_id = struct.build_id
        self.created_at = struct.created_at
