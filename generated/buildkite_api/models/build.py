# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import new, to_models
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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.url = struct.url
        model.web_url = struct.web_url
        model.number = struct.number
        model.state = struct.state
        model.blocked = struct.blocked
        model.blocked_state = struct.blocked_state
        model.cancel_reason = struct.cancel_reason
        model.message = struct.message
        model.commit = struct.commit
        model.branch = struct.branch
        model.env = {} if struct.env is None else struct.env
        model.source = struct.source
        model.creator = struct.creator and struct.creator._to_model()
        model.author = struct.author and to_models(struct.author)
        model.jobs = [] if struct.jobs is None else [each._to_model() for each in struct.jobs]
        model.job_state_counts = struct.job_state_counts and struct.job_state_counts._to_model()
        model.created_at = struct.created_at
        model.scheduled_at = struct.scheduled_at
        model.started_at = struct.started_at
        model.failing_at = struct.failing_at
        model.finished_at = struct.finished_at
        model.meta_data = {} if struct.meta_data is None else struct.meta_data
        model.pull_request = struct.pull_request and struct.pull_request._to_model()
        model.merge_queue = struct.merge_queue and struct.merge_queue._to_model()
        model.rebuilt_from = struct.rebuilt_from and struct.rebuilt_from._to_model()
        model.triggered_from = struct.triggered_from and struct.triggered_from._to_model()
        model.pipeline = struct.pipeline and struct.pipeline._to_model()
        model.cluster_id = struct.cluster_id
        model.cluster_url = struct.cluster_url
        model.test_engine = struct.test_engine and struct.test_engine._to_model()
        model.tag = struct.tag
        model.steps = [] if struct.steps is None else [each._to_model() for each in struct.steps]
        model.retried_jobs_count = struct.retried_jobs_count
        return model
