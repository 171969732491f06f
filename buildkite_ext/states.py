"""States of builds and jobs, and what each of them means: active, blocked, finished or failed.

Every state of the description is in one class, which a test proves. A state that is in none, because Buildkite added it after
this version, counts as active: to wait a little longer is safer than to call unfinished work done. A build or a job that has
a `finished_at` is over, whatever its state is called.

https://buildkite.com/docs/pipelines/configure/defining-steps
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, get_args

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

__all__ = [
    "ACTIVE_BUILDS",
    "ACTIVE_JOBS",
    "BLOCKED_BUILDS",
    "BUILD_FILTERS",
    "BUILD_TRANSITIONS",
    "EVENT_STATES",
    "EXIT_CODES",
    "FAILED_JOBS",
    "FAILED_OUTCOMES",
    "FAILING_JOBS",
    "FILTERS",
    "FINISHED_BUILDS",
    "FINISHED_FILTER",
    "FINISHED_JOBS",
    "HELD_JOBS",
    "JOB_STATES",
    "PASSED_OUTCOMES",
    "RETRIED_STATES",
    "RUNNING_BUILDS",
    "RUNNING_JOBS",
    "UNREACHED_JOBS",
    "UNREACHED_OUTCOMES",
    "BuildStateName",
    "EventStateName",
    "JobOutcome",
    "JobStateName",
    "Outcome",
    "RetriedStateName",
    "blocking_jobs",
    "build_state",
    "exit_code_of",
    "failed_jobs",
    "is_block_step",
    "is_blocked",
    "is_build_settled",
    "is_failing",
    "is_job_active",
    "is_job_over",
    "job_outcome",
    "outcome_of",
    "unfinished_jobs",
]

BuildStateName = Literal[
    "creating",
    "scheduled",
    "running",
    "passed",
    "failing",
    "failed",
    "blocked",
    "canceling",
    "canceled",
    "skipped",
    "not_run",
    "finished",
]
"""A state by which builds can be listed. `finished` stands for passed, failed, blocked and canceled."""

JobStateName = Literal[
    "pending",
    "waiting",
    "waiting_failed",
    "blocked",
    "blocked_failed",
    "unblocked",
    "unblocked_failed",
    "scheduled",
    "assigned",
    "accepted",
    "running",
    "passed",
    "failed",
    "timed_out",
    "timing_out",
    "canceled",
    "canceling",
    "skipped",
    "broken",
    "expired",
    "limited",
    "limiting",
    "platform_limited",
    "platform_limiting",
    "reserved",
]
"""A state by which jobs can be listed."""

EventStateName = Literal[
    JobStateName,
    "creating",
    "failing",
    "not_run",
    "never_connected",
    "connected",
    "disconnected",
    "stopping",
    "stopped",
    "lost",
]
"""The state of a build, a job or an agent in an event."""

RetriedStateName = Literal["canceled", "expired", "failed", "soft_failed", "timed_out"]
"""A value of `states` for `builds.retry_failed_jobs`."""

Outcome = Literal["passed", "failed", "blocked", "canceled", "skipped", "not_run", "failing"]
"""How a build ended; `blocked` while it waits for a user, and `failing` while it runs and is going to fail."""

JobOutcome = Literal[
    "passed",
    "failed",
    "soft_failed",
    "timed_out",
    "canceled",
    "expired",
    "skipped",
    "broken",
    "not_run",
    "unblocked",
]
"""How a job ended. `not_run` is the end of a job that waited when its build failed; `unblocked` that of a block step."""

BUILD_FILTERS: frozenset[str] = frozenset(get_args(BuildStateName))
"""The values of the query `state` of the lists of builds. https://buildkite.com/docs/apis/rest-api/builds"""

JOB_STATES: frozenset[str] = frozenset(get_args(JobStateName))
"""The states of a job. The list of jobs takes them as `state[]`. https://buildkite.com/docs/apis/rest-api/jobs"""

EVENT_STATES: frozenset[str] = frozenset(get_args(EventStateName))
"""The states of builds, jobs and agents in events. A build at a block step is `blocked`."""

RETRIED_STATES: frozenset[str] = frozenset(get_args(RetriedStateName))
"""The values in `states` of the retry of failed jobs. https://buildkite.com/docs/apis/rest-api/builds"""

RUNNING_BUILDS = frozenset({"running", "failing", "canceling"})
"""Jobs of the build may run on agents."""

