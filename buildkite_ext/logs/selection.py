"""Selection of the jobs of a build by id, step key or name, and by state."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import NothingMatched
from ..globs import matches_wildcard
from ..messages import job_name, listed
from .lateness import may_have_log
from .screen import without_controls

if TYPE_CHECKING:
    from datetime import datetime

    from buildkite_api.models import Build, Job

__all__ = ["JobSelection", "LoggedJob", "name_of"]


def name_of(job: Job) -> str:
    """Return the name of a job, safe to print. See `job_name`."""
    return without_controls(job_name(job))


@dataclass(frozen=True, slots=True)
class LoggedJob:
    """Job whose log is read.

    Attributes:
        id, name: those of the job.
        ended: True if it ran and has ended, so that its log may come late.
        finished_at: when it ended.
    """

    id: str
    name: str
    ended: bool = False
    finished_at: datetime | None = None

    @classmethod
    def of(cls, job: Job) -> LoggedJob:
        """Return what is needed of a job."""
        return cls(job.id, name_of(job), may_have_log(job), job.finished_at)


@dataclass(frozen=True, slots=True)
class JobSelection:
    """Selection of jobs.

    Attributes:
        patterns: ids, step keys, names or labels, in which `*` stands for any text; empty for all jobs.
        states: states that the job may have; empty for all.

    Example:
        >>> from buildkite_ext.models import Job
        >>> job = Job.from_dict({"id": "0190", "name": ":pytest: Unit tests", "step_key": "unit", "state": "failed"})
        >>> [JobSelection((pattern,)).matches(job) for pattern in ("unit", "* tests", "Unit tests", "0190")]
        [True, True, False, True]
        >>> JobSelection(states=frozenset({"passed"})).matches(job)
        False
    """

    patterns: tuple[str, ...] = ()
    states: Collection[str] = frozenset()

    def matches(self, job: Job) -> bool:
        """Tell whether a job is selected."""
        return (not self.states or str(job.state) in self.states) and self._names(job)

    def require_match(self, build: Build) -> None:
        """Check that a pattern matches the name of a job of a build. The state of the job doesn't matter.

        Raises:
            NothingMatched: no pattern matches one.
        """
        jobs = [job for job in build.jobs if str(job.type) == "script"]
        if not self.patterns or any(self._names(job) for job in jobs):
            return
        names = sorted({name_of(job) for job in jobs})
        there = listed([repr(name) for name in names]) or "none"
        raise NothingMatched(
            f"No job of build #{build.number} matches {' or '.join(map(repr, self.patterns))}. Its jobs: {there}.",
            "Name an id, a step key, or a whole name, in which * stands for any text.",
            patterns=self.patterns,
        )

    def _names(self, job: Job) -> bool:
        names = {job.id, job.step_key, job.name, job.label, name_of(job)}
        return not self.patterns or any(
            matches_wildcard(name, pattern) for name in names if name for pattern in self.patterns
        )
