"""Player of scenarios: a simulator's build that goes as the recorded one went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from .behaviour.commands import CommandBehaviour
from .definition.steps import CommandStep, Step
from .engine.changes import BuildChanged, Change, JobChanged
from .scenario_jobs import HELD, RETRIED_BY_RULES, UNREACHED, RecordedBuild, ScenarioAttempt, ScenarioJob, ran
from .scenario_steps import ends_itself, scenario_steps, seconds_before_signal
from .state.states import JOB_OVER

if TYPE_CHECKING:
    from .clients import Simulator
    from .engine.engine import Engine
    from .state.builds import Build, Job

__all__ = ["play"]

_ENDLESS = 1e9
"""Seconds that a command runs that a user canceled."""

_BEGINNING = frozenset({"assigned", "accepted"})
"""States of jobs that an agent has taken and that don't run yet."""

_WITHOUT_AGENT = frozenset({"canceled", "expired"}) | HELD
"""Last states of jobs that may have waited for an agent until then."""

_ENDS = JOB_OVER - {"canceled"} - UNREACHED
"""Last states of jobs that end by themselves, and not since another job has ended or the build was canceled."""


def play(scenario: RecordedBuild, simulator: Simulator, scale: float) -> Build:
    """Create a build that goes as the recorded one went. So do further builds of its pipeline.

    Args:
        scenario: the recorded build.
        simulator: the simulator. The pipeline is created there; it must be new or have no steps.
        scale: the factor of all times: 1 for the recorded ones, 0 for none.

    Raises:
        ValueError: the pipeline has steps already.
    """
    pipeline = simulator.pipeline(scenario.pipeline)
    if pipeline.state.steps:
        raise ValueError(f"the pipeline {scenario.pipeline!r} has steps already: play the scenario in a new pipeline")
    grace = pipeline._engine.timing.canceling
    jobs: dict[Step, ScenarioJob] = {}
    for job, step in zip(scenario.jobs, scenario_steps(scenario, scale, grace), strict=True):
        if job.kind == "trigger" and job.pipeline is not None and job.pipeline != scenario.pipeline:
            _add_target(simulator, job.pipeline)
        pipeline._with_step(step, _behaviour(job, 0, scale))
        jobs[step] = job
        if isinstance(step, CommandStep):
            jobs.update(dict.fromkeys(step.combinations, job))
            pipeline.state.behaviours.update(dict.fromkeys(step.combinations, _behaviour(job, 0, scale)))
    if scenario.state == "skipped":
        pipeline.state.ending = "skipped"
    simulator.on_change(_Player(scenario, jobs, pipeline._engine, scale).react)
    return pipeline.build(branch=scenario.branch, commit=scenario.commit, message=scenario.message)


