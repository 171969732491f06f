"""Runner of jobs: from an agent's acceptance of a job to the end of its command."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..behaviour.commands import Upload
from ..behaviour.timing import Timing
from ..definition.checks import LOST_AGENT
from ..definition.steps import CommandStep
from ..state.builds import Job
from ..state.organization import Organization
from .agents import AgentConnections
from .changes import Changes
from .files import Files
from .scheduler import Scheduler
from .transitions import Transitions

__all__ = ["JobRunner"]

_UPLOAD_AT = 0.9
"""Fraction of a job's duration after which its artifacts are uploaded."""


class JobRunner:
    """Runner of jobs.

    Args:
        scheduler: its time and its next actions.
        timing: the durations of Buildkite's own steps.
        transitions: moves the jobs.
        agents: the agents that run them.
        files: their artifacts.
        organization: the organization of the jobs.
        changes: tells whether anybody listens.
        timestamps: whether logs hold the time of each line.
        upload: takes the steps that a job uploads, and returns why they are refused, or None.
        started: called when a job has started.
        ended: called when a job has ended.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        timing: Timing,
        transitions: Transitions,
        agents: AgentConnections,
        files: Files,
        *,
        organization: Organization,
        changes: Changes,
        timestamps: bool,
        upload: Callable[[Job, Upload], str | None],
        started: Callable[[Job], object],
        ended: Callable[[Job], object],
    ) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._timing = timing
        self._starts_at_once = not timing.assigned and not timing.accepted
        self._changes = changes
        self._transitions = transitions
        self._agents = agents
        self._files = files
        self._timestamps = timestamps
        self._upload = upload
        self._started = started
        self._ended = ended

    def later(self, seconds: float, job: Job, act: Callable[[Job], object]) -> None:
        """Let something happen to a job after some seconds, unless the job ends or is interrupted before."""
        action = self._scheduler.after(seconds, act, job)
        action.earlier, job.action = job.action, action

    def assign(self, job: Job) -> None:
        """Let the agent of a job accept and start it."""
        if job.action is not None:  # it would expire
            self._cancel_actions(job)
        if self._starts_at_once and not self._changes.wanted:
            self._start(job)  # nobody sees the states between
        else:
            self._transitions.move_job(job, "assigned")
            self._soon(self._timing.assigned, job, self._accept)

    def interrupt(self, job: Job, first: str, then: str) -> None:
        """Move a running job to the state `first` and, when its command has ended, to the state `then`.

        A command that is timed out, and that ends with 0 before its agent ends it, has passed.
        https://buildkite.com/docs/pipelines/configure/build-timeouts
        """
        self._cancel_actions(job)
        job.log.stop(self._scheduler.now)
        self._files.end_uploads(job, "error")
        self._transitions.move_job(job, first)
        grace, given = self._timing.canceling, job.behaviour.interrupted
        if given is not None and given[0] <= grace:
            self.later(given[0], job, partial(self._interrupted, then, given[1], None))
        else:
            signal = "SIGTERM" if given is None else "SIGKILL"
            self.later(grace, job, partial(self._interrupted, then, LOST_AGENT, signal))

    def _interrupted(self, then: str, status: int, signal: str | None, job: Job) -> None:
        if status == 0 and then == "timed_out":
            self._exit(job, 0)
            return
        step = job.command_step
        if step is not None:
            job.exit_status, job.signal, job.signal_reason = status, signal, "cancel"
            job.soft_failed = step.allows_failure(status)
        self.finish(job, then)
        self._ended(job)

    def finish(self, job: Job, state: str) -> None:
        """Move a job to its last state, and free its agent."""
        self._cancel_actions(job)
        job.log.stop(self._scheduler.now)
        job.finished_at = self._scheduler.millisecond
        if job.artifacts:
            self._files.end_uploads(job, "finished")
        self._transitions.move_job(job, state)
        self._agents.release(job, lost=job.exit_status == LOST_AGENT and job.signal is None)

    def _soon(self, seconds: float, job: Job, act: Callable[[Job], object]) -> None:
        if seconds > 0:
            self.later(seconds, job, act)
        else:
            act(job)

    def _accept(self, job: Job) -> None:
        self._transitions.move_job(job, "accepted")
        self._soon(self._timing.accepted, job, self._start)

    def _start(self, job: Job) -> None:
        step, behaviour = job.step, job.behaviour
        assert isinstance(step, CommandStep)
        started, duration = self._scheduler.now, behaviour.duration
        job.started_at = self._scheduler.millisecond
        job.log.begin(behaviour.log, started=started, duration=duration, timestamps=self._timestamps)
        self._transitions.move_job(job, "running")
        if behaviour.artifacts:
            self._scheduler.after(duration * _UPLOAD_AT, self._files.upload, job)
        for upload in behaviour.uploads:
            if upload.attempt in (None, job.attempt):
                self.later(min(upload.after, duration), job, partial(self._take_upload, upload))
        promise = behaviour.promise_of(job.attempt)
        if promise is not None and promise[0] < duration:
            self.later(promise[0], job, partial(self._promise, promise[1]))
        timeout = job.build.pipeline.timeout_of(step, self._organization.pipeline_settings)
        if timeout is not None and timeout < duration:
            self.later(timeout, job, self._time_out)
        else:
            self.later(duration, job, self._complete)
        self._started(job)

    def _take_upload(self, upload: Upload, job: Job) -> None:
        refused = self._upload(job, upload)
        if refused is not None:
            job.log.add(self._scheduler.now, f"{refused}\n".encode())
            self._exit(job, 1)

    def _promise(self, exit_status: int, job: Job) -> None:
        self._transitions.promise(job, exit_status)
        self._started(job)

    def _time_out(self, job: Job) -> None:
        self.interrupt(job, "timing_out", "timed_out")

    def _complete(self, job: Job) -> None:
        self._exit(job, job.behaviour.exit_status(job.attempt))

    def _exit(self, job: Job, status: int) -> None:
        step = job.step
        assert isinstance(step, CommandStep)
        job.exit_status = status
        if status:
            job.signal, job.signal_reason = job.behaviour.signal, job.behaviour.signal_reason
            job.soft_failed = step.allows_failure(status)
        self.finish(job, "failed" if status else "passed")
        self._ended(job)

    @staticmethod
    def _cancel_actions(job: Job) -> None:
        action, job.action = job.action, None
        while action is not None:
            action.canceled = True
            action = action.earlier
