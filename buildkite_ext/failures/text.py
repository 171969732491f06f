"""A summary as text and as JSON, within a number of bytes."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..messages import counted, in_state, shortened
from .excerpt import narrowed

if TYPE_CHECKING:
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

__all__ = ["dict_of", "json_of", "text_of"]


@dataclass(frozen=True, slots=True)
class _Room:
    """Room that the parts of a summary may take.

    Attributes:
        lines: lines of each log.
        width: characters of each of them.
        annotation: characters of an annotation's text.
        items: annotations, tests and retried jobs, of each.
        words: characters of a name or a message.
        jobs: failed jobs.
        notes: problems, and notes about what is left out, of each.
        note: characters of one of them.
    """

    lines: int
    width: int
    annotation: int
    items: int
    words: int
    jobs: int = 1_000_000
    notes: int = 6
    note: int = 160


_ROOMS = (
    _Room(1000, 400, 2000, 50, 200),
    _Room(30, 400, 1500, 30, 200),
    _Room(24, 300, 1000, 20, 160),
    _Room(18, 300, 800, 15, 160),
    _Room(14, 240, 600, 12, 120),
    _Room(10, 240, 400, 10, 120),
    _Room(8, 200, 300, 8, 100),
    _Room(6, 200, 200, 6, 100),
    _Room(4, 160, 160, 5, 80),
    _Room(3, 160, 120, 4, 80),
    _Room(2, 120, 80, 3, 60),
    _Room(1, 120, 60, 2, 60),
    _Room(1, 80, 40, 1, 40),
    _Room(1, 60, 0, 0, 40),
    *(_Room(1, 60, 0, 0, 40, jobs) for jobs in (8, 6, 5, 4, 3, 2, 1)),
    _Room(0, 0, 0, 0, 20, 0, 2, 60),
)
"""Rooms to try, from the largest to the smallest."""

_MOST_STATES = 30
_LONGEST_URL = 200

_COUNTS = frozenset({"left_out", "lines_left_out", "log_read"})
"""Numbers of a job that say nothing where they are 0."""

_KINDS: Mapping[FailureKind, str] = {
    "tests": "tests failed",
    "command": "the command failed",
    "timeout": "timed out",
    "agent_lost": "the agent stopped or was lost",
    "not_started": "the command never began",
    "expired": "no agent took it",
    "trigger": "the triggered build failed",
    "canceled": "canceled",
    "soft": "failed, which it may (soft fail)",
    "not_run": "did not run, since something before it failed",
    "broken": "broken",
}


def text_of(summary: FailureSummary, max_bytes: int) -> str:
    """Return a summary as text that takes at most so many bytes."""
    return _fitted(summary, max_bytes, _text)[1]


def json_of(summary: FailureSummary, max_bytes: int) -> str:
    """Return a summary as a line of JSON that takes at most so many bytes."""
    return _fitted(summary, max_bytes, lambda each: json.dumps(_dict(each)))[1]


def dict_of(summary: FailureSummary, max_bytes: int) -> dict[str, object]:
    """Return a summary as a dict whose JSON takes at most so many bytes."""
    return _dict(_fitted(summary, max_bytes, lambda each: json.dumps(_dict(each)))[0])


def _fitted(
    summary: FailureSummary, max_bytes: int, render: Callable[[FailureSummary], str]
) -> tuple[FailureSummary, str]:
    """Return the largest form of a summary that takes at most so many bytes, and its text."""

    def rendered(room: _Room) -> tuple[FailureSummary, str]:
        fitted = _within(summary, room, max_bytes)
        return fitted, render(fitted)

    def fits(room: _Room) -> bool:
        return len(rendered(room)[1].encode("utf-8", "replace")) <= max_bytes

    largest = bisect_left(_ROOMS, True, key=fits)
    for room in _ROOMS[largest:]:  # a note may make a smaller room's text a little longer
        if fits(room):
            return rendered(room)
    # Only a summary of unusual words, such as a hundred unknown states, comes here.
    bare = replace(
        _within(summary, _ROOMS[-1], max_bytes),
        states={},
        message=None,
        branch=None,
        web_url=None,
        cancel_reason=None,
        blocked_by=(),
        last_passed=None,
        problems=(),
        truncated=("all but the build's state",),
    )
    return bare, render(bare)


def _within(summary: FailureSummary, room: _Room, max_bytes: int) -> FailureSummary:
    """Return a summary whose parts take no more than their room, with a note about what is left out."""
    notes: dict[str, None] = dict.fromkeys(summary.truncated)

    def note(what: str) -> None:
        notes[f"{what} (max_bytes={max_bytes})"] = None

    jobs = tuple(_job(each, room, note) for each in summary.jobs[: room.jobs])
    if len(jobs) < len(summary.jobs):
        note(f"{len(summary.jobs) - len(jobs)} of {len(summary.jobs)} jobs")
    kept = room.items
    for name, items in (
        ("annotations", summary.annotations),
        ("failed tests", summary.failed_tests),
        ("retried jobs", summary.retried_jobs),
    ):
        if len(items) > kept:
            note(f"{len(items) - kept} of {len(items)} {name}")
    states = dict(list(summary.states.items())[:_MOST_STATES])
    problems = [shortened(each, room.note) for each in summary.problems[: room.notes]]
    if len(summary.problems) > len(problems):
        note("some of the problems")
    words = room.words
    return replace(
        summary,
        organization=shortened(summary.organization, words),
        pipeline=shortened(summary.pipeline, words),
        web_url=_url(summary.web_url),
        branch=_word(summary.branch, words),
        commit=_word(summary.commit, words),
        message=_word(summary.message, words),
        cancel_reason=_word(summary.cancel_reason, words),
        states={shortened(state, words): count for state, count in states.items()},
        jobs=jobs,
        left_out=summary.left_out + len(summary.jobs) - len(jobs),
        retried_jobs=tuple(_retried(each, words) for each in summary.retried_jobs[:kept]),
        blocked_by=tuple(shortened(each, words) for each in summary.blocked_by[: max(1, kept)]),
        annotations=tuple(_annotation(each, room, note) for each in summary.annotations[:kept]),
        failed_tests=tuple(_test(each, words) for each in summary.failed_tests[:kept]),
        last_passed=summary.last_passed and _passed(summary.last_passed, words),
        truncated=tuple(shortened(each, room.note) for each in [*notes][: room.notes]),
        problems=tuple(problems),
        max_bytes=max_bytes,
    )


def _job(job: FailedJob, room: _Room, note: Callable[[str], None]) -> FailedJob:
    lines = narrowed(job.lines, job.error, room.lines)
    if len(lines) < len(job.lines):
        note("lines of the logs")
    words = room.words
    return replace(
        job,
        name=shortened(job.name, words),
        step_key=_word(job.step_key, words),
        group_key=_word(job.group_key, words),
        signal=_word(job.signal, words),
        signal_reason=_word(job.signal_reason, words),
        broken_reason=_word(job.broken_reason, words),
        agent=_word(job.agent, words),
        web_url=_url(job.web_url),
        section=_word(job.section, words),
        error=_word(job.error, room.width),
        lines=tuple(shortened(line, room.width) for line in lines),
        lines_left_out=job.lines_left_out + len(job.lines) - len(lines),
        attempts=job.attempts[-max(1, room.items) :],
        triggered=job.triggered and _triggered(job.triggered, room, note),
        problem=_word(job.problem, room.note),
    )


def _triggered(each: TriggeredFailure, room: _Room, note: Callable[[str], None]) -> TriggeredFailure:
    jobs = tuple(_job(job, room, note) for job in each.jobs[: room.jobs])
    if len(jobs) < len(each.jobs):
        note("jobs of triggered builds")
    return replace(
        each,
        pipeline=shortened(each.pipeline, room.words),
        web_url=_url(each.web_url),
        jobs=jobs,
        left_out=each.left_out + len(each.jobs) - len(jobs),
    )


def _annotation(each: FailureAnnotation, room: _Room, note: Callable[[str], None]) -> FailureAnnotation:
    if len(each.text) > room.annotation + 1:
        note("ends of annotations")
    return replace(each, context=shortened(each.context, room.words), text=shortened(each.text, room.annotation + 1))


def _test(each: FailedTest, words: int) -> FailedTest:
    return replace(
        each,
        name=shortened(each.name, words),
        location=_word(each.location, words),
        reason=_word(each.reason, words),
        web_url=_url(each.web_url),
    )


def _retried(each: RetriedJob, words: int) -> RetriedJob:
    return replace(each, name=shortened(each.name, words), attempts=each.attempts[-3:])


def _passed(each: PassedBuild, words: int) -> PassedBuild:
    return replace(each, commit=_word(each.commit, words), web_url=_url(each.web_url))


def _word(text: str | None, longest: int) -> str | None:
    return None if text is None else shortened(text, longest)


def _url(url: str | None) -> str | None:
    """Return a URL, and None for one that is too long: a part of it leads nowhere."""
    return url if url is None or len(url) <= _LONGEST_URL else None


def _dict(summary: FailureSummary) -> dict[str, object]:
    known = {each.name: getattr(summary, each.name) for each in fields(summary)}
    known.pop("max_bytes")
    return {name: _value(value) for name, value in known.items()}


def _value(value: object) -> object:
    """Return a value as JSON has it. Of what a summary lists, the fields that say nothing are left out."""
    if is_dataclass(value):
        named = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {
            name: _value(each)
            for name, each in named
            if each is not None and each != () and not (each == 0 and name in _COUNTS)
        }
    if isinstance(value, tuple):
        return [_value(each) for each in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _text(summary: FailureSummary) -> str:
    return "\n".join(_lines(summary))


def _lines(summary: FailureSummary) -> Iterator[str]:
    place = f"{summary.organization}/{summary.pipeline} #{summary.number}"
    yield f"Build {place} {_told(summary)}"
    if summary.web_url:
        yield summary.web_url
    built = [
        *([f"branch {summary.branch}"] if summary.branch else []),
        *([f"commit {summary.commit[:12]}"] if summary.commit else []),
    ]
    said = f": {summary.message}" if summary.message else ""
    if built or said:
        yield f"{', '.join(built) or 'message'}{said}"
    if summary.states:
        yield f"Jobs: {', '.join(f'{count} {state}' for state, count in summary.states.items())}"
    if summary.last_passed is not None:
        passed = summary.last_passed
        commit = f", commit {passed.commit[:12]}" if passed.commit else ""
        yield f"Last passed on this branch: #{passed.number}{commit}"
    for number, job in enumerate(summary.jobs, 1):
        yield ""
        yield from _job_lines(f"{number}. ", job)
    if summary.left_out:
        yield ""
        yield f"Not shown: {counted(summary.left_out, 'further job')} that failed or did not run"
    if summary.retried_jobs:
        yield ""
        yield "Retried:"
        for retried in summary.retried_jobs:
            flaky = " (flaky)" if retried.passed else ""
            yield f"  {retried.name}: {_attempts(retried.attempts)}, then {retried.state}{flaky}"
    if summary.failed_tests:
        yield ""
        yield "Failed tests (Test Engine):"
        for test in summary.failed_tests:
            yield f"  {': '.join(filter(None, (test.name, test.location, test.reason)))}"
    for annotation in summary.annotations:
        yield ""
        named = f"Annotation {annotation.context} ({annotation.style})"
        yield f"{named}:" if annotation.text else f"{named} has no text."
        yield from _indented(annotation.text.split("\n") if annotation.text else ())
    if summary.truncated or summary.problems:
        yield ""
    if summary.truncated:
        yield f"Left out: {'; '.join(summary.truncated)}"
    for problem in summary.problems:
        yield f"Not read: {problem}"


def _told(summary: FailureSummary) -> str:
    """Return what became of the build, as the end of a sentence."""
    failed = any(job.kind not in ("soft", "not_run", "broken") for job in summary.jobs)
    after = "" if summary.seconds is None else f" after {_duration(summary.seconds)}"
    match summary.outcome:
        case "passed":
            return f"passed{after}. " + ("Only jobs that may fail have failed." if summary.jobs else "Nothing failed.")
        case "failed":
            return f"failed{after}."
        case "canceled":
            reason = f": {summary.cancel_reason}" if summary.cancel_reason else ""
            return f"was canceled{after}{reason}."
        case "blocked":
            at = f" at {', '.join(summary.blocked_by)}" if summary.blocked_by else ""
            return f"is blocked{at}. " + ("Something in it has failed." if failed else "Nothing in it has failed.")
        case "skipped" | "not_run":
            return f"was {'skipped' if summary.outcome == 'skipped' else 'not run'}. Nothing failed."
        case _:
            so_far = "something in it has failed already" if summary.failing else "nothing has failed so far"
            return f"is {summary.state or 'not over'}; {so_far}."


def _job_lines(number: str, job: FailedJob, indent: str = "   ") -> Iterator[str]:
    yield f"{number}{job.name}: {', '.join(_details(job))}"
    if job.web_url:
        yield f"{indent}{job.web_url}"
    if job.attempts:
        yield f"{indent}before: {_attempts(job.attempts)}"
    if job.section:
        yield f"{indent}section: {job.section}"
    yield from _indented(job.lines, f"{indent}| ")
    left_out = [
        *([f"{counted(job.lines_left_out, 'line')} of the section not shown"] if job.lines_left_out > 0 else []),
        *(
            [f"only the last {job.log_read} of {job.log_size} bytes of the log were read"]
            if job.log_size is not None and job.log_read < job.log_size
            else []
        ),
    ]
    if left_out:
        yield f"{indent}({'; '.join(left_out)})"
    if job.problem:
        yield f"{indent}not read: {job.problem}"
    if job.triggered is not None:
        triggered = job.triggered
        yield f"{indent}triggered {triggered.pipeline} #{triggered.number}, which is {in_state(triggered.state)}"
        if triggered.web_url:
            yield f"{indent}{triggered.web_url}"
        for each in triggered.jobs:
            yield from _job_lines(f"{indent}- ", each, f"{indent}  ")
        if triggered.left_out:
            yield f"{indent}not shown: {counted(triggered.left_out, 'further job')} of that build"


def _details(job: FailedJob) -> Iterator[str]:
    yield _KINDS[job.kind] + (f" ({job.state})" if job.kind == "not_run" else "")
    if job.broken_reason:
        yield job.broken_reason
    if job.exit_status is not None:
        yield f"exit status {job.exit_status}"
    if job.signal:
        yield f"signal {job.signal}"
    if job.signal_reason:
        yield job.signal_reason
    if job.seconds is not None:
        yield f"after {_duration(job.seconds)}"


def _attempts(attempts: Sequence[JobAttempt]) -> str:
    return ", ".join(
        each.state if each.exit_status is None else f"{each.state} (exit status {each.exit_status})"
        for each in attempts
    )


def _indented(lines: Iterable[str], indent: str = "  ") -> Iterator[str]:
    for line in lines:
        yield f"{indent}{line}".rstrip()


def _duration(seconds: float) -> str:
    """Return a duration as users write it.

    Example:
        >>> [_duration(seconds) for seconds in (0.4, 75, 7260)]
        ['0s', '1m15s', '2h1m']
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = (f"{hours}h", f"{minutes}m") if hours else (f"{minutes}m", f"{rest}s") if minutes else (f"{rest}s",)
    return "".join(parts)