class _Player:
    """Player of a pipeline's builds: it does what users did, and lets each attempt go as it went."""

    def __init__(self, scenario: RecordedBuild, jobs: Mapping[Step, ScenarioJob], engine: Engine, scale: float) -> None:
        self._scenario = scenario
        self._jobs = jobs
        self._engine = engine
        self._scale = scale
        self._canceled: set[Build] = set()
        """Builds that are canceled when all jobs have ended that had ended then."""

    def react(self, change: Change) -> None:
        """React to a change of a build or of its jobs."""
        if isinstance(change, BuildChanged):
            if change.before is None and self._scenario.state == "canceled" and self._plays(change.build):
                seconds = max(0.0, self._scenario.seconds * self._scale - self._grace())
                self._engine.scheduler.after(seconds, self._cancel, change.build)
        elif isinstance(change, JobChanged):
            self._react_to_job(change, change.job)

    def _react_to_job(self, change: JobChanged, job: Job) -> None:
        recorded = self._jobs.get(job.step)
        if recorded is None or not recorded.attempts:
            if change.before is None and (cause := job.build.triggered_by) is not None and cause.step in self._jobs:
                job.behaviour = _behaviour(self._jobs[cause.step], cause.attempt, self._scale, self._before_commands())
            return
        attempt = recorded.attempts[min(job.attempt, len(recorded.attempts) - 1)]
        waited = recorded.kind == "script" and attempt.state in _WITHOUT_AGENT and not ran(attempt)
        if change.before is None and waited:
            job.queue = None  # as in the recorded build, no agent takes it
        if change.before is None:
            job.parallel_index = recorded.parallel_group_index
        if change.before is None and job.attempt:
            job.behaviour = _behaviour(recorded, job.attempt, self._scale)
        elif change.after == "broken" and attempt.state == "skipped":
            self._engine.skip_job(job)
        elif change.after == _canceled_as(recorded, attempt) and self._canceled_alone(job, recorded):
            grace = self._engine.timing.canceling if change.after == "running" else 0.0
            seconds = seconds_before_signal(attempt, self._scale, grace)
            self._engine.scheduler.after(seconds, self._engine.cancel_job, job)
        elif change.after == "blocked" and attempt.state == "unblocked":
            self._later(attempt.seconds, lambda: self._unblock(job))
        elif change.after == "scheduled" and attempt.state == "expired":
            self._later(0, lambda: self._expire(job))
        elif (
            change.after == attempt.state and _retried_by_hand(recorded, job.attempt) and change.before != change.after
        ):
            self._later(attempt.retried_after, lambda: self._retry(job))
        elif (job.over or change.after == "running") and job.build in self._canceled:
            self._later(0, lambda: self._cancel(job.build))

    def _canceled_alone(self, job: Job, recorded: ScenarioJob) -> bool:
        """Tell whether an attempt that was canceled wasn't canceled with its build."""
        return self._scenario.state != "canceled" or job.attempt < len(recorded.attempts) - 1

    def _grace(self) -> float:
        """Return the seconds for which commands run on when the build is canceled."""
        ends = (job.attempts[-1] for job in self._scenario.jobs if job.kind == "script" and job.attempts)
        stopped = any(each.state == "canceled" and ran(each) and not ends_itself(each) for each in ends)
        return self._engine.timing.canceling if stopped else 0.0

    def _before_commands(self) -> float:
        """Return the seconds that a build takes before its first command runs."""
        timing = self._engine.timing
        return timing.creating + timing.pickup + timing.assigned + timing.accepted

    def _plays(self, build: Build) -> bool:
        return any(step in self._jobs for step in build.pipeline.steps)

    def _later(self, seconds: float, act: Callable[[], object]) -> None:
        self._engine.scheduler.after(seconds * self._scale, act)

    def _unblock(self, job: Job) -> None:
        if job.state == "blocked":
            self._engine.unblock(job, job.build.creator, {})

    def _expire(self, job: Job) -> None:
        if job.state == "scheduled":
            self._engine.expire(job)

    def _retry(self, job: Job) -> None:
        if job.over and not job.retried:
            self._engine.retry(job, by=job.build.creator)
            if job.build in self._canceled:
                self._later(0, lambda: self._cancel(job.build))

    def _cancel(self, build: Build) -> None:
        """Cancel a build, when all jobs have ended that had ended then, and those run that ran then.

        They may wait longer for an agent than they did.
        """
        held = any(job.state == "running" and not self._still_ends(job) for job in build.current_jobs)
        awaited = [job for job in build.current_jobs if self._still_ends(job) or self._still_begins(job)]
        if held:  # the agents that its jobs wait for may be those of jobs which only the cancellation ends
            awaited = [job for job in awaited if not self._engine.agents.waits(job)]
        if awaited:
            self._canceled.add(build)
            if any(job.state == "scheduled" and self._still_begins(job) for job in awaited):
                self._engine.scheduler.after(self._engine.timing.pickup, self._cancel, build)
            return
        self._canceled.discard(build)
        if not build.done:
            self._engine.cancel(build)

    def _still_ends(self, job: Job) -> bool:
        """Tell whether a job, or the one that retries it, will end as it had ended when the build was canceled."""
        recorded = self._jobs.get(job.step)
        if recorded is None or not recorded.attempts:
            return False
        return job.attempt + 1 < len(recorded.attempts) or (not job.over and recorded.attempts[-1].state in _ENDS)

    def _still_begins(self, job: Job) -> bool:
        """Tell whether a job will run that ran when the build was canceled. One for which no agent is free doesn't count."""
        recorded = self._jobs.get(job.step)
        last = recorded.attempts[-1] if recorded and recorded.attempts else None
        if last is None or last.state != "canceled" or last.exit_status is None:
            return False
        return job.state in _BEGINNING or (job.state == "scheduled" and not self._engine.agents.waits(job))


def _canceled_as(job: ScenarioJob, attempt: ScenarioAttempt) -> str | None:
    """Return the state in which an attempt was canceled; None if it wasn't."""
    if attempt.state != "canceled":
        return None
    if job.kind == "manual":
        return "blocked"
    return "running" if ran(attempt) or job.kind != "script" else "scheduled"


def _retried_by_hand(job: ScenarioJob, attempt: int) -> bool:
    """Tell whether a user retried an attempt, as where an attempt follows that the step's rules don't explain."""
    one = job.attempts[attempt] if attempt + 1 < len(job.attempts) else None
    return one is not None and not (one.retried == "automatic" and one.state in RETRIED_BY_RULES)


def _add_target(simulator: Simulator, slug: str) -> None:
    """Add a pipeline that a job triggers, if there is none."""
    target = simulator.pipeline(slug)
    if not target.state.steps:
        target.job("build")


def _behaviour(job: ScenarioJob, attempt: int, scale: float, before: float = 0.0) -> CommandBehaviour:
    """Return what happens in an attempt.

    Args:
        job: the job.
        attempt: the number of the attempt, from 0.
        scale: the factor of all times.
        before: the seconds of the attempt that pass before its command runs.
    """
    if not job.attempts:
        return CommandBehaviour(duration=0)
    one = job.attempts[min(attempt, len(job.attempts) - 1)]
    failed = one.state == "failed"
    if one.state == "timed_out":  # later than the timeout of its step
        one = replace(one, seconds=max(each.seconds for each in job.attempts))
    seconds = max(0.0, one.seconds * scale - before)
    log = one.log.encode()
    return CommandBehaviour(
        duration=_ENDLESS if one.state == "canceled" else seconds + (1.0 if one.state == "timed_out" else 0.0),
        exit_statuses=((one.exit_status or 1) if failed else 0,),
        signal_reason=one.signal_reason,
        interrupted=(0.0, one.exit_status or 0) if ends_itself(one) else None,
        log=((0.0, log),) if one.state == "canceled" else log,
        artifacts=dict.fromkeys(one.artifacts, b""),
    )
