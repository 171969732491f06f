"""Agent pools: the jobs that are ready for an agent, and the choice of the agent that takes each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush

from ..state.builds import Job
from ..state.clusters import Agent, Queue

__all__ = ["AgentPool", "HistoryAgentPool", "ReadyJobs"]

_Entry = tuple[int, int, int, Job]
"""Negative priority of a job, the number of its arrival, and the number of the entry, which is unique."""


class AgentPool:
    """Agents of an organization, and which of them are free.

    Args:
        agents: the organization's list of agents.
        connect: connects a new agent to a queue that has no free one; None where the number of agents is fixed.
    """

    def __init__(self, agents: Sequence[Agent], connect: Callable[[Queue], Agent] | None) -> None:
        self._agents = agents
        self._connect = connect
        self._free: dict[Queue, list[int]] = {}
        self._known: set[int] = set()
        for agent in agents:
            self.freed(agent)

    def freed(self, agent: Agent) -> None:
        """Note that an agent may be free from now on."""
        if agent.position not in self._known:
            self._known.add(agent.position)
            heappush(self._free.setdefault(agent.queue, []), agent.position)

    def serves(self, queue: Queue) -> bool:
        """Return whether `assign` would find an agent for a job of a queue."""
        return not queue.paused and (self._connect is not None or self._first(queue) is not None)

    def assign(self, job: Job, queue: Queue) -> Agent | None:
        """Give a job to the first free agent of its queue and return the agent; None where there is none."""
        if queue.paused:
            return None
        agent = self._first(queue)
        if agent is None and self._connect is not None:
            agent = self._connect(queue)
        if agent is not None:
            agent.job_id = job.id
        job.agent = agent
        return agent

    def _first(self, queue: Queue) -> Agent | None:
        # An agent that was paused or stopped, or has taken a job, stays here until it is first.
        free = self._free.get(queue, [])
        while free:
            agent = self._agents[free[0]]
            if agent.free:
                return agent
            self._known.remove(heappop(free))
        return None


class HistoryAgentPool(AgentPool):
    """The same agents for builds of the past, in which every agent is free at any time."""

    def __init__(self, connect: Callable[[Queue], Agent] | None) -> None:
        super().__init__((), connect)
        self._turn = 0

    def serves(self, queue: Queue) -> bool:
        return self._connect is not None or bool(queue.agents)

    def assign(self, job: Job, queue: Queue) -> Agent | None:
        if not queue.agents and self._connect is not None:
            self._connect(queue)
        self._turn += 1
        job.agent = queue.agents[self._turn % len(queue.agents)] if queue.agents else None
        return job.agent


class ReadyJobs:
    """Jobs that are ready for an agent: those of each queue by priority, then in the order in which they came."""

    def __init__(self) -> None:
        self._heaps: dict[Queue, list[_Entry]] = {}
        self._arrivals: dict[str, int] = {}
        self._count = 0

    def add(self, job: Job) -> None:
        """Add a job. Of a job that is there, note the new priority."""
        assert job.queue is not None
        self._count += 1
        arrival = self._arrivals.setdefault(job.id, self._count)
        heappush(self._heaps.setdefault(job.queue, []), (-job.priority, arrival, self._count, job))

    def __contains__(self, job: Job) -> bool:
        return job.id in self._arrivals

    def assignments(self, pool: AgentPool) -> Iterator[tuple[Job, Agent]]:
        """Yield the jobs that agents take now, the highest priority of all queues first, each with its agent.

        The caller moves each job on before it asks for the next one.
        """
        heads = [head for queue in list(self._heaps) if (head := self._head(queue, pool)) is not None]
        heapify(heads)
        while heads:
            job = heappop(heads)[-1]
            assert job.queue is not None
            agent = pool.assign(job, job.queue)
            assert agent is not None
            heappop(self._heaps[job.queue])
            del self._arrivals[job.id]
            yield job, agent
            if (head := self._head(job.queue, pool)) is not None:
                heappush(heads, head)

    def _head(self, queue: Queue, pool: AgentPool) -> _Entry | None:
        """Return the first entry of a queue; None where there is none that an agent can take."""
        heap = self._heaps.get(queue, [])
        while heap and (heap[0][-1].state != "scheduled" or heap[0][0] != -heap[0][-1].priority):
            job = heappop(heap)[-1]
            if job.state != "scheduled":
                self._arrivals.pop(job.id, None)
        if not heap:
            self._heaps.pop(queue, None)
        return heap[0] if heap and pool.serves(queue) else None
