"""Steps and jobs of a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .definition.selection import LeftOut

__all__ = ["PlannedJob", "PlannedStep", "StepOutcome", "waves_of"]

StepOutcome = Literal["passed", "failed", "soft_failed", "canceled", "left_out", "held_back", "blocked", "waiting"]
"""How a step ends in a plan. `left_out`: its `if`, `branches`, `skip` or `if_changed` leaves it out. `held_back`: it can't run,
since what it waits for hasn't passed. `blocked`: it waits for a user. `waiting`: it waits for a step that is blocked, or for
steps that wait for it."""

_PLACEHOLDER = re.compile(r"\{\{\s*matrix(\.[^{}]*)?\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """Job of a plan.

    Attributes:
        name: the label of its step, with the values of a matrix; or the command.
        state: its last state, in Buildkite's words, such as `passed`, `broken` or `waiting_failed`.
        wave: the number of the wave in which it starts, from 1; None if it doesn't start.
        attempts: how often it is tried.
        soft_failed: True if it fails and the build may pass.
        skip: the reason for which an adjustment of its matrix leaves it out; None if none does.
        matrix: its values of a matrix by dimension, that of a plain list by `""`; None without a matrix.
    """

    name: str
    state: str
    wave: int | None
    attempts: int = 1
    soft_failed: bool = False
    skip: str | None = None
    matrix: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """Step of a plan.

    Attributes:
        kind: what it is.
        name: its label, or its command, or the pipeline that it triggers.
        key: its key.
        group: the label of its group.
        line: the line of the text in which it begins.
        outcome: how it ends.
        wave: the number of the wave in which its first job starts, from 1; of a wait or block step, that of the first wave
            after it. None if there is none.
        jobs: its jobs.
        waits_for: the indexes of the steps that it waits for.
        depends_on: those of them that its `depends_on`, or that of its group, names.
        held_back_by: those of them that keep it from running.
        missing: the keys that it waits for and that no step has.
        left_out: why it doesn't run; None if it may.
        concurrency_group: its concurrency group.
        uploads: True if its command uploads further steps, which a plan can't know.
        queue: the key of the queue whose agents run it; None for the default one. No agent has an empty one.
        unset: the variables whose values would name its queue, where that is empty.
        unset_in_group: the variables whose values its concurrency group lacks.
    """

    kind: Literal["command", "wait", "block", "input", "trigger"]
    name: str
    key: str | None
    group: str | None
    line: int
    outcome: StepOutcome
    wave: int | None
    jobs: tuple[PlannedJob, ...]
    waits_for: tuple[int, ...] = ()
    depends_on: tuple[int, ...] = ()
    held_back_by: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    left_out: LeftOut | None = None
    concurrency_group: str | None = None
    uploads: bool = False
    queue: str | None = None
    unset: tuple[str, ...] = ()
    unset_in_group: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name as a picture shows it: `…` stands for the values of a matrix, which differ between its jobs."""
        return _PLACEHOLDER.sub("…", self.name)

    def title_of(self, job: PlannedJob) -> str:
        """Return the name of one of its jobs, with the values of a matrix that the label doesn't show."""
        shown = {dimension.strip().removeprefix(".") for dimension in _PLACEHOLDER.findall(self.name)}
        others = [
            f"{name}: {value}" if name else value for name, value in (job.matrix or {}).items() if name not in shown
        ]
        return f"{job.name} ({', '.join(others)})" if others else job.name

    def to_dict(self) -> dict[str, object]:
        """Return it as values of JSON."""
        left_out = self.left_out
        return {
            "kind": self.kind,
            "name": self.name,
            "key": self.key,
            "group": self.group,
            "line": self.line,
            "outcome": self.outcome,
            "wave": self.wave,
            "jobs": [
                {
                    "name": job.name,
                    "state": job.state,
                    "wave": job.wave,
                    "attempts": job.attempts,
                    "soft_failed": job.soft_failed,
                    "skip": job.skip,
                    "matrix": None if job.matrix is None else dict(job.matrix),
                }
                for job in self.jobs
            ],
            "waits_for": list(self.waits_for),
            "depends_on": list(self.depends_on),
            "held_back_by": list(self.held_back_by),
            "missing": list(self.missing),
            "left_out": None
            if left_out is None
            else {
                "by": left_out.by,
                "reason": left_out.reason,
                "text": left_out.text,
                "values": dict(left_out.values),
                "in_group": left_out.in_group,
            },
            "concurrency_group": self.concurrency_group,
            "uploads": self.uploads,
            "queue": self.queue,
            "unset": list(self.unset),
            "unset_in_group": list(self.unset_in_group),
        }


def waves_of(steps: Sequence[PlannedStep]) -> tuple[tuple[PlannedJob, ...], ...]:
    """Return the jobs of steps that start, in the order in which they do. Those of one wave start at once."""
    jobs = [job for step in steps for job in step.jobs if step.kind in ("command", "trigger")]
    waves: list[list[PlannedJob]] = [[] for _ in range(max((job.wave or 0 for job in jobs), default=0))]
    for job in jobs:
        if job.wave is not None:
            waves[job.wave - 1].append(job)
    return tuple(map(tuple, waves))
