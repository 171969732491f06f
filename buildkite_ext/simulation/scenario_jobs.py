"""Build, jobs and attempts that a scenario holds, and how they are read from a text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar, cast

from buildkite_api.types import kind_of

from ..states import BLOCKED_BUILDS, FAILING_JOBS, FINISHED_BUILDS, FINISHED_JOBS, HELD_JOBS, UNREACHED_JOBS
from ..unknown_keywords import checks_fields
from ..unknown_names import nearest
from .definition.checks import check_name, check_number

__all__ = [
    "HELD",
    "KINDS",
    "LEFT_OUT",
    "NOT_BEGUN",
    "RETRIED_BY_RULES",
    "UNREACHED",
    "RecordedBuild",
    "ScenarioAttempt",
    "ScenarioJob",
    "contradiction",
    "last_of",
    "loaded",
    "ran",
    "state_of",
]

T = TypeVar("T")

KINDS = ("script", "manual", "trigger", "waiter")
"""Kinds of jobs that a scenario holds."""

RETRIED_BY_RULES = frozenset({"failed", "timed_out"})
"""Last states of attempts that the rules of `retry.automatic` retry."""

LEFT_OUT = frozenset({"broken", "skipped"})
"""Last states of jobs whose step a condition, a branch or `skip` left out, or for which a newer build took its place."""

HELD = frozenset({"waiting", "pending"})
"""Last states of jobs that waited yet when their build was recorded."""

_STATES = FINISHED_JOBS | HELD_JOBS | {"pending"}

UNREACHED = UNREACHED_JOBS - LEFT_OUT
"""Last states of jobs that never began, since another job has ended or the build was canceled."""

NOT_BEGUN = UNREACHED | HELD
"""Last states of jobs that never began, as their build didn't come so far."""

_STOPPED = RETRIED_BY_RULES | {"canceled"}
"""Last states of attempts that have an exit status other than 0, and whose failure may be allowed."""

_SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def _words(known: Collection[str], what: str) -> dict[str, Any]:
    """Return the metadata of an attribute that takes some words only: `loaded` checks them.

    Args:
        known: the words.
        what: what they are, for messages.
    """
    return {"words": known, "what": what}


@checks_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAttempt:
    """Attempt of a job.

    Attributes:
        state: its last state, such as `passed`, `failed`, `timed_out` or `canceled`.
        exit_status: its exit status; None where it has none, and for the one that follows from the state: 0 if it has passed,
            1 if it has failed.
        seconds: how long it ran.
        soft_failed: whether its failure was allowed.
        log: the beginning of its log.
        artifacts: the paths of its artifacts.
        retried: how it was retried: `manual`, `automatic`, or None. An attempt that another one follows was retried by a
            user, if nothing else is said.
        retried_after: the seconds from its end until a user retried it.
        signal_reason: why a command that failed was ended, such as `agent_stop`.
    """

    state: str = field(default="passed", metadata=_words(_STATES, "last state of a job"))
    exit_status: int | None = None
    seconds: float = 0.0
    soft_failed: bool = False
    log: str = ""
    artifacts: tuple[str, ...] = ()
    retried: str | None = field(default=None, metadata=_words(("manual", "automatic"), "kind of a retry"))
    retried_after: float = 0.0
    signal_reason: str | None = None


