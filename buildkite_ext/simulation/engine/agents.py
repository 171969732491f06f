"""Agents: their connections, their pauses, and the jobs that they take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..state.actions import ScheduledAction
from ..state.builds import Build, Job
from ..state.clusters import Agent, Queue
from ..state.organization import Organization
from ..state.users import User
from .agent_pool import AgentPool, ReadyJobs
from .changes import AgentChanged, Changes
from .scheduler import Scheduler

__all__ = ["AgentConnections"]


class AgentConnections:
    """Connections of an organization's agents: the only writer of them.

    Args:
        organization: the organization.
        scheduler: knows the time, and wakes paused agents.
        changes: receives an event for each change.
        pool: the agents that take jobs.
        cancel: cancels a build.
        dispatch: gives jobs to free agents.
    """

    def __init__(
        self,
        organization: Organization,
        scheduler: Scheduler,
        changes: Changes,
        pool: AgentPool,
        *,
        cancel: Callable[[Build], object],
        dispatch: Callable[[], object],
    ) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes
        self._pool = pool
        self._cancel = cancel
        self._dispatch = dispatch
        self._ready = ReadyJobs()
        self._of_unknown_queues: list[Job] = []
        self._wakes: dict[str, ScheduledAction] = {}

    def connect(self, name: str, queue: Queue, tags: Sequence[str] = ()) -> Agent:
        """Connect a new agent. It takes jobs at the next dispatch."""
        agent = self._organization.add_agent(name, queue, self._now, tags)
        self._pool.freed(agent)
        self._changed(agent, None)
        return agent

    def stop(self, agent: Agent, *, force: bool) -> None:
        """Stop an agent: at once where it is idle, else after its job.

        Args:
            agent: the agent.
            force: whether the build of its job is canceled.
        """
        job = None if agent.job_id is None else self._organization.jobs[agent.job_id]
        if job is None:
            self._disconnect(agent, "stopped")
            return
        self._changed(agent, self._move(agent, "stopping"))
        if force:
            self._cancel(job.build)

    def pause(self, agent: Agent, by: User, note: str | None, minutes: int) -> None:
        """Pause an agent for some minutes: it takes no jobs."""
        agent.paused_at, agent.paused_by = self._now, by
        agent.paused_note, agent.paused_timeout_in_minutes = note, minutes
        self._wakes[agent.id] = self._scheduler.after(minutes * 60, self.resume, agent)
        self._changed(agent, agent.connection_state)

    def resume(self, agent: Agent) -> None:
        """Resume a paused agent."""
        self._clear_pause(agent)
        self._pool.freed(agent)
        self._changed(agent, agent.connection_state)
        self._dispatch()

    # Jobs ----------------------------------------------------------------------------------------------------------

    @property
    def jobs_wait(self) -> bool:
        """True if a job waits for an agent."""
        return bool(self._ready.waiting)

    def take(self, job: Job) -> bool:
        """Let an agent take a job if no other one waits, and tell whether it has. Else the job waits for `assignments`."""
        if job.queue is None:  # an unknown queue has no agents
            self._of_unknown_queues.append(job)
            return False
        agent = None if self._ready.waiting else self._pool.assign(job)
        if agent is None:
            self._ready.add(job)
            return False
        if self._changes.wanted:
            self._taken(job, agent)
        return True

    def offer(self, job: Job) -> None:
        """Offer a waiting job with a new priority to the agents of its queue."""
        self._ready.add(job)

    def waiting(self) -> list[Job]:
        """Return the jobs that wait for an agent."""
        self._of_unknown_queues = [job for job in self._of_unknown_queues if job.state == "scheduled"]
        return [*self._ready.jobs(), *self._of_unknown_queues]

    def waits(self, job: Job) -> bool:
        """Tell whether a job waits for an agent."""
        return job in self._ready

    def assignments(self) -> Iterator[Job]:
        """Yield the jobs that agents take now. The caller moves each on before it asks for the next one."""
        for job, agent in self._ready.assignments(self._pool):
            self._taken(job, agent)
            yield job

    def release(self, job: Job, *, lost: bool) -> None:
        """Free the agent of a job that has ended.

        Args:
            job: the job.
            lost: True if the agent was lost.
        """
        agent = job.agent
        if agent is None or agent.job_id != job.id:
            return
        agent.job_id = None
        agent.last_job_finished_at = self._scheduler.millisecond
        if lost:
            self._disconnect(agent, "lost")
        elif agent.connection_state == "stopping":
            self._disconnect(agent, "stopped")
        else:
            self._pool.freed(agent)
            if self._changes.wanted:
                self._changed(agent, agent.connection_state)

    def _taken(self, job: Job, agent: Agent) -> None:
        if agent.job_id == job.id:  # an agent of the past has no job now
            self._changed(agent, agent.connection_state)

    def _disconnect(self, agent: Agent, state: str) -> None:
        before = self._move(agent, state)
        agent.disconnected_at = self._now
        if state == "lost":
            agent.lost_at = self._now
        else:
            agent.stopped_at = self._now
        del self._organization.connected_agents[agent.id]
        self._clear_pause(agent)
        self._changed(agent, before)

    def _move(self, agent: Agent, state: str) -> str:
        """Change the connection state of an agent, and return the one before."""
        before, agent.connection_state = agent.connection_state, state
        self._organization.connections += 1
        return before

    def _clear_pause(self, agent: Agent) -> None:
        agent.paused_at = agent.paused_by = agent.paused_note = agent.paused_timeout_in_minutes = None
        if (wake := self._wakes.pop(agent.id, None)) is not None:
            wake.cancel()

    @property
    def _now(self) -> float:
        return self._scheduler.millisecond

    def _changed(self, agent: Agent, before: str | None) -> None:
        if self._changes.wanted:
            self._changes.emit(AgentChanged(agent, before, agent.connection_state, self._now))
