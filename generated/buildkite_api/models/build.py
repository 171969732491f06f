# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import to_models
from ..properties import BuildProperties

if TYPE_CHECKING:
    from .build_author import BuildAuthor
    from .build_merge_queue import BuildMergeQueue
    from .build_source import BuildSource
    from .build_state import BuildState
    from .build_step import BuildStep
    from .build_test_engine import BuildTestEngine
    from .job import Job
    from .job_state_counts import JobStateCounts
    from .pipeline import Pipeline
    from .pull_request_info import PullRequestInfo
    from .rebuilt_from import RebuiltFrom
    from .triggered_from import TriggeredFrom
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class Build(BuildProperties):
    """One run of a pipeline."""

    id: str
    """The build's id, unique in all of Buildkite."""

    graphql_id: str | None = None
    """The same build in the GraphQL API."""

    url: str
    """The build in the REST API."""

    web_url: str
    """The build's page on Buildkite."""

    number: int
    """The build's number inside its pipeline. Numbers rise, with gaps."""

    state: BuildState
    """State of the build. Read it together with `blocked`."""

    blocked: bool | None = None
    """True if the build waits until a user unblocks a step. Its `state` then shows its last value."""

    blocked_state: BuildState | None = None
    """The state that a blocked build would have if it weren't blocked."""

    cancel_reason: str | None = None
    """Reason why the build was canceled."""

    message: str | None = None
    """The commit's message, or one that was given."""

    commit: str | None = None
    """The commit. It can be `HEAD` until an agent has resolved it."""

    branch: str | None = None
    """The branch."""

    env: dict[str, Any] = field(factory=dict)
    """Environment variables that were given to the build."""

    source: BuildSource | None = None
    """Source of the build."""

    creator: User | None = None
    """User who created the build."""

    author: BuildAuthor | str | None = None
    """Author of the commit, or the author's e-mail address alone. Known from Buildkite's Go client."""

    jobs: list[Job] = field(factory=list)
    """The build's jobs. Empty with `exclude_jobs`."""

    job_state_counts: JobStateCounts | None = None
    """Number of jobs in each state. Only when a single build is requested."""

    created_at: datetime.datetime | None = None
    """Time when the build was created."""

    scheduled_at: datetime.datetime | None = None
    """Time when the build was scheduled. A build made by a pipeline upload takes over the uploading job's
    time."""

    started_at: datetime.datetime | None = None
    """Time when an agent began the first job."""

    failing_at: datetime.datetime | None = None
    """Time when a job first failed for good while others still ran. Never cleared, even if a retry passes."""

    finished_at: datetime.datetime | None = None
    """Time when the build finished. Set for a blocked build, too."""

    meta_data: dict[str, Any] = field(factory=dict)
    """The build's meta-data. Values are strings, though a request may have given something else."""

    pull_request: PullRequestInfo | None = None
    """The pull request that the build is for."""

    merge_queue: BuildMergeQueue | None = None
    """The merge queue that the build is in."""

    rebuilt_from: RebuiltFrom | None = None
    """The build that this one repeats."""

    triggered_from: TriggeredFrom | None = None
    """The build whose trigger step started this one. Known from Buildkite's Go client alone."""

    pipeline: Pipeline | None = None
    """The build's pipeline, with fewer fields than the pipeline itself has."""

    cluster_id: str | None = None
    """The cluster that it runs in. Known from an answer that Buildkite's command keeps, as a text that may be
    empty."""

    cluster_url: str | None = None
    """That cluster in the REST API. Known as `cluster_id` is."""

    test_engine: BuildTestEngine | None = None
    """Runs that the build reported to Test Engine. Only with `include_test_engine`."""

    tag: str | None = None
    """The tag that was built. Only in webhooks, as the Go client's captured ones show."""

    steps: list[BuildStep] = field(factory=list)
    """The trigger steps of the build. Only in the webhook of its end."""

    retried_jobs_count: int | None = None
    """Number of jobs that were queued again. Only in the answer to retrying failed jobs."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.url = struct.url
        self.web_url = struct.web_url
        self.number = struct.number
        self.state = struct.state
        self.blocked = struct.blocked
        self.blocked_state = struct.blocked_state
        self.cancel_reason = struct.cancel_reason
        self.message = struct.message
        self.commit = struct.commit
        self.branch = struct.branch
        self.env = {} if struct.env is None else struct.env
        self.source = struct.source
        self.creator = struct.creator and to_models(struct.creator)
        self.author = struct.author and to_models(struct.author)
        self.jobs = [] if struct.jobs is None else to_models(struct.jobs)
        self.job_state_counts = struct.job_state_counts and to_models(struct.job_state_counts)
        self.created_at = struct.created_at
        self.scheduled_at = struct.scheduled_at
        self.started_at = struct.started_at
        self.failing_at = struct.failing_at
        self.finished_at = struct.finished_at
        self.meta_data = {} if struct.meta_data is None else struct.meta_data
        self.pull_request = struct.pull_request and to_models(struct.pull_request)
        self.merge_queue = struct.merge_queue and to_models(struct.merge_queue)
        self.rebuilt_from = struct.rebuilt_from and to_models(struct.rebuilt_from)
        self.triggered_from = struct.triggered_from and to_models(struct.triggered_from)
        self.pipeline = struct.pipeline and to_models(struct.pipeline)
        self.cluster_id = struct.cluster_id
        self.cluster_url = struct.cluster_url
        self.test_engine = struct.test_engine and to_models(struct.test_engine)
        self.tag = struct.tag
        self.steps = [] if struct.steps is None else to_models(struct.steps)
        self.retried_jobs_count = struct.retried_jobs_count
