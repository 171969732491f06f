"""What follows from the states of a build's jobs: which of them may begin, and the state of the build."""

from __future__ import annotations

from dataclasses import dataclass

from ..definition.steps import BlockStep, WaitStep
from ..jobs import Job
from ..state.builds import Build
from ..states import JOB_ACTIVE, JOB_LEFT_OUT, JOB_WAITING
from ..times import stamp


@dataclass(slots=True)
class _Way:
    """How far a walk over the jobs has come."""

    now: float
    due: list[Job]
    shut: bool = False
    failed: bool = False
    unfinished: bool = False
    given_up: bool = False


def settle(build: Build, now: float) -> list[Job]:
    """Move a build's jobs and then the build to where they belong by now.

    Returns:
        The jobs that have just become `scheduled`.
    """
    if build.state == "canceling":
        if not any(job.running for job in build.slots):
            build.move("canceled", now)
        return []
    if build.state in ("creating", "canceled", "skipped", "not_run"):
        return []
    way = _Way(now, [])
    for job in build.slots:
        match job.step:
            case WaitStep() as step:
                _wait(job, step, way)
            case BlockStep():
                _block(job, way)
            case _:
                _work(job, way)
    build.move(_state(build), now)
    return way.due


def _wait(job: Job, step: WaitStep, way: _Way) -> None:
    if job.state == "passed":
        return  # what it once let through is not called back by a retry before it
    if way.shut or way.unfinished:
        way.shut = True
        job.move("waiting")
    elif way.given_up or (way.failed and not step.continue_on_failure):
        way.given_up = True
        job.move("waiting_failed")
    else:
        job.finished_at = stamp(way.now)
        job.move("passed")


def _block(job: Job, way: _Way) -> None:
    if job.state == "unblocked":
        return
    if way.shut or way.unfinished:
        # One that is open to be unblocked stays so while a job before it is retried.
        if job.state != "blocked":
            job.move("waiting")
        way.shut = True
    elif way.given_up or way.failed:
        way.given_up = True
        job.move("blocked_failed")
    else:
        way.shut = True
        job.move("blocked")


def _work(job: Job, way: _Way) -> None:
    if job.state in JOB_WAITING or job.state == "pending":
        if way.shut:
            job.move("waiting")
        elif way.given_up:
            job.move("waiting_failed")
        else:
            job.scheduled_at = job.runnable_at = stamp(way.now)
            job.move("scheduled")
            way.due.append(job)
    if job.state in JOB_ACTIVE:
        way.unfinished = True
    if job.failed_hard:
        way.failed = True


def _state(build: Build) -> str:
    failed = any(job.failed_hard for job in build.slots)
    if any(job.state in JOB_ACTIVE for job in build.slots):
        if build.state == "scheduled" and not any(job.executed for job in build.slots):
            return "scheduled"
        return "failing" if failed else "running"
    if any(job.state == "blocked" for job in build.slots):
        return "blocked"
    if failed:
        return "failed"
    if any(job.executed for job in build.slots) or not all(
        job.state in JOB_LEFT_OUT or job.type == "waiter" for job in build.slots
    ):
        return "passed"
    return "not_run"
