"""Recording of a real build: what its jobs did, without secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..errors import JobNotFound
from .cassettes.cleaning import Cleaner
from .scenario_jobs import KINDS, RecordedBuild, ScenarioAttempt, ScenarioJob

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
        left_out: called with a sentence for each part that is left out.
    """

    client: BuildkiteClient
    pipeline: str
    number: int
    log_bytes: int
    cleaner: Cleaner
    left_out: Callable[[str], object]

    def jobs(self, jobs: Sequence[Any]) -> Iterator[ScenarioJob]:
        """Yield the jobs of a build, each with its attempts."""
        later = {retried for job in jobs if isinstance(retried := getattr(job, "retried_in_job_id", None), str)}
        known = {job.id: job for job in jobs}
        firsts = [job for job in jobs if job.id not in later]
        seen: set[int] = set()
        for job in (*firsts, *jobs):  # of jobs that retry each other in a circle, none is the first
            kind = str(job.type)
            if id(job) in seen:
                continue
            attempts = [*_attempts(job, known)]
            seen.update(map(id, attempts))
            if kind in KINDS:
                yield self._job(kind, attempts)
            else:
                self.left_out(f"The job {job.id} is of the kind {kind!r}, which the simulator doesn't have.")

    def clean(self, made: Recorded) -> Recorded:
        """Return a scenario without secrets.

        Raises:
            SecretRecorded: one is still there.
        """
        clean = _cleaned(made, self.cleaner)
        self.cleaner.check(asdict(clean), "the scenario", hint="give it in secrets= as it stands there, or log_bytes=0")
        return clean

    def _job(self, kind: str, attempts: list[Any]) -> ScenarioJob:
        first = attempts[0]
        name = _text(first, "name") or _text(first, "label") or ""
        triggered = getattr(first, "triggered_build", None)
        url = _text(triggered, "url") or "" if triggered is not None else ""
        return ScenarioJob(
            kind=kind,
            name=name,
            key=_text(first, "step_key"),
            command=_text(first, "command"),
            pipeline=url.partition("/pipelines/")[2].partition("/")[0] or None,
            attempts=tuple(
                self._attempt(kind, name, job) for job in attempts if getattr(job, "state", None) is not None
            ),
        )

    def _attempt(self, kind: str, name: str, job: Any) -> ScenarioAttempt:
        status = getattr(job, "exit_status", None)
        ended = getattr(job, "unblocked_at", None) or getattr(job, "finished_at", None)
        began = getattr(job, "started_at", None) or getattr(job, "runnable_at", None)
        log, artifacts = "", tuple[str, ...]()
        if kind == "script" and getattr(job, "started_at", None) is not None:
            log = self._log(name, job)
            found = self.client.artifacts.list_for_job(self.pipeline, self.number, job.id)
            artifacts = tuple(each.path for each in found if each.path)
        retried = getattr(job, "retry_type", None)
        return ScenarioAttempt(
            state=str(job.state),
            exit_status=status if isinstance(status, int) else None,
            seconds=seconds_between(began, ended),
            soft_failed=getattr(job, "soft_failed", None) is True,
            log=log,
            artifacts=artifacts,
            retried=None if retried is None else str(retried),
        )

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


def _attempts(job: Any, known: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a job and those that retried it, oldest first. A retry that leads back to an earlier one is the last."""
    seen: set[int] = set()
    while job is not None and id(job) not in seen:
        seen.add(id(job))
        yield job
        job = known.get(getattr(job, "retried_in_job_id", None) or "")


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