ACTIVE_BUILDS = RUNNING_BUILDS | {"creating", "scheduled", "waiting", "waiting_failed"}
"""The build continues by itself, unless it has a `finished_at`: see `outcome_of`."""

BLOCKED_BUILDS = frozenset({"blocked"})
"""The build continues when a user unblocks it. The REST API shows it by `blocked`, not by its state: see `build_state`."""

FINISHED_BUILDS = frozenset({"passed", "failed", "canceled", "skipped", "not_run"})
"""Nothing more happens in the build by itself, unless it is blocked: see `outcome_of`."""

FINISHED_FILTER = frozenset({"passed", "failed", "blocked", "canceled"})
"""The states that the query `state=finished` of the lists of builds stands for.
https://buildkite.com/docs/apis/rest-api/builds"""

BUILD_TRANSITIONS: Mapping[str, frozenset[str]] = {
    "creating": frozenset({"scheduled"}),
    "scheduled": frozenset({"not_run", "skipped", "running", "blocked", "canceled"}),
    "running": frozenset({"blocked", "passed", "failing", "failed", "canceling"}),
    "failing": frozenset({"running", "failed", "canceling"}),
    "blocked": frozenset({"running", "canceled"}),
    "passed": frozenset({"running"}),
    "failed": frozenset({"running"}),
    "canceling": frozenset({"canceled"}),
    "canceled": frozenset(),
    "skipped": frozenset(),
    "not_run": frozenset(),
}
"""The states that each state of a build can change to. A blocked build is `blocked` here. An ended build continues when one of
its jobs is retried. https://buildkite.com/docs/pipelines/configure/defining-steps"""

EXIT_CODES: Mapping[str | None, int] = {
    "passed": 0,
    "failed": 1,
    "failing": 1,
    "canceled": 4,
    "blocked": 5,
    None: 6,
    "skipped": 7,
    "not_run": 7,
}
"""Exit code for each outcome of a build; for None, a build that hasn't ended."""

RUNNING_JOBS = frozenset({"running", "canceling", "timing_out"})
"""A command of the job runs on an agent."""

ACTIVE_JOBS = RUNNING_JOBS | {
    "pending",
    "scheduled",
    "reserved",
    "assigned",
    "accepted",
    "limited",
    "limiting",
    "platform_limited",
    "platform_limiting",
}
"""The job runs, or continues without any other step and without any user. The pages about agents and queues name `reserved`
and the states of limits, which the page about jobs doesn't list."""

HELD_JOBS = frozenset({"waiting", "blocked", "unblocked"})
"""The job waits for another step or for a user; or it is a block step that was unblocked, which stays in that state."""

FINISHED_JOBS = frozenset(
    {
        "passed",
        "failed",
        "timed_out",
        "canceled",
        "skipped",
        "broken",
        "expired",
        "waiting_failed",
        "blocked_failed",
        "unblocked_failed",
    }
)
"""Nothing more happens in the job."""

UNREACHED_JOBS = frozenset({"skipped", "broken", "waiting_failed", "blocked_failed", "unblocked_failed"})
"""The job never ran, since a condition or another job left it out."""

UNREACHED_OUTCOMES: frozenset[JobOutcome] = frozenset({"broken", "not_run"})
"""Outcomes of jobs that never ran since another job failed. A retry of that one may let them run."""

FAILED_JOBS = frozenset({"failed", "timed_out", "expired"})
"""The job broke its build, unless it failed softly or was retried."""

FAILING_JOBS = FAILED_JOBS | {"canceled"}
"""The job makes its build fail, unless it failed softly or was retried. A job that was canceled alone does so too."""

FAILED_OUTCOMES: frozenset[JobOutcome] = frozenset({"failed", "timed_out", "canceled", "expired"})
"""Outcomes of jobs that make their build fail."""

PASSED_OUTCOMES: frozenset[JobOutcome] = frozenset({"passed", "unblocked"})
"""Outcomes of jobs that have done what they were for."""

_JOB_ENDS: Mapping[str, JobOutcome] = {
    "passed": "passed",
    "failed": "failed",
    "timed_out": "timed_out",
    "timing_out": "timed_out",
    "canceled": "canceled",
    "canceling": "canceled",
    "expired": "expired",
    "skipped": "skipped",
    "broken": "broken",
    "waiting_failed": "not_run",
    "blocked_failed": "not_run",
    "unblocked_failed": "not_run",
    "unblocked": "unblocked",
}
"""The outcome of a job that is over in a state."""

