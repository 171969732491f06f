"""Assembly of a summary from what was read: which jobs are shown, what kind of failure each has, and what its log says.

https://buildkite.com/docs/pipelines/configure/defining-steps
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..logs.parser import parse_log
from ..logs.screen import without_controls
from ..messages import job_name, parallel_part, printable, shortened
from ..redaction import redacted_text
from ..states import FAILED_JOBS, UNREACHED_OUTCOMES, blocking_jobs, build_state, is_failing, outcome_of
from .excerpt import Excerpt, excerpt_of
from .html_text import text_of_html
from .summary import (
    FailedJob,
    FailedTest,
    FailureAnnotation,
    FailureKind,
    FailureSummary,
    JobAttempt,
    PassedBuild,
    RetriedJob,
    TriggeredFailure,
)

if TYPE_CHECKING:
    from buildkite_api.models import Annotation, Build, FailedExecution, Job

__all__ = ["Candidate", "LogEnd", "Readings", "assembled", "candidates", "has_failures", "problem_of"]

_NOT_RUN = frozenset({"waiting_failed", "blocked_failed", "unblocked_failed"})
"""States of jobs that did not run because something before them failed."""

_NOT_STARTED = frozenset(
    {"process_run_error", "agent_refused", "signature_rejected", "stack_error", "agent_incompatible"}
)
"""Reasons for which a command never began. https://buildkite.com/docs/apis/rest-api/builds"""

_ORDER: Mapping[FailureKind, int] = {"canceled": 1, "soft": 2, "not_run": 3, "broken": 4}
"""Order in which kinds are shown; all others are first."""

_LONGEST_NAME = 200
_LONGEST_LINE = 400
_LONGEST_ANNOTATION = 2000
_LONGEST_HTML = 256 * 1024
_MOST_ANNOTATIONS = 10
_MOST_TESTS = 30
_MOST_LABELS = 10

_STYLES = ("error", "warning")
"""Styles of the annotations that are shown."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """End of a log.

    Attributes:
        data: its bytes.
        start: their place in the log.
        size: the length of the log.
    """

    data: bytes
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Job that a summary may show.

    Attributes:
        job: its last attempt.
        attempts: the earlier ones, oldest first.
        kind: the kind of its failure, as far as it is known without the log; None if it hasn't failed.
    """

    job: Job
    attempts: tuple[Job, ...]
    kind: FailureKind | None

    @property
    def has_log(self) -> bool:
        """True if a command wrote a log."""
        return (
            str(self.job.type) == "script" and self.job.started_at is not None and self.kind not in UNREACHED_OUTCOMES
        )


@dataclass(slots=True)
class Readings:
    """Answers that were read in addition to the build.

    Attributes:
        logs: the ends of the logs, or why one can't be read, by job.
        triggered: the builds that jobs triggered, with the jobs in them that are shown, or why one can't be read, by job.
        annotations: the annotations.
        executions: the failed executions of Test Engine.
        last_passed: the last builds of the branch that passed, newest first.
        truncated, problems: see `FailureSummary`.
        requests: number of requests.
    """

    logs: dict[str, LogEnd | str] = field(default_factory=dict[str, "LogEnd | str"])
    triggered: dict[str, tuple[Build, Sequence[Candidate], int] | str] = field(
        default_factory=dict[str, "tuple[Build, Sequence[Candidate], int] | str"]
    )
    annotations: Sequence[Annotation] = ()
    executions: list[FailedExecution] = field(default_factory=list["FailedExecution"])
    last_passed: Sequence[Build] = ()
    truncated: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])
    requests: int = 0


def candidates(build: Build) -> list[Candidate]:
    """Return the jobs of a build that failed, the most telling ones first.

    The build has its retried jobs too. Jobs that did not run, and broken ones, are among them only if something failed before.
    """
    found = [each for each in _chains(build.jobs) if each.kind is not None]
    failed = any(each.kind not in UNREACHED_OUTCOMES and each.kind != "soft" for each in found)
    return sorted(
        (each for each in found if failed or each.kind not in UNREACHED_OUTCOMES),
        key=lambda each: (_ORDER.get(each.kind or "command", 0), each.job.started_at is None, _end_of(each.job)),
    )


def has_failures(build: Build, found: Sequence[Candidate]) -> bool:
    """Tell whether a build has failed or was canceled, or will have."""
    return outcome_of(build) in ("failed", "canceled") or any(each.kind not in ("soft", None) for each in found)


