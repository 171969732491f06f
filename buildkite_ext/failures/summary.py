"""Summary of a build's failure: what is known of it, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..states import Outcome
from ..unknown_names import missing_or_raised

__all__ = [
    "LEAST_BYTES",
    "FailedJob",
    "FailedTest",
    "FailureAnnotation",
    "FailureKind",
    "FailureSummary",
    "JobAttempt",
    "PassedBuild",
    "RetriedJob",
    "TriggeredFailure",
]

LEAST_BYTES = 1024
"""The smallest `max_bytes`."""

FailureKind = Literal[
    "tests",
    "command",
    "timeout",
    "agent_lost",
    "not_started",
    "expired",
    "trigger",
    "canceled",
    "soft",
    "not_run",
    "broken",
]
"""Kind of a job's failure."""

_OTHER_WORDS = {
    "status": "state",
    "result": "outcome",
    "failed_jobs": "jobs",
    "failures": "jobs",
    "url": "web_url",
    "to_json": "json",
    "as_dict": "to_dict",
    "dict": "to_dict",
    "log": "lines",
    "excerpt": "lines",
    "exit_code": "exit_status",
    "flaky": "retried_jobs",
    "last_green": "last_passed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAttempt:
    """Earlier attempt of a job that was retried.

    Attributes:
        id: the id of the job of that attempt.
        state: its state.
        exit_status: the exit status of its command.
    """

    id: str
    state: str
    exit_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredFailure:
    """Build that a failed trigger job had started.

    Attributes:
        pipeline: the slug of its pipeline.
        number: its number.
        state: its state; `blocked` at a block step.
        web_url: its page on Buildkite.
        jobs: what failed in it.
        left_out: number of its failed jobs that aren't among `jobs`.
    """

    pipeline: str
    number: int
    state: str | None = None
    web_url: str | None = None
    jobs: tuple[FailedJob, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedJob:
    """Job that failed, or that the build did not run.

    Attributes:
        id: the job's id.
        name: its name, label or command, with its number in a parallel group, such as `rspec 1/3`.
        kind: `tests` (its log reports failed tests), `command` (a command failed), `timeout`, `agent_lost` (the agent stopped or
            lost its connection), `not_started` (the agent refused the job or could not start it), `expired` (no agent took it),
            `trigger` (the build that it triggered failed), `canceled`, `soft` (it may fail), `not_run` (something before it
            failed) or `broken` (a condition or a branch filter excluded it).
        state: its state.
        step_key, group_key: the keys of its step and of the step's group.
        exit_status: the exit status of its command. That of a running job is the one that it has promised.
        signal, signal_reason: the signal that ended its command, and the reason for it.
        broken_reason: the reason why it is broken.
        agent: the name of its agent.
        web_url: its page on Buildkite.
        seconds: the seconds that it ran.
        section: the header of the log's section that the lines are of.
        error: the line among them that tells most; None if none looks like an error.
        lines: the useful lines of its log, safe to print. `[… N lines …]` stands for those between them.
        lines_left_out: number of lines of the section that aren't shown.
        log_size: the size of its log in bytes; None if the log wasn't read.
        log_read: the bytes of the log's end that were read.
        attempts: its earlier attempts, oldest first.
        triggered: the build that it triggered, for the kind `trigger`.
        problem: the reason why its log, or the build that it triggered, can't be read.
    """

    id: str
    name: str
    kind: FailureKind
    state: str
    step_key: str | None = None
    group_key: str | None = None
    exit_status: int | None = None
    signal: str | None = None
    signal_reason: str | None = None
    broken_reason: str | None = None
    agent: str | None = None
    web_url: str | None = None
    seconds: float | None = None
    section: str | None = None
    error: str | None = None
    lines: tuple[str, ...] = ()
    lines_left_out: int = 0
    log_size: int | None = None
    log_read: int = 0
    attempts: tuple[JobAttempt, ...] = ()
    triggered: TriggeredFailure | None = None
    problem: str | None = None

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> object:
            return missing_or_raised(self, name, _OTHER_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetriedJob:
    """Job whose earlier attempt failed, and whose last one has not.

    Attributes:
        id: the id of the last attempt.
        name: its name.
        state: the state of the last attempt.
        passed: the last attempt passed, so the job is flaky.
        attempts: the earlier attempts, oldest first.
    """

    id: str
    name: str
    state: str
    passed: bool
    attempts: tuple[JobAttempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureAnnotation:
    """Annotation of the style `error` or `warning`.

    Attributes:
        style: `error` or `warning`.
        context: its name.
        job_id: the job that it belongs to; None for the build's own.
        text: its text, without HTML.
    """

    style: str
    context: str
    job_id: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTest:
    """Test that failed, as Test Engine knows it.

    Attributes:
        name: its name.
        location: its file and line.
        reason: the reason in short.
        web_url: its page on Buildkite.
    """

    name: str
    location: str | None = None
    reason: str | None = None
    web_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedBuild:
    """The last build of the branch that passed before this one.

    Attributes:
        number: its number.
        commit: its commit.
        web_url: its page on Buildkite.
        finished_at: the time when it ended.
    """

    number: int
    commit: str | None = None
    web_url: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureSummary:
    """Reasons why a build failed. `text()` and `json()` take at most `max_bytes`; `print(summary)` prints the text.

    A build that hasn't failed has a summary too, which says so. All texts are safe to print on a terminal.

    Attributes:
        organization, pipeline, number: the build.
        state: its state; `blocked` at a block step.
        outcome: `passed`, `failed`, `blocked`, `canceled`, `skipped` or `not_run`; None while it continues.
        failing: the build continues, and something in it has failed already.
        web_url: its page on Buildkite.
        branch, commit, message: what it builds.
        cancel_reason: the reason why it was canceled.
        seconds: the seconds from its start to its end.
        states: the number of jobs in each state, without wait steps and without attempts that were retried.
        jobs: the jobs that failed, the first to fail at the front; then those that were canceled, those that may fail, those
            that did not run because of a failure, and broken ones. At most `max_jobs`, those of triggered builds included.
        left_out: number of such jobs that aren't among them.
        retried_jobs: jobs that failed at first. Those that passed then are flaky.
        blocked_by: the labels of the block steps that the build waits at.
        annotations: the annotations of the styles `error` and `warning`.
        failed_tests: the failed tests of the build's Test Engine runs.
        last_passed: the last build of the branch that passed before this one. Only for a build in which something failed.
        truncated: what was left out, in words.
        problems: what could not be read, and why.
        requests: number of requests that the summary took.
        max_bytes: the maximum of bytes of its text, and of its JSON.

    Example:
        >>> def report(buildkite, number: int) -> None:
        ...     summary = buildkite.builds.failure_summary("web", number)
        ...     for job in summary.jobs:
        ...         print(job.name, job.kind, job.error)
        ...     print(summary)
    """

    organization: str
    pipeline: str
    number: int
    state: str | None
    outcome: Outcome | None
    failing: bool = False
    web_url: str | None = None
    branch: str | None = None
    commit: str | None = None
    message: str | None = None
    cancel_reason: str | None = None
    seconds: float | None = None
    states: Mapping[str, int]
    jobs: tuple[FailedJob, ...] = ()
    left_out: int = 0
    retried_jobs: tuple[RetriedJob, ...] = ()
    blocked_by: tuple[str, ...] = ()
    annotations: tuple[FailureAnnotation, ...] = ()
    failed_tests: tuple[FailedTest, ...] = ()
    last_passed: PassedBuild | None = None
    truncated: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    requests: int = 0
    max_bytes: int = 8192

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> object:
            return missing_or_raised(self, name, _OTHER_WORDS)

    def __str__(self) -> str:
        """Return `text()`."""
        return self.text()

    @property
    def failed(self) -> bool:
        """True if the build has failed, or will have: its outcome is `failed`, or it is failing."""
        return self.outcome == "failed" or self.failing

    def text(self, max_bytes: int | None = None) -> str:
        """Return the summary as text, safe to print on a terminal. It says what it leaves out.

        Args:
            max_bytes: the maximum of bytes in UTF-8, at least 1024; by default that of the summary.

        Raises:
            ValueError: `max_bytes` is smaller.
        """
        from .text import text_of

        return text_of(self, _checked(max_bytes, self.max_bytes))

    def to_dict(self, max_bytes: int | None = None) -> dict[str, object]:
        """Return the summary as a dict of plain values, as `json` writes it. Fields of jobs that say nothing are left out.

        Args:
            max_bytes: the maximum of bytes of its JSON, at least 1024; by default that of the summary.

        Raises:
            ValueError: `max_bytes` is smaller.
        """
        from .text import dict_of

        return dict_of(self, _checked(max_bytes, self.max_bytes))

    def json(self, max_bytes: int | None = None) -> str:
        """Return the summary as one line of JSON in ASCII. `truncated` in it says what is left out.

        Args:
            max_bytes: the maximum of bytes, at least 1024; by default that of the summary.

        Raises:
            ValueError: `max_bytes` is smaller.
        """
        from .text import json_of

        return json_of(self, _checked(max_bytes, self.max_bytes))


def _checked(max_bytes: int | None, default: int) -> int:
    chosen = default if max_bytes is None else max_bytes
    if chosen < LEAST_BYTES:
        raise ValueError(f"max_bytes={chosen}: give at least {LEAST_BYTES}")
    return chosen
