"""Agent pools: the choice of the agent that takes a job."""

from __future__ import annotations

from collections.abc import Callable

from ..state.builds import Job
from ..state.clusters import Agent, Queue

__all__ = ["AgentPool", "HistoryAgentPool"]


class AgentPool:
    """Agents of an organization.

    Args:
        agents: the organization's list of agents.
        connect: connects a new agent to a queue that has no free one; None where the number of agents is fixed.
    """

    def __init__(self, agents: list[Agent], connect: Callable[[Queue], Agent] | None) -> None:
        self._agents = agents
        self._connect = connect

    def assign(self, job: Job, queue: Queue) -> Agent | None:
        """Give a job to a free agent of its queue and return the agent; None where there is none."""
        if queue.paused:
            return None
        agent = next((agent for agent in self._agents if agent.queue is queue and agent.free), None)
        if agent is None and self._connect is not None:
            agent = self._connect(queue)
        if agent is not None:
            agent.job_id = job.id
        job.agent = agent
        return agent


class HistoryAgentPool(AgentPool):
    """The same agents for builds of the past, in which every agent is free at any time."""

    def __init__(self, agents: list[Agent], connect: Callable[[Queue], Agent] | None) -> None:
        super().__init__(agents, connect)
        self._turn = 0

    def assign(self, job: Job, queue: Queue) -> Agent | None:
        agents = [agent for agent in self._agents if agent.queue is queue]
        if not agents and self._connect is not None:
            agents = [self._connect(queue)]
        self._turn += 1
        job.agent = agents[self._turn % len(agents)] if agents else None
        return job.agent
