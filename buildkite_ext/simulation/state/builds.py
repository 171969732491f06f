"""Builds with their jobs, artifacts and annotations."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from mimetypes import MimeTypes
from posixpath import basename, dirname

from msgspec import Struct
from msgspec import field as msgspec_field

from ...states import FAILING_JOBS, FINISHED_BUILDS, RUNNING_JOBS
from ..behaviour.commands import CommandBehaviour
from ..behaviour.logs import Log
from ..definition.selection import LeftOut
from ..definition.steps import BlockStep, CommandStep, InputStep, Step, TriggerStep
from .actions import ScheduledAction
from .clusters import Agent, Queue
from .graph import Graph, Node, Result
from .ids import uuid_of
from .pipelines import Pipeline
from .states import JOB_OVER
from .users import User

__all__ = ["Annotation", "Artifact", "Build", "BuildRequest", "Job", "StepRun", "StepUpload"]


# The machine's own table would make the answers differ between machines.
_MIME_TYPES = MimeTypes(filenames=())


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """Request for a build. A rebuild repeats it."""

    commit: str
    branch: str
    message: str
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    meta_data: Mapping[str, str] = field(default_factory=dict[str, str])
    author: Mapping[str, str] | None = None
    pull_request: Mapping[str, object] | None = None
    tag: str | None = None
    changed: Collection[str] | None = None
    """Paths of the files that the commit changes, for `if_changed`; None if they aren't known."""


