"""Concurrency groups: which of their jobs may start.

A group counts the jobs of all pipelines of the organization. Each job has a limit of its own, that of its step.
https://buildkite.com/docs/pipelines/configure/workflows/controlling-concurrency
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from ..definition.steps import CommandStep, Concurrency
from ..state.builds import Build, Job

__all__ = ["ConcurrencyGroups"]


@dataclass(slots=True)
class _Queue:
    """Jobs of one group.

    Attributes:
        waiting: those that have not started, in the order of their turns.
        holding: those that hold a slot, from the moment at which they may start.
        most: the largest limit that a job of it has had.
        eager: True if it has had eager jobs.
    """

    waiting: list[Job] = field(default_factory=list[Job])
    holding: dict[str, Job] = field(default_factory=dict[str, Job])
    most: int = 0
    eager: bool = False

    def place(self, job: Job) -> int | None:
        """Return the index of a waiting job; None if it isn't there."""
        order = _order(job)
        at = bisect_left(self.waiting, order, key=_order)
        while at < len(self.waiting) and _order(self.waiting[at]) == order:
            if self.waiting[at] is job:
                return at
            at += 1
        return None


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
        queue.eager = queue.eager or concurrency.eager
        if queue.place(job) is None:
            insort(queue.waiting, job, key=_order)

    def leave(self, job: Job) -> str | None:
        """Remove a job that has ended, or never runs, and return its group if that was in the group."""
        concurrency = _concurrency(job)
        queue = None if concurrency is None else self._queues.get(concurrency.group)
        if queue is None or concurrency is None:
            return None
        place = queue.place(job)
        if place is not None:
            del queue.waiting[place]
        elif queue.holding.pop(job.id, None) is None:
            return None
        if not queue.waiting and not queue.holding:
            del self._queues[concurrency.group]
        return concurrency.group

    def reprioritize(self, job: Job, priority: int) -> None:
        """Set the priority of a job, and move it to the place that this gives it."""
        concurrency = _concurrency(job)
        queue = None if concurrency is None else self._queues.get(concurrency.group)
        place = None if queue is None else queue.place(job)
        job.priority = priority
        if queue is not None and place is not None:
            insort(queue.waiting, queue.waiting.pop(place), key=_order)

    def start(self, name: str) -> list[Job]:
        """Return the jobs of a group that may start now. Each holds a slot from then on."""
        queue = self._queues.get(name)
        if queue is None:
            return []
        places: list[int] = []
        ahead = 0
        for place, job in enumerate(queue.waiting):
            held = len(queue.holding) + (0 if queue.eager else ahead)
            if held >= queue.most:
                break  # no job behind this one may start
            concurrency = _concurrency(job)
            assert concurrency is not None
            held = len(queue.holding) + (0 if concurrency.eager else ahead)
            if job.state == "limited" and held < concurrency.limit:
                queue.holding[job.id] = job
                places.append(place)
            elif _in_queue(job):
                ahead += 1
        return [queue.waiting.pop(place) for place in reversed(places)][::-1]

    def idle(self, name: str) -> Job | None:
        """Return the first job that waits for its turn in a group whose slots are all free."""
        queue = self._queues.get(name)
        if queue is None or queue.holding:
            return None
        return next((job for job in queue.waiting if job.state == "limited"), None)

    def in_its_own_way(self, build: Build) -> tuple[Job, Job] | None:
        """Return a job that never gets its turn, and the job ahead of it that waits for it.

        Call it when jobs of the build wait for their turns, and nothing else of it can run.

        Args:
            build: the build. The job ahead may be one of another build, whose trigger step waits for this one.
        """
        found: tuple[Job, Job] | None = None
        for job in build.current_jobs:
            if job.state != "limited":
                continue
            blocking = self._ahead(job)
            if blocking is None:
                return None
            if found is None:
                found = job, blocking
        return found

    def _ahead(self, job: Job) -> Job | None:
        """Return the first job ahead of one that waits for its turn, if all of them can only run after that."""
        concurrency = _concurrency(job)
        queue = None if concurrency is None else self._queues.get(concurrency.group)
        place = None if queue is None else queue.place(job)
        if queue is None or place is None or queue.holding:
            return None
        ahead = [each for each in queue.waiting[:place] if _in_queue(each)]
        if any(each.state == "limited" and each.build is not job.build for each in ahead):
            return None
        waiting = [each for each in ahead if each.state != "limited"]
        if not waiting or not all(_waits_for_build(each, job.build) for each in waiting):
            return None
        return waiting[0]


def _concurrency(job: Job) -> Concurrency | None:
    step = job.step
    return step.concurrency if isinstance(step, CommandStep) else None


def _in_queue(job: Job) -> bool:
    """Tell whether a job holds its place: one that a user has to unblock first doesn't."""
    return job.state == "limited" or not job.build.graph.behind_block(job.run.node)


def _waits_for_build(job: Job, build: Build) -> bool:
    """Tell whether a job is one of a build, or waits for a trigger step that waits for the end of the build."""
    while job.build is not build:
        trigger = build.triggered_by
        if trigger is None or trigger.state != "running":
            return False
        if trigger.build is job.build:
            return trigger.build.graph.waits_for(job.run.node, trigger.run.node)
        build = trigger.build
    return True


def _order(job: Job) -> tuple[int, int, float, int]:
    """Return the place of a job: eager jobs by priority, others by the creation of their builds and their positions."""
    concurrency = _concurrency(job)
    eager = concurrency is not None and concurrency.eager
    return (-job.priority if eager else 0, job.build.sequence, job.created_at, job.position)
