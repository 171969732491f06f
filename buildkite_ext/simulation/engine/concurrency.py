"""Concurrency groups: which of their jobs may start.

A group counts the jobs of all pipelines of the organization. Each job has a limit of its own, that of its step.
https://buildkite.com/docs/pipelines/configure/workflows/controlling-concurrency
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..definition.steps import CommandStep
from ..state.builds import Job

__all__ = ["ConcurrencyGroups"]


@dataclass(slots=True)
class _Queue:
    """Jobs of one group.

    Attributes:
        waiting: those that have not started, by id.
        holding: those that hold a slot, from the moment at which they may start.
    """

    waiting: dict[str, Job] = field(default_factory=dict[str, Job])
    holding: dict[str, Job] = field(default_factory=dict[str, Job])


class ConcurrencyGroups:
    """Concurrency groups of an organization."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    def enter(self, job: Job) -> None:
        """Add a new job. It holds its place also while it waits for other steps."""
        if (name := _group(job)) is not None:
            self._queues.setdefault(name, _Queue()).waiting[job.id] = job

    def leave(self, job: Job) -> str | None:
        """Remove a job that has ended, or never runs, and return its group if that was in the group."""
        name = _group(job)
        queue = None if name is None else self._queues.get(name)
        if queue is None or name is None:
            return None
        found = queue.waiting.pop(job.id, None) or queue.holding.pop(job.id, None)
        if not queue.waiting and not queue.holding:
            del self._queues[name]
        return None if found is None else name

    def startable(self, name: str) -> Iterator[Job]:
        """Yield the jobs of a group that may start now. Each holds a slot from then on."""
        queue = self._queues.get(name)
        if queue is None:
            return
        ahead = 0
        for job in sorted(queue.waiting.values(), key=_order):
            step = job.step
            assert isinstance(step, CommandStep)
            assert step.concurrency is not None
            in_queue = job.state == "limited" or not job.run.node.behind_block
            held = len(queue.holding) + (0 if step.concurrency.eager else ahead)
            if job.state == "limited" and held < step.concurrency.limit:
                del queue.waiting[job.id]
                queue.holding[job.id] = job
                yield job
            elif in_queue:
                ahead += 1


def _group(job: Job) -> str | None:
    step = job.step
    return step.concurrency.group if isinstance(step, CommandStep) and step.concurrency is not None else None


def _order(job: Job) -> tuple[int, int, float, int]:
    """Return the place of a job: eager jobs by priority, others by the creation of their builds and their positions."""
    step = job.step
    eager = isinstance(step, CommandStep) and step.concurrency is not None and step.concurrency.eager
    return (-job.priority if eager else 0, job.build.sequence, job.created_at, job.position)
