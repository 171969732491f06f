# Generated from spec/ by `make generate`: edit that, not this.

"""What the fields of a build and of a job tell together: how long it took, and if it passed."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from .base import ReadModel

__all__ = ["BuildProperties", "JobLogProperties", "JobProperties"]


def _between(start: object, end: object) -> dt.timedelta | None:
    """Return the time between two times; None if one of them isn't known."""
    if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
        return end - start
    return None


class BuildProperties(ReadModel):
    """Base class of `Build`."""

    __slots__ = ()

    _other_words: ClassVar[dict[str, str | tuple[str, ...]]] = {
        "status": "state",
        "result": "state",
        "outcome": "buildkite_ext.outcome_of(build)",
        "failed": "passed",
        "elapsed": "duration",
        "failed_jobs": "buildkite_ext.failed_jobs(build)",
        "retry_failed_jobs": "client.builds.retry_failed_jobs(build)",
        "unblock": "client.builds.unblock(build)",
        "sha": "commit",
        "ref": "branch",
        "user": "creator",
        "title": "message",
        "metadata": "meta_data",
        "wait": "client.builds.wait(build)",
        "follow": "client.builds.follow(build)",
        "cancel": "client.builds.cancel(build)",
        "rebuild": "client.builds.rebuild(build)",
        "retry": "client.builds.retry_failed_jobs(build)",
        "refresh": "client.builds.get(build)",
        "reload": "client.builds.get(build)",
        "artifacts": "client.artifacts.list(build)",
        "annotations": "client.annotations.list(build)",
        **dict.fromkeys(("failure_summary", "failures", "failure", "why"), "client.builds.failure_summary(build)"),
    }

    @property
    def duration(self) -> dt.timedelta | None:
        """Time from the start of the build to its end; None while it hasn't ended, or never started."""
        return _between(getattr(self, "started_at", None), getattr(self, "finished_at", None))

    @property
    def passed(self) -> bool:
        """True if the build has ended and nothing broke it. False as well for one that runs, or waits at a block step."""
        return str(getattr(self, "state", None)) == "passed" and getattr(self, "blocked", None) is not True


class JobProperties(ReadModel):
    """Base class of `Job`."""

    __slots__ = ()

    _other_words: ClassVar[dict[str, str | tuple[str, ...]]] = {
        "status": "state",
        "result": "state",
        "exit_code": "exit_status",
        "returncode": "exit_status",
        "queue_time": "queue_wait",
        "wait_time": "queue_wait",
        "key": "step_key",
        "log": "client.jobs.log_text(job)",
        "logs": "client.jobs.log_text(job)",
        "log_text": "client.jobs.log_text(job)",
        "follow": "client.jobs.follow(job)",
        "retry": "client.jobs.retry(job)",
        "unblock": "client.jobs.unblock(job)",
        "env": "client.jobs.env(job)",
        "refresh": "client.jobs.get(job)",
        "reload": "client.jobs.get(job)",
        "artifacts": "client.artifacts.list(job)",
        "annotations": "client.annotations.list(job)",
        "build": "client.builds.get(job.build_url)",
    }

    @property
    def duration(self) -> dt.timedelta | None:
        """Time for which the job ran; None while it hasn't ended, or never started."""
        return _between(getattr(self, "started_at", None), getattr(self, "finished_at", None))

    @property
    def queue_wait(self) -> dt.timedelta | None:
        """Time for which the job waited for an agent, once one could have taken it; None while it hasn't started."""
        return _between(getattr(self, "runnable_at", None), getattr(self, "started_at", None))

    @property
    def passed(self) -> bool:
        """True if the job has ended with the state `passed`. A job that failed softly has not passed."""
        return str(getattr(self, "state", None)) == "passed"


class JobLogProperties(ReadModel):
    """Base class of `JobLog`."""

    __slots__ = ()

    _other_words: ClassVar[dict[str, str | tuple[str, ...]]] = {
        "text": "log.content, or client.jobs.log_text(job, clean=True) for the text without escapes",
        "lines": "log.content.splitlines(), or client.jobs.log_text(job, clean=True) for the text without escapes",
    }