class Build(Struct, eq=False):
    """Build of the simulator. Times are seconds since the epoch; None where it hasn't happened.

    A test asserts with `env`, `branch`, `commit`, `message` and `meta_data` what a program sent, and with `state`, `blocked`,
    `jobs` and `history` what became of it.

    Attributes:
        id: the UUID.
        number: the number in its pipeline.
        pipeline: the pipeline: its `slug`, `name` and `steps`.
        request: what was asked for. `env`, `branch`, `commit` and `message` are read from it.
        source: what created it: `webhook`, `api`, `ui`, `trigger_job` or `schedule`.
        creator: the user who created it: its `name` and `email`.
        created_at, scheduled_at, started_at, failing_at, finished_at: when it was created, and when it reached a state.
        meta_data: the meta-data: what was given at the creation, and later the answers to the forms of block steps.
        rebuilt_from: the build that it repeats; None for another.
        triggered_by: the job that created it; None for another.
        state: the state, such as `running`, `passed`, `failed`, `blocked` or `canceled`.
        cancel_reason: why it was canceled; None if it wasn't.
        annotations: the annotations.
        current_jobs: the jobs that count, in the order of the steps. A job that is retried gives its position to the new
            job.
        jobs: all jobs, in the order in which they were created.
        graph: what its steps wait for.
        runs: by node of the graph, where the jobs of each of its steps stand.
        step_uploads: the uploads of steps by its jobs, also those that were refused.
        history: its states, each with the time at which it began.
        version: goes up with every change that the API shows.
        sequence: its place in the order in which the builds of the organization were added.
    """

    id: str
    number: int
    pipeline: Pipeline
    request: BuildRequest
    source: str
    creator: User
    created_at: float
    meta_data: dict[str, str]
    rebuilt_from: Build | None = None
    triggered_by: Job | None = None
    state: str = "creating"
    scheduled_at: float | None = None
    started_at: float | None = None
    failing_at: float | None = None
    finished_at: float | None = None
    cancel_reason: str | None = None
    current_jobs: list[Job] = []
    jobs: list[Job] = []
    annotations: Sequence[Annotation] = ()
    graph: Graph = msgspec_field(default_factory=Graph)
    runs: dict[Node, StepRun] = {}
    step_uploads: Sequence[StepUpload] = ()
    executed: bool = False
    """True if a job has started, or was unblocked."""

    awaits_builds: bool = False
    """True if a trigger step of it waits for the build that it has created, or did so."""

    broken: str | None = None
    """Why it fails, if that isn't because of a job: a step waited for one that never came, or its text couldn't be expanded."""

    failures: int = 0
    """How many of the current jobs make it fail, or have promised to."""

    active_jobs: int = 0
    limited_jobs: int = 0
    blocked_jobs: int = 0
    """How many of the current jobs continue by themselves, how many of these wait for a turn in their concurrency group, and
    how many wait for a user."""

    job_counts: dict[str, int] | None = None
    """Counts of the states of its pipeline's command jobs, among which its own are; None while it is done, or isn't listed."""

    search_seconds: float = 0.0
    """Seconds that the regular expressions of its conditions took."""

    history: Sequence[tuple[float, str]] = ()
    version: int = 0
    sequence: int = 0
    dropped: bool = False
    """True if the organization doesn't keep it any more."""

    def __post_init__(self) -> None:
        self.history = ((self.created_at, self.state),)

    @property
    def env(self) -> Mapping[str, str]:
        """Environment variables with which it was created."""
        return self.request.env

    @property
    def message(self) -> str:
        """Message with which it was created."""
        return self.request.message

    @property
    def branch(self) -> str:
        """Branch."""
        return self.request.branch

    @property
    def commit(self) -> str:
        """Commit with which it was created, such as `HEAD`."""
        return self.request.commit

    @property
    def uploads(self) -> int:
        """Number of uploads of steps that it has taken."""
        return sum(upload.refused is None for upload in self.step_uploads)

    @property
    def listed(self) -> bool:
        """True if it stands in lists: it is no rehearsal, which has no number, its pipeline exists, and it is kept."""
        return bool(self.number) and not self.pipeline.deleted and not self.dropped

    @property
    def blocked(self) -> bool:
        """True if it waits to be unblocked."""
        return self.state == "blocked"

    @property
    def done(self) -> bool:
        """True if it stays as it is unless a user acts."""
        return self.state in FINISHED_BUILDS

    @property
    def shown_state(self) -> str:
        """State that the API shows: a blocked build has the state that its block step names."""
        if not self.blocked:
            return self.state
        step = next(job.step for job in self.current_jobs if job.state == "blocked")
        return step.blocked_state if isinstance(step, BlockStep) else "passed"

    @property
    def waits_for_input_only(self) -> bool:
        """True if the steps that wait for a user are input steps."""
        waiting = [job for job in self.current_jobs if job.state == "blocked"]
        return bool(waiting) and all(isinstance(job.step, InputStep) for job in waiting)

    @property
    def depth(self) -> int:
        """Number of builds that triggered each other before this one."""
        return 0 if self.triggered_by is None else self.triggered_by.build.depth + 1

    def jobs_of(self, run: StepRun) -> list[Job]:
        """Return the jobs of a step, without those that were retried."""
        return self.current_jobs[run.first : run.first + run.count]

    def result_of(self, run: StepRun) -> Result | None:
        """Return the result of a step; None while one of its jobs hasn't ended."""
        result: Result = "passed"
        jobs = self.current_jobs
        for index in range(run.first + run.count - 1, run.first - 1, -1):  # the last one mostly ends last
            job = jobs[index]
            if job.state not in JOB_OVER:
                return None
            if job.state in ("canceled", "expired"):
                result = "canceled"
            elif job.failed_hard and result == "passed":
                result = "failed"
        return result

    def touch(self) -> None:
        """Note that something that the API shows has changed."""
        self.version += 1
        self.pipeline.version += 1