def assembled(
    build: Build,
    shown: Sequence[Candidate],
    left_out: int,
    readings: Readings,
    *,
    organization: str,
    pipeline: str,
    max_bytes: int,
) -> FailureSummary:
    """Return the summary of a build.

    Args:
        build: the build with all its jobs.
        shown: those to show.
        left_out: the number of those that failed as well.
        readings: what else was read.
        organization, pipeline: the build's address.
        max_bytes: see `FailureSummary`.
    """
    outcome = outcome_of(build)
    chains = _chains(build.jobs)
    annotations = _annotations(readings.annotations, readings.truncated)
    tests = _tests(readings.executions, readings.truncated)
    passed = next((each for each in readings.last_passed if outcome_of(each) == "passed"), None)
    states = Counter(
        "soft_failed" if each.kind == "soft" else str(each.job.state)
        for each in chains
        if str(each.job.type) != "waiter"
    )
    return FailureSummary(
        organization=organization,
        pipeline=pipeline,
        number=build.number,
        state=_optional(build_state(build)),
        outcome=outcome,
        failing=is_failing(build),
        web_url=_optional(build.web_url),
        branch=_optional(build.branch),
        commit=_optional(build.commit),
        message=_optional(None if build.message is None else build.message.strip().partition("\n")[0]),
        cancel_reason=_optional(build.cancel_reason),
        seconds=_seconds(build.duration),
        states={_text(state): count for state, count in sorted(states.items())},
        jobs=tuple(_failed_job(each, readings) for each in shown),
        left_out=left_out,
        retried_jobs=tuple(
            RetriedJob(
                id=each.job.id,
                name=_name(each.job),
                state=_text(str(each.job.state or "unknown")),
                passed=str(each.job.state) == "passed",
                attempts=_attempts(each),
            )
            for each in chains
            if each.kind is None and any(_kind(before) is not None for before in each.attempts)
        ),
        blocked_by=tuple(_name(job) for job in blocking_jobs(build)[:_MOST_LABELS]) if outcome == "blocked" else (),
        annotations=annotations,
        failed_tests=tests,
        last_passed=None
        if passed is None
        else PassedBuild(
            number=passed.number,
            commit=_optional(passed.commit),
            web_url=_optional(passed.web_url),
            finished_at=passed.finished_at,
        ),
        truncated=tuple(readings.truncated),
        problems=tuple(readings.problems),
        requests=readings.requests,
        max_bytes=max_bytes,
    )


def problem_of(what: str, error: Exception) -> str:
    """Return what can't be read, and why, as one line."""
    return _text(f"{what}: {error}", 300)


def _chains(jobs: Sequence[Job]) -> list[Candidate]:
    """Return each job by its last attempt, in the order of the build."""
    before: dict[str, Job] = {}
    for job in jobs:
        if job.retried_in_job_id:
            before[job.retried_in_job_id] = job
    found = []
    for job in jobs:
        if job.retried or job.retried_in_job_id:
            continue
        attempts: list[Job] = []
        earlier = before.get(job.id)
        while earlier is not None and earlier not in attempts:
            attempts.insert(0, earlier)
            earlier = before.get(earlier.id)
        found.append(Candidate(job, tuple(attempts), _kind(job)))
    return found


def _kind(job: Job) -> FailureKind | None:
    """Return the kind of a job's failure, as far as the job tells; None if it hasn't failed."""
    state, kind = str(job.state), str(job.type)
    if kind == "waiter":
        return None
    if state in _NOT_RUN:
        return "not_run"
    if state == "broken":
        return "broken"
    if job.soft_failed:
        return "soft"
    if kind == "manual":
        return None
    if state == "expired":
        return "expired"
    if state in ("timed_out", "timing_out"):
        return "timeout"
    if state in ("canceled", "canceling"):
        return "canceled"
    promised = state not in FAILED_JOBS and state == "running" and bool(job.promised_exit_status)
    if state not in FAILED_JOBS and not promised:
        return None
    return "trigger" if kind == "trigger" else _kind_of_command(job)


def _kind_of_command(job: Job) -> FailureKind:
    reason = None if job.signal_reason is None else str(job.signal_reason)
    if reason in _NOT_STARTED:
        return "not_started"
    if reason == "cancel":
        return "canceled"
    # An agent that is lost reports nothing, and Buildkite gives -1: https://buildkite.com/docs/agent/lifecycle
    return "agent_lost" if reason == "agent_stop" or job.exit_status == -1 else "command"


def _end_of(job: Job) -> float:
    """Return the time at which a job ended, for sorting; those that haven't ended come last."""
    for each in (job.finished_at, job.promised_exit_status_at):
        if isinstance(each, datetime):
            return each.timestamp()
    return float("inf")


