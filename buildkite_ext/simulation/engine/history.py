"""History: builds of the past, each of which goes as it is planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..behaviour.endings import passing
from ..behaviour.history import PastBuild
from ..behaviour.timing import Timing
from ..definition.steps import BlockStep, CommandStep
from ..state.builds import Build, BuildRequest, Job
from ..state.pipelines import Pipeline
from ..state.settings import PipelineSettings
from ..state.users import User
from .changes import BuildChanged, Change, JobChanged
from .engine import Engine

__all__ = ["History", "check_ending", "check_plans", "longest_build"]

_USER_PAUSE = 60.0
"""Seconds until a user unblocks a build or retries a job."""


def check_plans(plans: Iterable[PastBuild], pipeline: Pipeline) -> None:
    """Check that a pipeline can have builds as they are planned.

    Raises:
        ValueError: it has no step that can fail, be canceled or block the build.
    """
    for outcome in {planned.outcome for planned in plans} | {"failed" for planned in plans if planned.retried}:
        check_ending(outcome, pipeline)


def check_ending(outcome: str | None, pipeline: Pipeline) -> None:
    """Check that builds of a pipeline can end with an outcome.

    Raises:
        ValueError: it has no step that can fail, be canceled or block the build.
    """
    commands = [step for step in pipeline.steps if isinstance(step, CommandStep) and not step.skip]
    blocks = [step for step in pipeline.steps if isinstance(step, BlockStep)]
    failing = [step for step in commands if not step.allows_failure(1)]
    for name, steps, needed in (
        ("blocked", blocks, "a block step"),
        ("failed", failing, "a job without soft_fail"),
        ("failing", failing, "a job without soft_fail"),
        ("canceled", [*commands, *blocks], "a job"),
    ):
        if outcome == name and not steps:
            raise ValueError(f"no build of {pipeline.slug!r} can be {outcome}: add {needed} to the pipeline first")


def longest_build(pipeline: Pipeline, timing: Timing, settings: PipelineSettings) -> float:
    """Return a number of seconds that no build takes longer after its first rest, apart from builds that it triggers."""
    overhead = timing.creating + timing.pickup + timing.assigned + timing.accepted + timing.canceling
    total = 0.0
    for step in pipeline.steps:
        if isinstance(step, BlockStep):
            total += _USER_PAUSE
        elif isinstance(step, CommandStep):
            total += (pipeline.behaviour_of(step, settings).duration + overhead) * (
                sum(rule.limit for rule in step.retry) + 2
            ) + _USER_PAUSE
    return total


class History:
    """Builds of the past of a pipeline. Users cancel, unblock and retry them as it is planned.

    Args:
        engine: an engine whose scheduler begins in the past.
        pipeline: the pipeline.
        user: the user.
    """

    def __init__(self, engine: Engine, pipeline: Pipeline, user: User) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self._user = user
        self._plans: dict[str, PastBuild] = {}

    def run(self, *, users_act: bool) -> None:
        """Run all builds to their ends.

        Args:
            users_act: whether users cancel, unblock and retry builds.
        """
        remove = self._engine.changes.subscribe(self._react) if users_act else None
        try:
            self._engine.drain()
        finally:
            if remove is not None:
                remove()

    def create(self, request: BuildRequest, planned: PastBuild) -> None:
        """Create a build now."""
        build = self._engine.create(self._pipeline, request, source="webhook", creator=self._user)
        if planned.outcome is None:
            return
        self._plans[build.id] = planned
        commands = [job for job in build.jobs if job.command_step is not None and job.finished_at is None]
        for job in commands:
            assert job.command_step is not None
            settings = self._engine.organization.pipeline_settings
            timeout = self._pipeline.timeout_of(job.command_step, settings)
            job.behaviour = passing(job.command_step, job.behaviour, timeout)
        if planned.outcome == "failed" or planned.retried:
            able = [job for job in commands if job.command_step is not None and not job.command_step.allows_failure(1)]
            if able:
                job = able[int(planned.chance * len(able))]
                job.behaviour = replace(job.behaviour, exit_statuses=(1, 0) if planned.retried else (1,))

    def _react(self, change: Change) -> None:
        match change:
            case BuildChanged(after="blocked") if self._wants(change.build, "passed", "failed"):
                self._engine.scheduler.after(_USER_PAUSE, self._unblock, change.build)
            case BuildChanged(after="blocked") if self._wants(change.build, "canceled"):
                self._engine.scheduler.after(_USER_PAUSE, self._cancel, change.build)
            case JobChanged(after="running", before="accepted") if self._wants(change.job.build, "canceled"):
                moment = change.job.behaviour.duration * self._plans[change.job.build.id].chance * 0.9
                self._engine.scheduler.after(moment, self._cancel, change.job.build)
            case JobChanged(after="failed") if change.job.build.id in self._plans:
                if self._plans[change.job.build.id].retried:
                    self._engine.scheduler.after(_USER_PAUSE, self._retry, change.job)
            case _:
                pass

    def _wants(self, build: Build, *outcomes: str) -> bool:
        planned = self._plans.get(build.id)
        return planned is not None and planned.outcome in outcomes

    def _unblock(self, build: Build) -> None:
        for job in build.current_jobs:
            if job.state == "blocked" and isinstance(job.step, BlockStep):
                answers = {field.key: "yes" for field in job.step.fields if field.required}
                self._engine.unblock(job, self._user, answers)

    def _cancel(self, build: Build) -> None:
        if build.state in ("running", "failing", "blocked"):
            self._engine.cancel(build)

    def _retry(self, job: Job) -> None:
        if not job.retried and job.failed_hard:
            self._engine.retry(job, by=self._user)
