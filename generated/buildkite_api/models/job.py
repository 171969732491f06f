# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from .._definition import define, field
from ..base import new
from ..properties import JobProperties

if TYPE_CHECKING:
    from .agent import Agent
    from .job_priority import JobPriority
    from .job_retry_source import JobRetrySource
    from .job_retry_type import JobRetryType
    from .job_signal_reason import JobSignalReason
    from .job_state import JobState
    from .job_step import JobStep
    from .job_type import JobType
    from .triggered_build import TriggeredBuild
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class Job(JobProperties):
    """One unit of work in a build. Every type of job has this form: a `script` job has most of it, a `manual`
    job its label and the unblocking fields, a `trigger` job the build that it triggered, a `waiter` hardly
    anything."""

    _keys: ClassVar[dict[str, str]] = {"async_": "async"}

    id: str
    """The job's id."""

    graphql_id: str | None = None
    """The same job in the GraphQL API."""

    type: JobType
    """Kind of the job's step."""

    name: str | None = None
    """The display name, which may hold emojis. Absent from `manual` jobs, which have a label."""

    label: str | None = None
    """The display name of a `manual` job."""

    step_key: str | None = None
    """The key of the step, where it has one. That of a block step, too."""

    group_key: str | None = None
    """The key of the group step around it. Only in builds."""

    step: JobStep | None = None
    """The step that the job came from."""

    priority: JobPriority | None = None
    """Its place among waiting jobs."""

    agent_query_rules: list[str] = field(factory=list)
    """The rules that pick its agents."""

    state: JobState | None = None
    """State of the job. No example of a `waiter` job shows if it has one."""

    build_url: str | None = None
    """The job's build in the REST API. Some answers hold the build's page instead."""

    web_url: str | None = None
    """The job's page on Buildkite."""

    log_url: str | None = None
    """The job's log in the REST API."""

    logs_url: str | None = None
    """Known from Buildkite's Go client alone."""

    raw_log_url: str | None = None
    """The job's log as text in the REST API."""

    artifacts_url: str | None = None
    """The job's artifacts in the REST API. Some answers leave it empty."""

    script_path: str | None = None
    """The command, in the job that an agent shows."""

    command: str | None = None
    """The command that runs."""

    soft_failed: bool | None = None
    """True if the job failed in a way that its step allows (soft fail)."""

    exit_status: int | None = None
    """The exit status of the command."""

    signal: str | None = None
    """The signal that ended the command, such as `SIGTERM`."""

    signal_reason: JobSignalReason | None = None
    """Reason why it was signaled, or never began. It does not tell if a retry would help."""

    broken_reason: str | None = None
    """Reason why the job is `broken`: a code such as `conditional_failed` or `branch_mismatch`, or any text."""

    promised_exit_status: int | None = None
    """The failure that a running job declared ahead of its end. Absent otherwise."""

    promised_exit_status_at: datetime.datetime | None = None
    """Time when it declared that failure. Absent otherwise."""

    artifact_paths: str | None = None
    """Glob patterns of the files to upload as artifacts."""

    agent: Agent | None = None
    """The agent that runs or ran the job. A list of builds shows only its id, url and name; a list of jobs
    null."""

    created_at: datetime.datetime | None = None
    """Time when the job was added to the build."""

    scheduled_at: datetime.datetime | None = None
    """Time when the scheduler took the job up. It can lie before `created_at`."""

    runnable_at: datetime.datetime | None = None
    """Time when an agent could have taken it."""

    concurrency_wait_time_ms: int | None = None
    """Milliseconds that it waited for its concurrency group. Null if that is unknown or does not apply."""

    started_at: datetime.datetime | None = None
    """Time when an agent began it."""

    finished_at: datetime.datetime | None = None
    """Time when it ended."""

    expired_at: datetime.datetime | None = None
    """Time when it expired without an agent."""

    retried: bool | None = None
    """True if it was retried since."""

    retried_in_job_id: str | None = None
    """The job that retries it."""

    retries_count: int | None = None
    """Number of retries."""

    retry_source: JobRetrySource | None = None
    """The job that it retries."""

    retry_type: JobRetryType | None = None
    """Kind of retry."""

    retried_by: User | None = None
    """User who retried it."""

    parallel_group_index: int | None = None
    """Its index in its group of parallel jobs."""

    parallel_group_total: int | None = None
    """Number of parallel jobs."""

    matrix: Any = None
    """The values of its build matrix."""

    cluster_id: str | None = None
    """The cluster that it runs in."""

    cluster_url: str | None = None
    """That cluster in the REST API."""

    cluster_queue_id: str | None = None
    """The queue that it runs in."""

    cluster_queue_url: str | None = None
    """That queue in the REST API."""

    unblocked_by: User | None = None
    """User who unblocked a `manual` job."""

    unblocked_at: datetime.datetime | None = None
    """Time when a `manual` job was unblocked."""

    unblockable: bool | None = None
    """True if a `manual` job can be unblocked now."""

    unblock_url: str | None = None
    """URL to unblock a `manual` job. Documented to be in the REST API, shown as a page on Buildkite."""

    async_: bool | None = None
    """True if a `trigger` job continues without waiting for the build that it triggered."""

    triggered_build: TriggeredBuild | None = None
    """The build that a `trigger` job started. Null until it exists."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.type = struct.type
        model.name = struct.name
        model.label = struct.label
        model.step_key = struct.step_key
        model.group_key = struct.group_key
        model.step = struct.step and struct.step._to_model()
        model.priority = struct.priority and struct.priority._to_model()
        model.agent_query_rules = [] if struct.agent_query_rules is None else struct.agent_query_rules
        model.state = struct.state
        model.build_url = struct.build_url
        model.web_url = struct.web_url
        model.log_url = struct.log_url
        model.logs_url = struct.logs_url
        model.raw_log_url = struct.raw_log_url
        model.artifacts_url = struct.artifacts_url
        model.script_path = struct.script_path
        model.command = struct.command
        model.soft_failed = struct.soft_failed
        model.exit_status = struct.exit_status
        model.signal = struct.signal
        model.signal_reason = struct.signal_reason
        model.broken_reason = struct.broken_reason
        model.promised_exit_status = struct.promised_exit_status
        model.promised_exit_status_at = struct.promised_exit_status_at
        model.artifact_paths = struct.artifact_paths
        model.agent = struct.agent and struct.agent._to_model()
        model.created_at = struct.created_at
        model.scheduled_at = struct.scheduled_at
        model.runnable_at = struct.runnable_at
        model.concurrency_wait_time_ms = struct.concurrency_wait_time_ms
        model.started_at = struct.started_at
        model.finished_at = struct.finished_at
        model.expired_at = struct.expired_at
        model.retried = struct.retried
        model.retried_in_job_id = struct.retried_in_job_id
        model.retries_count = struct.retries_count
        model.retry_source = struct.retry_source and struct.retry_source._to_model()
        model.retry_type = struct.retry_type
        model.retried_by = struct.retried_by and struct.retried_by._to_model()
        model.parallel_group_index = struct.parallel_group_index
        model.parallel_group_total = struct.parallel_group_total
        model.matrix = struct.matrix
        model.cluster_id = struct.cluster_id
        model.cluster_url = struct.cluster_url
        model.cluster_queue_id = struct.cluster_queue_id
        model.cluster_queue_url = struct.cluster_queue_url
        model.unblocked_by = struct.unblocked_by and struct.unblocked_by._to_model()
        model.unblocked_at = struct.unblocked_at
        model.unblockable = struct.unblockable
        model.unblock_url = struct.unblock_url
        model.async_ = struct.async_
        model.triggered_build = struct.triggered_build and struct.triggered_build._to_model()
        return model
