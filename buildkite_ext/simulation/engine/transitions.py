"""Transitions of builds and jobs between their states.

Builds follow the diagram of https://buildkite.com/docs/pipelines/configure/defining-steps. A blocked build has the state
`blocked` here; the API shows the state that its block step names, with `blocked: true`.
"""

from __future__ import annotations

from ...states import ACTIVE_JOBS, BUILD_TRANSITIONS, FAILING_JOBS, FINISHED_BUILDS, JOB_STATES
from ..definition.steps import CommandStep
from ..state.builds import Build, Job
from ..state.organization import Organization
from ..state.states import JOB_LEFT_OUT
from .changes import BuildChanged, Changes, JobChanged
from .scheduler import Scheduler

__all__ = ["Transitions", "derived_state"]

_COUNTED = {
    (before, after): change
    for before in JOB_STATES
    for after in JOB_STATES
    for change in [tuple((after in states) - (before in states) for states in (ACTIVE_JOBS, {"limited"}, {"blocked"}))]
    if any(change)
}
"""By the states of a job before and after a move, how many more jobs of its build continue by themselves, wait for a turn in
their concurrency group, and wait for a user; for those moves that change one of these."""


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
            self._changes.emit(BuildChanged(build, before, build.state, self._scheduler.millisecond))

    def job_changed(self, job: Job, before: str | None) -> None:
        """Emit the change of a job."""
        if job.build.number and self._changes.wanted:
            self._changes.emit(JobChanged(job, before, job.state, self._scheduler.millisecond))

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
        build.history = (*build.history, (self._scheduler.now, state))
        now = self._scheduler.millisecond
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

    def add_job(self, job: Job) -> None:
        """Add a new job, which is pending, to those of its build that continue by themselves."""
        job.build.active_jobs += 1
        if self._changes.wanted:
            self.job_changed(job, None)

    def move_job(self, job: Job, state: str) -> None:
        """Move a job to a state."""
        before, build = job.state, job.build
        if state == before:
            return
        job.state = state
        counted = _COUNTED.get((before, state))
        if counted is not None:
            active, limited, blocked = counted
            build.active_jobs += active
            build.limited_jobs += limited
            build.blocked_jobs += blocked
        counts = build.job_counts
        if counts is not None and isinstance(job.step, CommandStep):
            counts[before] -= 1
            counts[state] += 1
        if state in FAILING_JOBS:
            self._count_failure(job)
        if not build.executed and (job.started_at is not None or state == "unblocked"):
            build.executed = True
        build.version += 1  # as `touch`: no other function is called as often as this one
        build.pipeline.version += 1
        if self._changes.wanted:
            self.job_changed(job, before)

    def let_wait(self, build: Build) -> None:
        """Move the jobs of a build that are pending to `waiting`: those whose steps have not begun."""
        waiting = [job for job in build.current_jobs if job.state == "pending"]
        if self._changes.wanted:
            for job in waiting:
                self.move_job(job, "waiting")
            return
        for job in waiting:  # nobody sees them one by one
            job.state = "waiting"
        build.active_jobs -= len(waiting)
        if build.job_counts is not None:
            commands = sum(isinstance(job.step, CommandStep) for job in waiting)
            build.job_counts["pending"] -= commands
            build.job_counts["waiting"] += commands
        if waiting:
            build.touch()

    def promise(self, job: Job, exit_status: int) -> None:
        """Note that a job has promised to fail."""
        job.promised_exit_status, job.promised_exit_status_at = exit_status, self._scheduler.millisecond
        self._count_failure(job)
        job.build.touch()
        self.job_changed(job, job.state)

    def replace(self, old: Job, new: Job) -> None:
        """Let a new job count in place of one that it retries."""
        build = old.build
        build.failures -= old.fails_build
        build.current_jobs[old.position] = new
        self.job_changed(old, old.state)
        self.add_job(new)

    @staticmethod
    def _count_failure(job: Job) -> None:
        if not job.fails_build and (job.failed_hard or job.promised_exit_status is not None):
            job.fails_build = True
            job.build.failures += 1


def derived_state(build: Build) -> str:
    """Return the state of a build that follows from the states of its jobs."""
    failed = build.failures > 0 or build.broken is not None
    if build.active_jobs:
        if build.state == "scheduled" and not build.executed:
            return "scheduled"
        return "failing" if failed else "running"
    if build.blocked_jobs and not (failed and build.waits_for_input_only):
        return "blocked"
    if failed:
        return "failed"
    if build.executed:
        return "passed"
    left_out = all(job.state in JOB_LEFT_OUT or job.type == "waiter" for job in build.current_jobs)
    return "not_run" if left_out else "passed"
