"""Agent pools: the jobs that are ready for an agent, and the choice of the agent that takes each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush

from ..definition.steps import CommandStep
from ..state.builds import Job
from ..state.clusters import Agent, Queue

__all__ = ["AgentPool", "Connect", "HistoryAgentPool", "ReadyJobs"]

_Entry = tuple[int, float, int, int, Job]
"""Negative priority of a job, the time by which it takes its turn, the number of its arrival, and the number of the entry,
which is unique."""

_Lane = tuple[Queue, tuple[str, ...]]
"""Jobs that the same agents can take: a queue, and the further tags that an agent needs."""

Connect = Callable[[Queue, Sequence[str]], Agent]
"""Connects a new agent with some tags to a queue."""


class AgentPool:
    """Agents of an organization, and which of them are free.

    Args:
        agents: the organization's list of agents.
        connect: connects a new agent to a queue that has no free one; None where the number of agents is fixed.
    """

    def __init__(self, agents: Sequence[Agent], connect: Connect | None) -> None:
        self._agents = agents
        self._connect = connect
        self._free: dict[Queue, list[int]] = {}
        self._known: set[int] = set()
        for agent in agents:
            self.freed(agent)

    def freed(self, agent: Agent) -> None:
        """Note that an agent may be free from now on."""
        position = agent.position
        if position not in self._known:
            self._known.add(position)
            heappush(self._free.setdefault(agent.queue, []), position)

    def serves(self, lane: _Lane) -> bool:
        """Return whether `assign` would find an agent for a job."""
        queue, tags = lane
        return not queue.paused and (self._connect is not None or self._first(queue, tags) is not None)

    def assign(self, job: Job) -> Agent | None:
        """Give a job to the first free agent that can take it, and return the agent; None where there is none."""
        queue, tags = _lane(job)
        if queue.paused_at is not None:
            return None
        agent = self._first(queue, tags)
        if agent is None and self._connect is not None:
            agent = self._connect(queue, _values(tags))
        if agent is not None:
            agent.job_id = job.id
            job.agent = agent
        return agent

    def _first(self, queue: Queue, tags: Sequence[str]) -> Agent | None:
        # An agent that was paused or stopped, or has taken a job, stays here until it is first.
        free = self._free.get(queue)
        while free:
            agent = self._agents[free[0]]
            if agent.free:
                if not tags:
                    return agent
                break
            self._known.remove(heappop(free))
        if not free:
            return None
        able = (self._agents[position] for position in sorted(free))
        return next((agent for agent in able if agent.free and _has(agent, tags)), None)


class HistoryAgentPool(AgentPool):
    """The same agents for builds of the past, in which every agent is free at any time."""

    def __init__(self, connect: Connect | None) -> None:
        super().__init__((), connect)
        self._turn = 0

    def serves(self, lane: _Lane) -> bool:
        return self._connect is not None or bool(_able(lane))

    def assign(self, job: Job) -> Agent | None:
        queue, tags = lane = _lane(job)
        able = _able(lane)
        if not able and self._connect is not None:
            able = [self._connect(queue, _values(tags))]
        if not able:
            return None
        self._turn += 1
        job.agent = able[self._turn % len(able)]
        return job.agent


class ReadyJobs:
    """Jobs that are ready for an agent: by priority, then in the order in which they came.

    Attributes:
        waiting: the jobs of each lane, a heap.
    """

    def __init__(self) -> None:
        self.waiting: dict[_Lane, list[_Entry]] = {}
        self._arrivals: dict[str, int] = {}
        self._count = 0

    def add(self, job: Job) -> None:
        """Add a job. Of a job that is there, note the new priority."""
        self._count += 1
        arrival = self._arrivals.setdefault(job.id, self._count)
        entry = (-job.priority, job.queued_at or 0.0, arrival, self._count, job)
        heappush(self.waiting.setdefault(_lane(job), []), entry)

    def __contains__(self, job: Job) -> bool:
        return job.id in self._arrivals

    def jobs(self) -> list[Job]:
        """Return the jobs that wait, in no order."""
        entries = (entry[-1] for heap in self.waiting.values() for entry in heap)
        return list({job.id: job for job in entries if job.state == "scheduled"}.values())

    def assignments(self, pool: AgentPool) -> Iterator[tuple[Job, Agent]]:
        """Yield the jobs that agents take now, the highest priority of all queues first, each with its agent.

        The caller moves each job on before it asks for the next one.
        """
        heads = [head for lane in list(self.waiting) if (head := self._head(lane, pool)) is not None]
        heapify(heads)
        while heads:
            job = heappop(heads)[-1]
            lane = _lane(job)
            # Of two lanes, the job of the first may have taken the agent that the second could have had.
            agent = pool.assign(job) if pool.serves(lane) else None
            if agent is None:
                continue
            heappop(self.waiting[lane])
            del self._arrivals[job.id]
            yield job, agent
            if (head := self._head(lane, pool)) is not None:
                heappush(heads, head)

    def _head(self, lane: _Lane, pool: AgentPool) -> _Entry | None:
        """Return the first entry of a lane; None where there is none that an agent can take."""
        heap = self.waiting.get(lane, [])
        while heap and (heap[0][-1].state != "scheduled" or heap[0][0] != -heap[0][-1].priority):
            job = heappop(heap)[-1]
            if job.state != "scheduled":
                self._arrivals.pop(job.id, None)
        if not heap:
            self.waiting.pop(lane, None)
        return heap[0] if heap and pool.serves(lane) else None


def _lane(job: Job) -> _Lane:
    step = job.step
    assert job.queue is not None
    assert isinstance(step, CommandStep)
    return job.queue, step.tags


def _able(lane: _Lane) -> list[Agent]:
    queue, tags = lane
    return [agent for agent in queue.agents if _has(agent, tags)] if tags else queue.agents


def _has(agent: Agent, tags: Sequence[str]) -> bool:
    """Tell whether an agent has all tags. The value `*` stands for any."""
    return all(
        tag in agent.meta_data or (tag.endswith("=*") and any(own.startswith(tag[:-1]) for own in agent.meta_data))
        for tag in tags
    )


def _values(tags: Sequence[str]) -> list[str]:
    """Return the tags that an agent needs to have, for one that is made for a job."""
    return [f"{tag[:-1]}any" if tag.endswith("=*") else tag for tag in tags]