@checks_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioJob:
    """Job of a scenario, with its attempts.

    Attributes:
        kind: `script`, `manual`, `trigger` or `waiter`.
        name: its label.
        key: the key of its step.
        command: its command.
        pipeline: the slug of the pipeline that it triggered.
        parallel_group_index, parallel_group_total: its index among the jobs of a step with `parallelism`, from 0, and their
            number.
        attempts: its attempts, oldest first. A block step has one: `unblocked` after `seconds`, or `blocked`.
            A wait step has one with its last state; without, that follows from the jobs around it.
    """

    kind: str = field(metadata=_words(KINDS, "kind of a job"))
    name: str = ""
    key: str | None = None
    command: str | None = None
    pipeline: str | None = None
    parallel_group_index: int | None = None
    parallel_group_total: int | None = None
    attempts: tuple[ScenarioAttempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBuild:
    """What a scenario holds of a build. `Scenario` describes its attributes."""

    pipeline: str
    branch: str = "main"
    commit: str = "HEAD"
    message: str = ""
    state: str = field(
        default="passed", metadata=_words(FINISHED_BUILDS | BLOCKED_BUILDS, "state of a build that was recorded")
    )
    seconds: float = 0.0
    jobs: tuple[ScenarioJob, ...] = ()


def loaded(kind: type[T], found: object, place: str) -> T:
    """Return a scenario, a job or an attempt of a text.

    Args:
        kind: the class.
        found: a map of its attributes.
        place: what it is, for messages.

    Raises:
        TypeError: it, or a part of it, has another type. The message names the place.
        ValueError: a value can't be.

    Example:
        >>> loaded(ScenarioJob, {"kind": "script", "name": "test"}, "jobs[0]").name
        'test'
    """
    if not isinstance(found, dict):
        raise TypeError(f"{place} is {kind_of(found)}, not a map")
    known = {each.name: each for each in fields(cast("Any", kind))}
    for name in found:
        if name not in known:
            near = nearest(str(name)[:50], known)
            hint = f"It may have {', '.join(known)}" if near is None else f"Did you mean {near!r}?"
            raise ValueError(f"{place} has the key {str(name)[:50]!r}. {hint}")
    for name, each in known.items():
        if name not in found and each.default is MISSING and each.default_factory is MISSING:
            raise ValueError(f"{place} has no {name}")
    values = {name: _value(str(known[name].type), name, value, place) for name, value in found.items()}
    for name, value in values.items():
        taken = known[name].metadata
        if taken and value is not None:
            check_name(f"{name} of {place}", value, taken["words"], taken["what"])
    if kind not in _PARTS.values() and "state" not in values:
        values["state"] = state_of(cast("Any", values.get("jobs", ())))
    made = kind(**values)
    said = contradiction(made)
    if said is not None:
        raise ValueError(f"{place} {said}")
    return made


def ran(attempt: ScenarioAttempt) -> bool:
    """Tell whether the command of an attempt ran: it has an exit status, or took some time."""
    return bool(attempt.seconds) or attempt.exit_status is not None


def state_of(jobs: Collection[ScenarioJob]) -> str:
    """Return the state of a build that follows from its jobs.

    Example:
        >>> state_of([ScenarioJob(kind="script", attempts=(ScenarioAttempt(state="failed"),))])
        'failed'
    """
    ends = _ends(jobs)
    if any(each.state == "blocked" for each in ends):
        return "blocked"
    if any(_fails(each) or each.state in NOT_BEGUN for each in ends):
        return "failed"
    return "passed" if any(each.state not in LEFT_OUT for each in ends) else "not_run"


def _ends(jobs: Collection[ScenarioJob]) -> list[ScenarioAttempt]:
    """Return the last attempts of jobs. That of a wait step counts where it says that the build didn't go on."""
    ends = [(job.kind, last_of(job)) for job in jobs]
    return [each for kind, each in ends if kind != "waiter" or each.state in NOT_BEGUN]


def _fails(last: ScenarioAttempt) -> bool:
    return last.state in FAILING_JOBS and not last.soft_failed


def contradiction(part: object) -> str | None:
    """Return what contradicts itself in a build, a job or an attempt, as the end of a sentence about it. Else return None.

    Example:
        >>> contradiction(ScenarioAttempt(state="failed", exit_status=0))
        'has the state failed and the exit_status 0'
    """
    match part:
        case ScenarioAttempt(state=state, exit_status=status, soft_failed=soft):
            if (status == 0 and state in RETRIED_BY_RULES) or (status and state not in _STOPPED):
                return f"has the state {state} and the exit_status {status}"
            if soft and state not in _STOPPED:
                return f"has the state {state}, and soft_failed is true"
            if part.signal_reason is not None and state != "failed":
                return f"has the state {state} and the signal_reason {part.signal_reason}: only commands that fail have one"
            if part.retried_after and part.retried == "automatic":
                return "was retried by the rules of its step, which is at once, and has a retried_after"
        case ScenarioJob() if (said := _contradiction_of_group(part)) is not None:
            return said
        case ScenarioJob(kind=kind, attempts=(*_, last) as attempts):
            if last.retried is not None:
                return f"has no attempt behind its last one, of which retried is {last.retried}"
            if last.retried_after:
                return f"has no attempt behind its last one, of which retried_after is {last.retried_after:g}"
            if len(attempts) > 1 and kind in ("manual", "waiter"):
                return f"is of the kind {kind} and has {len(attempts)} attempts: only commands and triggers are retried"
        case RecordedBuild(state=state, jobs=jobs):
            return _contradiction_of_build(state, jobs)
        case _:
            pass
    return None


def _contradiction_of_group(job: ScenarioJob) -> str | None:
    """Return what contradicts itself in the place of a job among the parallel ones of its step."""
    index, total = job.parallel_group_index, job.parallel_group_total
    if index is None and total is None:
        return None
    if job.kind != "script":
        return f"is of the kind {job.kind} and has a parallel_group_index or a parallel_group_total: only commands have them"
    if index is None or total is None or not 0 <= index < total:
        return f"has the parallel_group_index {index} and the parallel_group_total {total}"
    return None


def _contradiction_of_build(state: str, jobs: Collection[ScenarioJob]) -> str | None:
    """Return what contradicts the state of a build in the last attempts of its jobs."""
    ends = _ends(jobs)
    states = {each.state for each in ends}
    failures = sorted({each.state for each in ends if _fails(each)})
    unreached = sorted(states & NOT_BEGUN)
    other = next(iter((*failures, *unreached)), None)
    match state:
        case "passed":
            if other is not None or "blocked" in states:
                return f"has the state passed, and a job of it the state {other or 'blocked'}"
            if states <= LEFT_OUT:
                return "has the state passed, and no job of it ran"
        case "not_run" if ran := sorted(states - LEFT_OUT):
            return f"has the state not_run, and a job of it the state {other or ran[0]}"
        case "failed" if not failures and ("blocked" in states or not unreached):
            return "has the state failed, and no job of it has failed"
        case "blocked" if "blocked" not in states:
            return "has the state blocked, and no job of it is blocked"
        case "canceled" if not any(map(_was_canceled, jobs)):
            return "has the state canceled, and no job of it was canceled"
        case "skipped" if ran := sorted(states - LEFT_OUT - HELD):
            return f"has the state skipped, and a job of it the state {other or ran[0]}"
        case _:
            pass
    return None


def last_of(job: ScenarioJob) -> ScenarioAttempt:
    """Return the last attempt of a job."""
    return job.attempts[-1] if job.attempts else ScenarioAttempt()


def _was_canceled(job: ScenarioJob) -> bool:
    """Tell whether a job is one that the cancellation of its build ends.

    A wait step, and a trigger that creates no build, end by themselves once nothing else runs.
    """
    if job.kind == "waiter" or (job.kind == "trigger" and job.pipeline is None):
        return False
    return last_of(job).state in HELD | {"canceled", "blocked"}


def _value(kind: str, name: str, value: object, place: str) -> object:
    """Return the value of an attribute, by the annotation of its type."""
    where = f"{name} of {place}"
    if kind.startswith("tuple"):
        if value is None:
            return ()
        if not isinstance(value, list):
            raise TypeError(f"{where} is {kind_of(value)}, not a list")
        parts = ((each, f"{name.removesuffix('s')} {number} of {place}") for number, each in enumerate(value, 1))
        if name in _PARTS:
            return tuple(loaded(_PARTS[name], each, where) for each, where in parts)
        return tuple(_text(each, where) for each, where in parts)
    if value is None and kind.endswith("None"):
        return None
    if kind.startswith("str"):
        text = _text(value, where)
        if name == "pipeline" and not text:
            raise ValueError(f"{where} is empty")
        if name == "pipeline" and not _SLUG.fullmatch(text):
            raise ValueError(f"{where} is {text[:50]!r}: give the slug, which has letters, digits and dashes")
        return text
    if kind == "bool":
        if not isinstance(value, bool):
            raise TypeError(f"{where} is {kind_of(value)}, not true or false")
        return value
    if kind == "float":
        check_number(where, value)
    elif isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{where} is {kind_of(value)}, not a whole number")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{where} is {kind_of(value)}, not a text. Write it in quotes")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"{where} holds half a character")
    return value


_PARTS: dict[str, type[object]] = {"jobs": ScenarioJob, "attempts": ScenarioAttempt}
"""Classes of the parts of a list."""
