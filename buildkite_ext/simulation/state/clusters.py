"""Clusters and their queues."""

from __future__ import annotations

from dataclasses import dataclass, field

from .users import User


@dataclass(slots=True, eq=False)
class Queue:
    """A queue: jobs that wait for one kind of agent."""

    id: str
    key: str
    description: str
    cluster: Cluster
    created_at: float
    created_by: User
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None

    @property
    def paused(self) -> bool:
        """Whether no job of it is given to an agent."""
        return self.paused_at is not None

    def pause(self, now: float, by: User, note: str | None = None) -> None:
        """Give out no more jobs."""
        self.paused_at, self.paused_by, self.paused_note = now, by, note

    def resume(self) -> None:
        """Give out jobs again."""
        self.paused_at = self.paused_by = self.paused_note = None


@dataclass(slots=True, eq=False)
class Cluster:
    """A cluster: some queues."""

    id: str
    name: str
    description: str
    emoji: str
    color: str
    created_at: float
    created_by: User
    queues: list[Queue] = field(default_factory=list[Queue])

    @property
    def default_queue(self) -> Queue | None:
        """The queue of jobs that name none."""
        return self.queues[0] if self.queues else None
