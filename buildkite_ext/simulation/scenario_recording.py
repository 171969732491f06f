"""Recording of a real build: what its jobs did, without secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..errors import JobNotFound
from .cassettes.cleaning import Cleaner
from .scenario_jobs import KINDS, RecordedBuild, ScenarioAttempt, ScenarioJob, contradiction

if TYPE_CHECKING:
    from datetime import datetime

    from ..client import BuildkiteClient

__all__ = ["BuildRecording", "seconds_between"]

T = TypeVar("T")
Recorded = TypeVar("Recorded", bound=RecordedBuild)

_LEFT = "\n[the rest of the log was not recorded]\n"
_MARK = re.compile(r"\x1b_bk;[^\x07\x1b\n]*\x07")
"""Mark of the agent for the time of a line. A simulator makes its own, if it is told to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecording:
    """Recording of one build's jobs.

    Attributes:
        client: reads logs and names of artifacts.
        pipeline, number: the build.
        log_bytes: the bytes that are kept of each log.
        cleaner: replaces secrets.
        began: when the build was scheduled.
        left_out: called with a sentence for each part that is left out.
    """

    client: BuildkiteClient
    pipeline: str
    number: int
    log_bytes: int
    cleaner: Cleaner
    began: datetime | None
    left_out: Callable[[str], object]

    def jobs(self, jobs: Sequence[Any]) -> Iterator[ScenarioJob]:
        """Yield the jobs of a build, each with its attempts."""
        retries = self._retries(jobs)
        later = {job.id for job in retries.values()}
        firsts = [job for job in jobs if job.id not in later]
        seen: set[int] = set()
        ends: list[datetime] = [] if self.began is None else [self.began]
        for job in (*firsts, *jobs):  # of jobs that retry each other in a circle, none is the first
            kind = str(job.type)
            if id(job) in seen:
                continue
            attempts = [*_attempts(job, retries)]
            seen.update(map(id, attempts))
            if kind in KINDS:
                yield self._job(kind, attempts, ends)
            else:
                self.left_out(f"The job {job.id} is of the kind {kind!r}, which the simulator doesn't have.")
            ends += (at for each in attempts if (at := _ended_at(each)) is not None)

    def _retries(self, jobs: Sequence[Any]) -> dict[str, Any]:
        """Return the job that retried each one that was retried, by the id of this one.

        Trigger jobs don't tell it: one of them that the build doesn't list without its retried jobs was retried by the next one
        with its key and name that was created after it had ended.
        """
        known = {job.id: job for job in jobs}
        retries = {job.id: known[by] for job in jobs if (by := getattr(job, "retried_in_job_id", None)) in known}
        by_step: dict[tuple[str | None, str | None], list[Any]] = {}
        for job in jobs:
            if str(job.type) == "trigger":
                by_step.setdefault((_text(job, "step_key"), _text(job, "name")), []).append(job)
        several = [same for same in by_step.values() if len(same) > 1]
        listed = {job.id for job in self.client.builds.get(self.pipeline, self.number).jobs or ()} if several else set()
        for same in several:
            for job in same:
                if job.id not in listed:
                    later = (each for each in same if each not in retries.values() and _is_after(each, job))
                    if (by := next(later, None)) is not None:
                        retries[job.id] = by
        return retries

    def clean(self, made: Recorded) -> Recorded:
        """Return a scenario without secrets.

        Raises:
            SecretRecorded: one is still there.
        """
        clean = _cleaned(made, self.cleaner)
        self.cleaner.check(asdict(clean), "the scenario", hint="give it in secrets= as it stands there, or log_bytes=0")
        return clean

    def _job(self, kind: str, attempts: list[Any], ends: Sequence[datetime]) -> ScenarioJob:
        """Return a job. `ends` are the times at which those before it ended, and that at which the build began."""
        first = attempts[0]
        name = _text(first, "name") or _text(first, "label") or ""
        urls = (_text(getattr(job, "triggered_build", None), "url") or "" for job in attempts)
        slugs = (url.partition("/pipelines/")[2].partition("/")[0] for url in urls)
        index, total = (getattr(first, f"parallel_group_{name}", None) for name in ("index", "total"))
        made = ScenarioJob(
            kind=kind,
            name=name,
            key=_text(first, "step_key"),
            command=_text(first, "command"),
            pipeline=next(filter(None, slugs), None),
            parallel_group_index=index if isinstance(index, int) else None,
            parallel_group_total=total if isinstance(total, int) else None,
            attempts=tuple(
                self._attempt(kind, name, job, later, ends)
                for job, later in zip(attempts, (*attempts[1:], None), strict=True)
                if getattr(job, "state", None) is not None
            ),
        )
        if contradiction(replace(made, attempts=())) is None:
            return made
        return replace(made, parallel_group_index=None, parallel_group_total=None)

    def _attempt(self, kind: str, name: str, job: Any, later: Any, ends: Sequence[datetime]) -> ScenarioAttempt:
        """Return an attempt. `later` is the job that retried it, or None."""
        status = getattr(job, "exit_status", None)
        ended = _ended_at(job)
        began = getattr(job, "started_at", None) or (None if kind == "script" else getattr(job, "runnable_at", None))
        if began is None and kind == "manual" and ended is not None:  # the API doesn't tell since when it was blocked
            began = max((each for each in ends if each <= ended), default=None)
        log, artifacts = "", tuple[str, ...]()
        if kind == "script" and getattr(job, "started_at", None) is not None:
            log = self._log(name, job)
            found = self.client.artifacts.list_for_job(self.pipeline, self.number, job.id)
            artifacts = tuple(each.path for each in found if each.path)
        retried = (
            None if later is None else getattr(job, "retry_type", None) or ("manual" if kind == "trigger" else None)
        )
        state, reason = str(job.state), getattr(job, "signal_reason", None)
        made = ScenarioAttempt(
            state=state,
            exit_status=status if isinstance(status, int) else None,
            seconds=seconds_between(began, ended),
            soft_failed=getattr(job, "soft_failed", None) is True,
            log=log,
            artifacts=artifacts,
            retried=None if retried is None else str(retried),
            retried_after=0.0
            if str(retried) != "manual"
            else seconds_between(ended, getattr(later, "created_at", None)),
            signal_reason=None if reason is None or state != "failed" else str(reason),
        )
        said = contradiction(made)
        if said is None:
            return made
        self.left_out(f"The job {name or job.id!r} {said}: the state is kept.")
        return replace(made, exit_status=None, soft_failed=False)

    def _log(self, name: str, job: Any) -> str:
        """Return the beginning of a log, without the agent's marks of time."""
        if not self.log_bytes:
            return ""
        try:
            text = self.cleaner.text(_MARK.sub("", self.client.jobs.log_text(self.pipeline, self.number, job.id)))
        except JobNotFound:  # it has written nothing, or its log was deleted
            self.left_out(f"The job {name or job.id!r} has no log.")
            return ""
        cut = text.encode()[: self.log_bytes].decode(errors="ignore")
        if len(cut) == len(text):
            return text
        self.left_out(
            f"The log of {name or job.id!r} has {len(text.encode())} bytes. The first {self.log_bytes} are kept."
        )
        return cut + _LEFT


