"""The result of a run, from which every output format is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..exit_codes import ExitCode
from ..streams import clean, short
from .job_table import detail_of, label_of

if TYPE_CHECKING:
    from datetime import datetime

    from buildkite_api.models import Build, Job

    from ...states import Outcome
    from ..problem import Problem

__all__ = ["BlockingStep", "FailedStep", "RunResult", "elapsed_of"]


@dataclass(frozen=True, slots=True)
class FailedStep:
    """A job that made the build fail, with the last lines of its log."""

    id: str
    label: str
    state: str
    detail: str
    exit_status: int | None
    url: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, job: Job, lines: tuple[str, ...]) -> FailedStep:
        """Make it of a job of the API."""
        return cls(
            id=job.id,
            label=label_of(job),
            state=short(str(job.state or ""), 20),
            detail=detail_of(job),
            exit_status=job.exit_status,
            url=clean(job.web_url),
            lines=lines,
        )


@dataclass(frozen=True, slots=True)
class BlockingStep:
    """A block step that the build waits at."""

    id: str
    label: str
    url: str
    key: str | None = None

    @classmethod
    def of(cls, job: Job) -> BlockingStep:
        """Make it of a job of the API."""
        return cls(clean(job.id), label_of(job), clean(job.web_url), None if not job.step_key else clean(job.step_key))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The result of a run.

    Attributes:
        code: the exit code of the command.
        pipeline: the pipeline's slug, as the user typed it.
        organization: the organization's slug; None if it isn't known.
        build: the build at its last poll; None if there is none.
        outcome: the outcome of the build; None while it continues.
        failed: the jobs that made it fail.
        blocked: the block steps that it waits at.
        artifacts: the files that were written.
        elapsed: seconds from the creation of the build to its end, or until now: see `elapsed_of`.
        problem: the error of the command itself, if there was one.
        options: the options with which another command connects to the same.
        simulated: whether the build ends with the command, since the simulator is inside it.
    """

    code: ExitCode
    pipeline: str
    organization: str | None = None
    build: Build | None = None
    outcome: Outcome | None = None
    failed: tuple[FailedStep, ...] = ()
    blocked: tuple[BlockingStep, ...] = ()
    artifacts: tuple[Path, ...] = ()
    elapsed: float = 0.0
    problem: Problem | None = None
    options: tuple[str, ...] = ()
    simulated: bool = False

    @property
    def name(self) -> str:
        """The build's name in messages."""
        return f"{short(self.pipeline, 100)} #{self.build.number}" if self.build else short(self.pipeline, 100)

    @property
    def url(self) -> str:
        """The URL of the build's page."""
        return clean(self.build.web_url) if self.build else ""

    @property
    def duration(self) -> float:
        """Seconds that the build ran, by the server's times; `elapsed` if it hasn't ended.

        The command notices the end later, at its next poll.
        """
        build = self.build
        began = (build.started_at or build.created_at) if build else None
        if build is None or began is None or build.finished_at is None:
            return self.elapsed
        return max(0.0, (build.finished_at - began).total_seconds())

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--json` prints. docs/command.md describes each key."""
        build = self.build
        return {
            "exit_code": int(self.code),
            "outcome": self.outcome,
            "organization": self.organization,
            "pipeline": self.pipeline,
            "number": build.number if build else None,
            "id": build.id if build else None,
            "url": build.web_url if build else None,
            "state": str(build.state) if build and build.state is not None else None,
            "branch": build.branch if build else None,
            "commit": build.commit if build else None,
            "message": build.message if build else None,
            "created_at": _iso(build.created_at) if build else None,
            "started_at": _iso(build.started_at) if build else None,
            "finished_at": _iso(build.finished_at) if build else None,
            "elapsed": round(self.elapsed, 3),
            "failed_jobs": [
                {
                    "id": job.id,
                    "name": job.label,
                    "state": job.state,
                    "exit_status": job.exit_status,
                    "url": job.url,
                    "last_lines": list(job.lines),
                }
                for job in self.failed
            ],
            "blocked_by": [{"id": step.id, "label": step.label, "url": step.url} for step in self.blocked],
            "artifacts": [str(path) for path in self.artifacts],
            "error": {"type": self.problem.kind, "message": self.problem.text} if self.problem else None,
        }


def elapsed_of(build: Build, now: datetime) -> float:
    """Return the seconds from the creation of a build to its end, by the server's times; until `now`, if it hasn't ended."""
    if build.created_at is None:
        return 0.0
    return max(0.0, ((build.finished_at or now) - build.created_at).total_seconds())


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time is not None else None
