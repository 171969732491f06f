"""Users who let the builds of a pipeline end with the outcome that a test has chosen."""

from __future__ import annotations

from ..definition.steps import BlockStep
from ..state.builds import Build, Job
from ..state.pipelines import Pipeline
from ..state.users import User
from .changes import Change, JobChanged
from .engine import Engine

__all__ = ["Endings"]

_CANCELED = 0.5
"""Fraction of a job's duration after which a user cancels its build."""


class Endings:
    """User who cancels and unblocks the builds of a pipeline, as its `ending` asks for it.

    The engine itself skips builds and leaves their steps out, and the jobs fail by their behaviour.

    Args:
        engine: the engine of the builds.
        pipeline: the pipeline.
        user: the user.
    """

    def __init__(self, engine: Engine, pipeline: Pipeline, user: User) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self._user = user
        engine.changes.subscribe(self._react)

    def _react(self, change: Change) -> None:
        if not isinstance(change, JobChanged) or change.job.build.pipeline is not self._pipeline:
            return
        job, ending = change.job, self._pipeline.ending
        if change.after == "running" and ending == "canceled":
            self._engine.scheduler.after(job.behaviour.duration * _CANCELED, self._cancel, job.build)
        elif change.after == "blocked" and ending == "canceled":
            self._cancel(job.build)
        elif change.after == "blocked" and ending in ("passed", "failed", "failing"):
            self._unblock(job)

    def _cancel(self, build: Build) -> None:
        if build.state in ("running", "failing", "blocked"):
            self._engine.cancel(build)

    def _unblock(self, job: Job) -> None:
        if job.state == "blocked" and isinstance(job.step, BlockStep):
            answers = {field.key: "yes" for field in job.step.fields if field.required}
            self._engine.unblock(job, self._user, answers)
