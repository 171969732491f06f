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
    """Whether results are still being processed."""

    result: RunResult
    """What came of it so far."""

    url: str
    """The run in the REST API."""

    web_url: str | None = None
    """The run's page on Buildkite."""

    build_id: str | None = None
    """The id of the build that reported it."""

    created_at: datetime.datetime | None = None
    """When it was created."""

    def _take(self, part: Any) -> None:
        self._additional = None
        self.id = part.id
        self.branch = part.branch
        self.commit_sha = part.commit_sha
        self.state = part.state
        self.result = part.result
        self.url = part.url
        self.web_url = part.web_url
        self.build_id = part.build_id
        self.created_at = part.created_at