_ENDS: Mapping[str, Outcome] = {"canceled": "canceled", "skipped": "skipped", "not_run": "not_run"}
"""States of a build that are its outcome, blocked or not."""

_UNBLOCKED = ACTIVE_BUILDS - {"running", "waiting", "waiting_failed"}
"""States of a build that continues although its `blocked` is true."""

_STEPS_WITHOUT_WORK = frozenset({"waiter", "manual"})
"""Types of jobs that run nothing: wait and block steps. They never break a build."""

_STEPS_WITHOUT_BLOCK = frozenset({"script", "trigger", "waiter"})
"""Types of jobs that no user unblocks. A command behind a block step may have the state `blocked` too."""


_ARTIFACT_STATES = frozenset({"new", "error", "finished", "deleted", "expired"})
_TEST_STATES = frozenset({"enabled", "muted", "skipped"})

FILTERS: Mapping[str, tuple[str, frozenset[str]]] = {
    "get_build": ("job_states", JOB_STATES),
    "list_build_artifacts": ("state", _ARTIFACT_STATES),
    "list_build_job_artifacts": ("state", _ARTIFACT_STATES),
    "list_build_jobs": ("state", JOB_STATES),
    "list_build_tests": ("state", _TEST_STATES),
    "list_builds": ("state", BUILD_FILTERS),
    "list_job_artifacts": ("state", _ARTIFACT_STATES),
    "list_organization_builds": ("state", BUILD_FILTERS),
    "list_pipeline_builds": ("state", BUILD_FILTERS),
    "list_tests": ("state", _TEST_STATES),
}
"""Operations that take states in their query: the parameter, and the states that it takes."""


class _Stateful(Protocol):
    """Job, or a row made of one."""

    @property
    def state(self) -> object: ...

    @property
    def finished_at(self) -> datetime | None: ...


class _Finishing(Protocol):
    """Build, or a part of its answer."""

    @property
    def state(self) -> object: ...

    @property
    def blocked(self) -> bool | None: ...

    @property
    def finished_at(self) -> object: ...


def is_job_active(state: object) -> bool:
    """Tell whether a job in this state continues by itself. An unknown state does.

    Example:
        >>> is_job_active("running"), is_job_active("blocked"), is_job_active("a state of tomorrow")
        (True, False, True)
    """
    return str(state) not in FINISHED_JOBS and str(state) not in HELD_JOBS


def is_job_over(job: _Stateful) -> bool:
    """Tell whether nothing more happens in a job: its state is an end, or it has a time at which it finished."""
    return str(job.state) in FINISHED_JOBS or job.finished_at is not None


def job_outcome(job: Job) -> JobOutcome | None:
    """Return the outcome of a job; None while it continues.

    A job that has a `finished_at` is over. If its state isn't a known end, its outcome is `failed`, so that only a job that
    Buildkite calls passed counts as passed. A block step is over when it was unblocked.

    Args:
        job: as Buildkite answers it.
    """
    state = str(job.state)
    if not is_job_over(job) and not (state == "unblocked" and is_block_step(job)):
        return None
    outcome = _JOB_ENDS.get(state, "failed")
    return "soft_failed" if outcome == "failed" and job.soft_failed else outcome


def is_build_settled(build: _Finishing) -> bool:
    """Tell whether a build stays as it is until a user does something, such as retry one of its jobs.

    It has a time at which it finished, its state is an end, and no block step holds it. A blocked build says `passed`.
    """
    return build.finished_at is not None and build.blocked is not True and str(build.state) in FINISHED_BUILDS


def build_state(build: Build) -> str | None:
    """Return the state of a build, which is `blocked` at a block step.

    The state that Buildkite gives for such a build is its last one, `passed` by default.
    https://buildkite.com/docs/apis/rest-api/builds
    """
    if build.blocked is True:
        return "blocked"
    return None if build.state is None else str(build.state)