class Job(Struct, eq=False):
    """Job of the simulator: a command, a wait, a block or a trigger. Times are seconds since the epoch.

    Attributes:
        id: the UUID.
        step: what the pipeline says, such as its `label` and `key`.
        behaviour: what happens when it runs; only commands use it.
        build: the build.
        state: the state, such as `scheduled`, `running`, `passed`, `failed`, `blocked` or `unblocked`.
        exit_status: the exit status; None where it hasn't finished by itself.
        soft_failed: whether it failed and lets the build pass.
        agent: the agent that runs it; None where none has taken it.
        retry_of, retried_in: the job that it retries, and the job that retries it.
        unblocked_by: the user who unblocked it.
        triggered_build: the build that it created; only of a trigger.
        refused: why it created no build; only of a trigger that failed for that.
        artifacts: the artifacts.
        run: its step in the build.
        position: its index in the build's `current_jobs`.
        attempt: how often its step was tried before.
        rule_uses: how often each rule of `retry.automatic` has retried it, by the rule's index; None if none has.
        queued_at: the time by which it takes its turn at the agents; that of the uploading job for an uploaded one.
        limited_at: when it began to wait for its concurrency group.
        promised_exit_status, promised_exit_status_at: the failure that it has promised, and when.
        action: the last one of its actions that are due; None if there is none.
    """

    id: str
    step: Step
    behaviour: CommandBehaviour
    build: Build
    run: StepRun
    position: int
    created_at: float
    queue: Queue | None = None
    state: str = "pending"
    attempt: int = 0
    priority: int = 0
    parallel_index: int | None = None
    rule_uses: Mapping[int, int] | None = None
    queued_at: float | None = None
    limited_at: float | None = None
    promised_exit_status: int | None = None
    promised_exit_status_at: float | None = None
    fails_build: bool = False
    """True if it has failed, or has promised to, and its build fails for it."""

    scheduled_at: float | None = None
    runnable_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    expired_at: float | None = None
    exit_status: int | None = None
    signal: str | None = None
    signal_reason: str | None = None
    broken_reason: str | None = None
    soft_failed: bool = False
    agent: Agent | None = None
    retry_of: Job | None = None
    retried_in: Job | None = None
    retry_type: str | None = None
    retried_by: User | None = None
    unblocked_by: User | None = None
    unblocked_at: float | None = None
    triggered_build: Build | None = None
    refused: str | None = None
    log: Log = msgspec_field(default_factory=Log)
    artifacts: Sequence[Artifact] = ()
    action: ScheduledAction | None = None

    @property
    def type(self) -> str:
        """Type in the API: `script`, `manual`, `trigger` or `waiter`."""
        match self.step:
            case CommandStep():
                return "script"
            case BlockStep():
                return "manual"
            case TriggerStep():
                return "trigger"
            case _:
                return "waiter"

    @property
    def command_step(self) -> CommandStep | None:
        """Its step, for a command."""
        return self.step if isinstance(self.step, CommandStep) else None

    @property
    def step_id(self) -> str:
        """UUID of its step in its build."""
        return uuid_of(f"{self.build.id}:{self.run.node.number}")

    @property
    def over(self) -> bool:
        """True if nothing more happens in it."""
        return self.state in JOB_OVER

    @property
    def retried(self) -> bool:
        """True if a newer job has replaced it."""
        return self.retried_in is not None

    @property
    def running(self) -> bool:
        """True if it runs."""
        return self.state in RUNNING_JOBS

    @property
    def failed_hard(self) -> bool:
        """True if it makes the build fail."""
        return self.state in FAILING_JOBS and not self.soft_failed


class StepRun(Struct, eq=False, gc=False):
    """Step in a build, and where its jobs stand among those of the build: see `Build.jobs_of`.

    It refers neither to the build nor to the jobs, so that the garbage collector needn't look at it.

    Attributes:
        node: the step in the graph.
        left_out: why it doesn't run; None if it may.
        first: the position of its first job.
        count: the number of its jobs, without those that were retried.
    """

    node: Node
    left_out: LeftOut | None
    first: int
    count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class StepUpload:
    """Upload of steps by a job.

    Attributes:
        text: the YAML text.
        replaces: True if it replaces the steps that have not begun.
        created_jobs: how many jobs it has created.
        refused: why it was refused; None if it was taken.
    """

    id: str
    job: Job
    text: str
    replaces: bool
    created_jobs: int
    refused: str | None
    created_at: float


@dataclass(slots=True, eq=False)
class Artifact:
    """Artifact: a file that a job has uploaded or is uploading."""

    id: str
    job: Job
    path: str
    data: bytes
    state: str = "new"
    _sha1: str = ""

    @property
    def dirname(self) -> str:
        """Folder of its path."""
        return dirname(self.path)

    @property
    def filename(self) -> str:
        """Last component of its path."""
        return basename(self.path)

    @property
    def mime_type(self) -> str:
        """MIME type by the path's suffix."""
        return _MIME_TYPES.guess_type(self.path)[0] or "application/octet-stream"

    @property
    def sha1sum(self) -> str:
        """SHA-1 digest in hexadecimal."""
        if not self._sha1:
            self._sha1 = hashlib.sha1(self.data, usedforsecurity=False).hexdigest()
        return self._sha1


@dataclass(slots=True, eq=False)
class Annotation:
    """Annotation of a build or of one of its jobs."""

    id: str
    context: str
    build: Build
    job: Job | None
    created_at: float
    updated_at: float
    style: str = "info"
    priority: int = 3
    body: str = ""
