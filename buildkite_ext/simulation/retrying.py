"""Which jobs may be retried."""

from __future__ import annotations

from .api.request import Refused
from .jobs import Job
from .state.builds import Build

RETRYABLE = ("canceled", "expired", "failed", "soft_failed", "timed_out")
"""What `states` of retry_failed_jobs may name."""


def refuse_retry(build: Build) -> None:
    """Refuse to retry in a build that was canceled: the diagram has no way back from there.

    Raises:
        Refused: it was.
    """
    if build.state in ("canceling", "canceled", "skipped"):
        raise Refused(422, "Jobs of a canceled build can't be retried")


def refuse_job_retry(job: Job) -> None:
    """Refuse what may not be retried by itself. That a job can be retried once is documented, its status (422) is ours.

    Raises:
        Refused: the job has not failed, was retried before, or its build was canceled.
    """
    if job.type not in ("script", "trigger") or job.state not in ("failed", "timed_out", "canceled"):
        raise Refused(400, "Only failed, timed out or canceled jobs can be retried")
    refuse_retry(job.build)
    if job.retried:
        raise Refused(422, "The job has been retried already")


def jobs_to_retry(build: Build, states: object) -> list[Job]:
    """The jobs of a build that are in one of the states of a comma-separated list, or in any that can be retried.

    Raises:
        Refused: the list names something else.
    """
    if states is not None and not isinstance(states, str):
        raise Refused(400, f"Invalid states: {states!r}. Valid states are {', '.join(RETRYABLE)}")
    named = [name.strip() for name in (states or "").split(",") if name.strip()]
    wrong = [name for name in named if name not in RETRYABLE]
    if wrong:
        raise Refused(400, f"Invalid states: {', '.join(wrong)}. Valid states are {', '.join(RETRYABLE)}")
    return [job for job in build.slots if job.type in ("script", "trigger") and _kind(job) in (named or RETRYABLE)]


def _kind(job: Job) -> str:
    return "soft_failed" if job.soft_failed else job.state