def outcome_of(build: Build) -> Outcome | None:
    """Return the outcome of a build; None while it continues.

    `blocked` marks a build at a block step. Its state keeps its last value there (`passed` by default), or is `blocked` with
    that value as `blocked_state`: https://buildkite.com/docs/apis/rest-api/builds

    A build that has a `finished_at` is over. If its state isn't a known end, its outcome is `failed`, so that only a build
    that Buildkite calls passed counts as passed.

    Args:
        build: as Buildkite answers it. If it holds `job_state_counts` or jobs, a build whose `blocked_state` is
            `running` isn't called blocked while other jobs still run.

    Example:
        >>> def ended_well(buildkite, number: int) -> bool:
        ...     return outcome_of(buildkite.builds.get("web", number)) == "passed"
    """
    state = str(build.state)
    over = build.finished_at is not None
    if state in _ENDS:
        return _ENDS[state]
    if over and state == "canceling":
        return "canceled"
    if is_blocked(build):
        return None if not over and "running" in (state, str(build.blocked_state)) and _works(build) else "blocked"
    if state == "passed":
        return "passed"
    return "failed" if over or state == "failed" else None


def is_failing(build: Build) -> bool:
    """Tell whether a build that continues is going to fail: a job has failed for good while others still run.

    Buildkite's state says `failing`, or `running` with a `failing_at`. That time stays when a retry of the job passes, so it
    counts only while a job of the build has failed.

    Args:
        build: as Buildkite answers it, with its jobs.
    """
    if outcome_of(build) is not None:
        return False
    return str(build.state) == "failing" or (
        str(build.state) == "running" and build.failing_at is not None and bool(_breaking_jobs(build))
    )


def is_blocked(build: _Finishing) -> bool:
    """Tell whether a block step holds a build, also while jobs beside the step still run."""
    state = str(build.state)
    return state not in {*_ENDS, "canceling"} and (
        state == "blocked" or (build.blocked is True and (build.finished_at is not None or state not in _UNBLOCKED))
    )


def failed_jobs(build: Build) -> list[Job]:
    """Return the jobs that broke a build: those that failed, timed out or expired, and neither failed softly nor were retried.

    A build in which there is none has failed because of the jobs that were canceled. Broken, skipped and waiting jobs are the
    consequence of a failure, never its cause. The jobs of a build that hasn't failed, even at a block step, broke nothing;
    those of a build that is failing have broken it.

    Args:
        build: as Buildkite answers it, with its jobs.

    Example:
        >>> def report(buildkite, number: int) -> list[str | None]:
        ...     return [job.name for job in failed_jobs(buildkite.builds.get("web", number))]
    """
    outcome = outcome_of(build)
    failed = outcome == "failed" or (outcome == "blocked" and "failed" in (str(build.state), str(build.blocked_state)))
    return _breaking_jobs(build) if failed or is_failing(build) else []


def blocking_jobs(build: Build) -> list[Job]:
    """Return the block steps that a build waits at."""
    return [job for job in build.jobs if str(job.state) == "blocked" and is_block_step(job)]


def unfinished_jobs(build: Build) -> list[Job]:
    """Return what a build waits for: the block steps that hold it, and the jobs that run or are going to run."""
    return [*blocking_jobs(build), *_working_jobs(build)]


def exit_code_of(outcome: Outcome | None) -> int:
    """Return the exit code for an outcome: 0 only for `passed`. They are those of the command.

    1: failed, failing. 4: canceled. 5: blocked. 6: None, since the build continues. 7: skipped, not_run.

    Example:
        >>> exit_code_of("passed"), exit_code_of("blocked"), exit_code_of(None)
        (0, 5, 6)
    """
    return EXIT_CODES[outcome]


def _breaking_jobs(build: Build) -> list[Job]:
    """Return the jobs of a build that failed for good; if there are none, those that were canceled."""
    ended = [
        job
        for job in build.jobs
        if str(job.type) not in _STEPS_WITHOUT_WORK and not job.soft_failed and not job.retried
    ]
    return [job for job in ended if str(job.state) in FAILED_JOBS] or [
        job for job in ended if str(job.state) in FAILING_JOBS
    ]


def is_block_step(job: Job) -> bool:
    """Tell whether a user unblocks a job of this type: a block step, an input step, or a type that this version doesn't know."""
    return str(job.type) not in _STEPS_WITHOUT_BLOCK


def _works(build: Build) -> bool:
    """Tell whether jobs of a blocked build still run, or will without the block step."""
    counts = build.job_state_counts
    if counts is not None and counts.states:
        return any(count for state, count in counts.states.items() if is_job_active(state))
    return bool(_working_jobs(build))


def _working_jobs(build: Build) -> list[Job]:
    """Return the jobs that run, or are going to run without any other step and without any user."""
    return [
        job
        for job in build.jobs
        if str(job.type) not in _STEPS_WITHOUT_WORK and is_job_active(job.state) and not is_job_over(job)
    ]