def _ended_at(job: Any) -> datetime | None:
    """Return when a job ended, or was unblocked."""
    return getattr(job, "unblocked_at", None) or getattr(job, "finished_at", None)


def _is_after(job: Any, other: Any) -> bool:
    """Tell whether a job was created when another one had ended."""
    return job.created_at is not None and other.finished_at is not None and job.created_at >= other.finished_at


def _attempts(job: Any, retries: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a job and those that retried it, oldest first. A retry that leads back to an earlier one is the last."""
    seen: set[int] = set()
    while job is not None and id(job) not in seen:
        seen.add(id(job))
        yield job
        job = retries.get(job.id)


def _cleaned(value: T, cleaner: Cleaner) -> T:
    """Return a part of a scenario without secrets."""
    clean: Any = value
    if isinstance(value, str):
        clean = cleaner.value(value)
    elif isinstance(value, tuple):
        clean = tuple(_cleaned(each, cleaner) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        clean = replace(value, **{each.name: _cleaned(getattr(value, each.name), cleaner) for each in fields(value)})
    return cast("T", clean)


def seconds_between(began: datetime | None, ended: datetime | None) -> float:
    """Return the seconds between two times; 0 where one isn't known."""
    return 0.0 if began is None or ended is None else max(0.0, (ended - began).total_seconds())


def _text(job: Any, name: str) -> str | None:
    found = getattr(job, name, None)
    return found if isinstance(found, str) else None