def _failed_job(each: Candidate, readings: Readings) -> FailedJob:
    job, log, triggered = each.job, readings.logs.get(each.job.id), readings.triggered.get(each.job.id)
    excerpt = _excerpt(log) if isinstance(log, LogEnd) else Excerpt()
    problem = next((found for found in (log, triggered) if isinstance(found, str)), None)
    kind = each.kind or "command"
    return FailedJob(
        id=job.id,
        name=_name(job),
        kind="tests" if kind == "command" and excerpt.tests else kind,
        state=_text(str(job.state or "unknown")),
        step_key=_optional(job.step_key),
        group_key=_optional(job.group_key),
        exit_status=job.promised_exit_status if job.exit_status is None else job.exit_status,
        signal=_optional(job.signal),
        signal_reason=_optional(None if job.signal_reason is None else str(job.signal_reason)),
        broken_reason=_optional(job.broken_reason),
        agent=_optional(getattr(job.agent, "name", None)),
        web_url=_optional(job.web_url),
        seconds=_seconds(job.duration),
        section=excerpt.section,
        error=excerpt.error,
        lines=excerpt.lines,
        lines_left_out=excerpt.left_out,
        log_size=log.size if isinstance(log, LogEnd) else None,
        log_read=len(log.data) if isinstance(log, LogEnd) else 0,
        attempts=_attempts(each),
        triggered=None if triggered is None or isinstance(triggered, str) else _triggered(triggered, readings),
        problem=problem,
    )


def _triggered(found: tuple[Build, Sequence[Candidate], int], readings: Readings) -> TriggeredFailure:
    build, shown, left_out = found
    return TriggeredFailure(
        pipeline=_text(getattr(build.pipeline, "slug", None) or "?"),
        number=build.number,
        state=_optional(build_state(build)),
        web_url=_optional(build.web_url),
        jobs=tuple(_failed_job(each, readings) for each in shown),
        left_out=left_out,
    )


def _excerpt(log: LogEnd) -> Excerpt:
    """Return the useful lines of a log whose end was read, without credentials and safe to print."""
    texts = [line.text for line in parse_log(log.data)]
    found = excerpt_of(texts[1:] if log.start and len(texts) > 1 else texts)  # the first line lacks its beginning
    return Excerpt(
        section=_optional(found.section),
        lines=tuple(_line(line) for line in found.lines),
        error=None if found.error is None else _line(found.error),
        tests=found.tests,
        left_out=found.left_out,
    )


def _line(text: str) -> str:
    """Return a line of a log, safe to print. It is shortened after tokens are found in it, so that no part of one is left."""
    return shortened(redacted_text(printable(text.expandtabs(4))), _LONGEST_LINE)


def _attempts(each: Candidate) -> tuple[JobAttempt, ...]:
    return tuple(
        JobAttempt(id=job.id, state=_text(str(job.state or "unknown")), exit_status=job.exit_status)
        for job in each.attempts
    )


def _annotations(found: Sequence[Annotation], truncated: list[str]) -> tuple[FailureAnnotation, ...]:
    told = [each for each in found if str(each.style) in _STYLES]
    told.sort(key=lambda each: (_STYLES.index(str(each.style)), -(each.priority or 0)))
    if len(told) > _MOST_ANNOTATIONS:
        truncated.append(f"{len(told) - _MOST_ANNOTATIONS} of {len(told)} annotations")
    return tuple(_annotation(each, truncated) for each in told[:_MOST_ANNOTATIONS])


def _annotation(each: Annotation, truncated: list[str]) -> FailureAnnotation:
    body = each.body_html or ""
    lines = text_of_html(body, longest=_LONGEST_HTML).split("\n")
    text = redacted_text("\n".join(printable(without_controls(line)).rstrip() for line in lines))
    if len(text) > _LONGEST_ANNOTATION or len(body) > _LONGEST_HTML:
        truncated.append(f"the end of the annotation {_text(each.context, 60)!r}")
        text = f"{text[:_LONGEST_ANNOTATION]}…" if text else ""
    return FailureAnnotation(style=str(each.style), context=_text(each.context), job_id=each.job_id, text=text)


def _tests(found: Sequence[FailedExecution], truncated: list[str]) -> tuple[FailedTest, ...]:
    """Return each test that failed once, with its last execution's reason."""
    tests: dict[str, FailedTest] = {}
    for each in found:
        tests[each.test_id] = FailedTest(
            name=_text(each.test_name or each.test_id),
            location=_optional(each.location),
            reason=_optional(each.failure_reason),
            web_url=_optional(each.test_url),
        )
    if len(tests) > _MOST_TESTS:
        truncated.append(f"{len(tests) - _MOST_TESTS} of {len(tests)} failed tests")
    return tuple(tests.values())[:_MOST_TESTS]


def _name(job: Job) -> str:
    part = parallel_part(job)
    return _text(job_name(job), _LONGEST_NAME - len(part)) + part


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _optional(text: str | None) -> str | None:
    return None if text is None else _text(text)


def _text(text: str, longest: int = _LONGEST_NAME) -> str:
    """Return a text of others as one short line, safe to print. Tokens are found in what is seen: nothing splits them there."""
    return shortened(redacted_text(printable(without_controls(text))).strip(), longest)
