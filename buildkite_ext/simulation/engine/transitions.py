"""Transitions of builds and jobs between their states.

Builds follow the diagram of https://buildkite.com/docs/pipelines/configure/defining-steps. A blocked build has the state
`blocked` here; the API shows the state that its block step names, with `blocked: true`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...states import ACTIVE_JOBS, BUILD_TRANSITIONS, FINISHED_BUILDS, JOB_STATES
from ...timestamps import to_millisecond
from ..definition.steps import BlockStep, WaitStep
from ..state.builds import Build, Job
from ..state.organization import Organization
from ..state.states import JOB_LEFT_OUT, JOB_WAITING
from .changes import BuildChanged, Changes, JobChanged
from .scheduler import Scheduler

__all__ = ["Transitions"]


@dataclass(slots=True)
class _Walk:
    """Position of a walk over the jobs of a build.

    Attributes:
        due: the jobs that became `scheduled`.
        closed: a step before keeps the following jobs waiting.
        failed: a job before has failed.
        unfinished: a job before has not finished.
        abandoned: a failure before keeps the following jobs from ever running.
    """

    due: list[Job]
    closed: bool = False
    failed: bool = False
    unfinished: bool = False
    abandoned: bool = False


class Transitions:
    """Transitions of builds and jobs. Each is emitted as an event.

    Args:
        organization: the organization of the builds.
        scheduler: knows the time.
        changes: receives the events.
    """

    def __init__(self, organization: Organization, scheduler: Scheduler, changes: Changes) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes

    def build_changed(self, build: Build, before: str | None) -> None:
        """Emit the change of a build. A rehearsal, which has no number, emits nothing."""
        if build.number and self._changes.wanted:
            self._changes.emit(BuildChanged(build, before, build.state, to_millisecond(self._scheduler.now)))

    def job_changed(self, job: Job, before: str | None) -> None:
        """Emit the change of a job."""
        if job.build.number and self._changes.wanted:
            self._changes.emit(JobChanged(job, before, job.state, to_millisecond(self._scheduler.now)))

    def move_build(self, build: Build, state: str) -> None:
        """Move a build to a state, by way of `running` where the diagram has no direct way.

        Raises:
            AssertionError: the diagram has no way, which is an error of the simulator.
        """
        before = build.state
        if state == before:
            return
        if state not in BUILD_TRANSITIONS[before]:
            assert "running" in BUILD_TRANSITIONS[before], f"{before} -> {state}"
            self.move_build(build, "running")
            before = build.state
        assert state in BUILD_TRANSITIONS[before], f"{before} -> {state}"
        build.state = state
        build.history.append((self._scheduler.now, state))
        now = to_millisecond(self._scheduler.now)
        if state == "scheduled":
            build.scheduled_at = now
        elif state == "running" and build.started_at is None:
            build.started_at = now
        elif state == "failing" and build.failing_at is None:
            build.failing_at = now
        ended = (state in FINISHED_BUILDS or state == "blocked") and state not in self._organization.without_finished_at
        build.finished_at = now if ended else None
        self._organization.build_moved(build, before)
        build.touch()
        self.build_changed(build, before)

    def move_job(self, job: Job, state: str) -> None:
        """Move a job to a state."""
        assert state in JOB_STATES, state
        before = job.state
        if state != before:
            job.state = state
            self._organization.job_moved(job, before)
            job.build.touch()
            self.job_changed(job, before)

    def settle(self, build: Build) -> list[Job]:
        """Move the jobs of a build, and then the build, to the states that follow from the states of its jobs.

        Returns:
            The jobs that became `scheduled`.
        """
        if build.state == "canceling":
            if not any(job.running for job in build.current_jobs):
                self.move_build(build, "canceled")
            return []
        if build.state in ("creating", "canceled", "skipped", "not_run"):
            return []
        walk = _Walk([])
        for job in build.current_jobs:
            match job.step:
                case WaitStep() as step:
                    self._wait(job, step, walk)
                case BlockStep():
                    self._block(job, walk)
                case _:
                    self._work(job, walk)
        self.move_build(build, _state(build))
        return walk.due

    def _wait(self, job: Job, step: WaitStep, walk: _Walk) -> None:
        if job.state == "passed":
            return  # a retry of a job before it doesn't hold back what has already started
        if walk.closed or walk.unfinished:
            walk.closed = True
            self.move_job(job, "waiting")
        elif walk.abandoned or (walk.failed and not step.continue_on_failure):
            walk.abandoned = True
            self.move_job(job, "waiting_failed")
        else:
            job.finished_at = to_millisecond(self._scheduler.now)
            self.move_job(job, "passed")

    def _block(self, job: Job, walk: _Walk) -> None:
        if job.state == "unblocked":
            return
        if walk.closed or walk.unfinished:
            # A blocked job stays blocked while a job before it is retried.
            if job.state != "blocked":
                self.move_job(job, "waiting")
            walk.closed = True
        elif walk.abandoned or walk.failed:
            walk.abandoned = True
            self.move_job(job, "blocked_failed")
        else:
            walk.closed = True
            self.move_job(job, "blocked")

    def _work(self, job: Job, walk: _Walk) -> None:
        if job.state in JOB_WAITING or job.state == "pending":
            if walk.closed:
                self.move_job(job, "waiting")
            elif walk.abandoned:
                self.move_job(job, "waiting_failed")
            else:
                job.scheduled_at = job.runnable_at = to_millisecond(self._scheduler.now)
                self.move_job(job, "scheduled")
                walk.due.append(job)
        if job.state in ACTIVE_JOBS:
            walk.unfinished = True
        if job.failed_hard:
            walk.failed = True


def _state(build: Build) -> str:
    """Return the state of a build that follows from the states of its jobs."""
    jobs = build.current_jobs
    failed = any(job.failed_hard for job in jobs)
    if any(job.state in ACTIVE_JOBS for job in jobs):
        if build.state == "scheduled" and not any(job.executed for job in jobs):
            return "scheduled"
        return "failing" if failed else "running"
    if any(job.state == "blocked" for job in jobs):
        return "blocked"
    if failed:
        return "failed"
    if any(job.executed for job in jobs) or not all(job.state in JOB_LEFT_OUT or job.type == "waiter" for job in jobs):
        return "passed"
    return "not_run"
