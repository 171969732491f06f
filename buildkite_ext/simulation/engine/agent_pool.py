"""Agents, and which of them takes which job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..state.clusters import Queue
from ..state.users import User
from .scheduler import Event

if TYPE_CHECKING:
    from ..jobs import Job


@dataclass(slots=True, eq=False)
class Agent:
    """An agent. It runs one job at a time."""

    id: str
    name: str
    queue: Queue
    created_at: float
    creator: User
    version: str = "3.112.0"
    hostname: str = "ci.internal"
    connection_state: str = "connected"
    job: Job | None = None
    meta_data: list[str] = field(default_factory=list[str])
    last_job_finished_at: float | None = None
    disconnected_at: float | None = None
    stopped_at: float | None = None
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None
    paused_timeout_in_minutes: int | None = None
    wakes: Event | None = None

    @property
    def paused(self) -> bool:
        """Whether it takes no job although it is connected."""
        return self.paused_at is not None

    @property
    def free(self) -> bool:
        """Whether it would take a job now."""
        return self.connection_state == "connected" and self.job is None and not self.paused

    def release(self, now: float) -> None:
        """Its job is over; one that was told to stop is gone now."""
        self.job = None
        self.last_job_finished_at = now
        if self.connection_state == "stopping":
            self.stop(now)

    def stop(self, now: float) -> None:
        """It is gone."""
        self.connection_state = "stopped"
        self.disconnected_at = self.stopped_at = now
        self.resume()

    def resume(self) -> None:
        """It takes jobs again."""
        self.paused_at = self.paused_by = self.paused_note = self.paused_timeout_in_minutes = None
        if self.wakes is not None:
            self.wakes.call_off()
            self.wakes = None


class Pool:
    """The agents of an organization.

    Args:
        agents: the organization's list of them.
        hire: makes an agent for a queue where none is free; None where the agents are a fixed number.
    """

    def __init__(self, agents: list[Agent], hire: Callable[[Queue], Agent] | None) -> None:
        self._agents = agents
        self._hire = hire

    def give(self, job: Job, queue: Queue) -> Agent | None:
        """Give a job to a free agent of its queue; None where there is none."""
        if queue.paused:
            return None
        agent = next((agent for agent in self._agents if agent.queue is queue and agent.free), None)
        if agent is None and self._hire is not None:
            agent = self._hire(queue)
        if agent is not None:
            agent.job = job
        job.agent = agent
        return agent


class PastPool(Pool):
    """The same agents for builds of the past, of which nobody asks any more whether an agent was free."""

    def __init__(self, agents: list[Agent], hire: Callable[[Queue], Agent] | None) -> None:
        super().__init__(agents, hire)
        self._turn = 0

    def give(self, job: Job, queue: Queue) -> Agent | None:
        mine = [agent for agent in self._agents if agent.queue is queue]
        if not mine and self._hire is not None:
            mine = [self._hire(queue)]
        self._turn += 1
        job.agent = mine[self._turn % len(mine)] if mine else None
        return job.agent
