"""Concurrency groups: which of their jobs may start.

A group counts the jobs of all pipelines of the organization. Each job has a limit of its own, that of its step.
https://buildkite.com/docs/pipelines/configure/workflows/controlling-concurrency
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice, takewhile

from ..definition.steps import CommandStep, Concurrency
from ..state.builds import Job

__all__ = ["ConcurrencyGroups", "created"]


@dataclass(slots=True)
class _Queue:
    """Jobs of one group.

    Attributes:
        ordered: those of ordered steps that have not started, in the order of their creation.
        eager: those of eager steps that have not started, in the order of their priorities.
        holding: those that hold a slot, from the moment at which they may start.
        most: the largest limit that a job of it has had.
    """

    ordered: list[Job] = field(default_factory=list[Job])
    eager: list[Job] = field(default_factory=list[Job])
    holding: dict[str, Job] = field(default_factory=dict[str, Job])
    most: int = 0

    @property
    def empty(self) -> bool:
        """True if it has no jobs."""
        return not (self.ordered or self.eager or self.holding)

    def turns(self) -> Iterator[Job]:
        """Yield the waiting jobs in the order in which free slots are offered to them."""
        return merge(self.ordered, self.eager, key=_turn) if self.eager else iter(self.ordered)

    def add(self, job: Job) -> None:
        """Add a waiting job, unless it is there."""
        jobs, place = self._place(job)
        if place is None:
            insort(jobs, job, key=_turn)

    def remove(self, job: Job) -> bool:
        """Remove a waiting job, and tell whether it was there."""
        jobs, place = self._place(job)
        if place is not None:
            del jobs[place]
        return place is not None

    def older(self, job: Job) -> Iterator[Job]:
        """Yield the waiting jobs that were created before one and hold their places, in the order of their creation."""
        jobs = merge(self.ordered, sorted(self.eager, key=created), key=created) if self.eager else self.ordered
        older = takewhile(lambda each: created(each) < created(job), jobs)
        return filter(_in_queue, older)

    def eager_before(self, job: Job) -> int:
        """Return how many eager jobs that hold no slot were created before one, and hold their places."""
        at = created(job)
        return sum(each.id not in self.holding and created(each) < at and _in_queue(each) for each in self.eager)

    def _place(self, job: Job) -> tuple[list[Job], int | None]:
        """Return the list in which a waiting job belongs, and its index there; None if it isn't there."""
        jobs = self.eager if _is_eager(job) else self.ordered
        turn = _turn(job)
        at = bisect_left(jobs, turn, key=_turn)
        while at < len(jobs) and _turn(jobs[at]) == turn:
            if jobs[at] is job:
                return jobs, at
            at += 1
        return jobs, None


class ConcurrencyGroups:
    """Concurrency groups of an organization."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    def enter(self, job: Job) -> None:
        """Add a job, unless it is there. It holds its place also while it waits for other steps."""
        if (concurrency := _concurrency(job)) is None:
            return
        queue = self._queues.setdefault(concurrency.group, _Queue())
        queue.most = max(queue.most, concurrency.limit)
        queue.add(job)

    def leave(self, job: Job) -> str | None:
        """Remove a job that has ended, or never runs, and return its group if that was in the group."""
        concurrency = _concurrency(job)
        queue = None if concurrency is None else self._queues.get(concurrency.group)
        if queue is None or concurrency is None:
            return None
        if not queue.remove(job) and queue.holding.pop(job.id, None) is None:
            return None
        if queue.empty:
            del self._queues[concurrency.group]
        return concurrency.group

    def reprioritize(self, job: Job, priority: int) -> None:
        """Set the priority of a job, and move it to the place that this gives it."""
        queue = self._queue_of(job)
        waits = queue is not None and queue.remove(job)
        job.priority = priority
        if queue is not None and waits:
            queue.add(job)

    def start(self, name: str) -> list[Job]:
        """Return the jobs of a group that may start now. Each holds a slot from then on."""
        queue = self._queues.get(name)
        if queue is None:
            return []
        started: list[Job] = []
        ahead = 0  # ordered jobs that keep their places
        for job in queue.turns():
            held = len(queue.holding)
            if held >= queue.most or (held + ahead >= queue.most and not queue.eager):
                break  # no job behind this one may start
            concurrency = _concurrency(job)
            assert concurrency is not None
            free = concurrency.limit - held
            if not concurrency.eager and free > ahead:
                free -= ahead + queue.eager_before(job)
            elif not concurrency.eager:
                free = 0
            if job.state == "limited" and free > 0:
                queue.holding[job.id] = job
                started.append(job)
            elif not concurrency.eager and ahead < queue.most and _in_queue(job):
                ahead += 1
        for job in started:
            queue.remove(job)
        return started

    def idle(self, name: str) -> Job | None:
        """Return the first job that waits for its turn in a group whose slots are all free."""
        queue = self._queues.get(name)
        if queue is None or queue.holding:
            return None
        return next((job for job in queue.turns() if job.state == "limited"), None)

    def ahead(self, job: Job) -> Sequence[Job]:
        """Return the first jobs ahead of one that waits for its turn in a group whose slots are all free.

        There are as many as the job's limit: it can't start before one of them has left its place. There is none where a slot
        is taken, or where the job may start.
        """
        concurrency, queue = _concurrency(job), self._queue_of(job)
        if concurrency is None or queue is None or queue.holding or concurrency.eager:
            return ()
        found = list(islice(queue.older(job), concurrency.limit))
        return found if len(found) == concurrency.limit else ()

    def _queue_of(self, job: Job) -> _Queue | None:
        concurrency = _concurrency(job)
        return None if concurrency is None else self._queues.get(concurrency.group)


def _concurrency(job: Job) -> Concurrency | None:
    step = job.step
    return step.concurrency if isinstance(step, CommandStep) else None


def _in_queue(job: Job) -> bool:
    """Tell whether a job holds its place: one that a user has to unblock first doesn't."""
    return job.state == "limited" or not job.build.graph.behind_block(job.run.node)


def _is_eager(job: Job) -> bool:
    concurrency = _concurrency(job)
    return concurrency is not None and concurrency.eager


def created(job: Job) -> tuple[int, float, int]:
    """Return the place of a job by its creation: that of its build, its own, and its position."""
    return job.build.sequence, job.created_at, job.position


def _turn(job: Job) -> tuple[int, int, float, int]:
    """Return the place of a job among those to which a free slot is offered: eager jobs are offered it by priority."""
    return -job.priority if _is_eager(job) else 0, *created(job)
