"""Agents. https://buildkite.com/docs/apis/rest-api/agents"""

from __future__ import annotations

from buildkite_api.api.agents import get_agent, list_agents, pause_agent, resume_agent, stop_agent
from buildkite_api.models import Agent

from ..pagination.items import AsyncItems
from ._base import blocking
from ._generated import agents as generated
from .arguments import given
from .checks import check

__all__ = ["Agents", "AsyncAgents"]


class AsyncAgents(generated.AsyncAgents):
    """Agents that are connected."""

    def list(
        self,
        *,
        name: str | None = None,
        hostname: str | None = None,
        version: str | None = None,
        cluster_queue_id: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Agent]:
        """List the agents that are connected or stopping, lazily. Scope: read_agents.

        Buildkite has no filter for tags: `[agent for agent in agents.list() if "os=linux" in agent.meta_data]`.

        Args:
            name, hostname, version: agents with this name, host or version.
            cluster_queue_id: agents of this queue.
            per_page: agents a request, at most 100.
            limit: the maximum of agents.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/agents
        """
        check(AsyncAgents.list, locals())
        return self._items(
            "agents.list",
            list_agents,
            self._requester.organization,
            name=name,
            hostname=hostname,
            version=version,
            cluster_queue_id=cluster_queue_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, agent_id: str) -> Agent:
        """Get an agent in any state. Scope: read_agents.

        Args:
            agent_id: its id.

        Raises:
            AgentNotFound: it doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/agents
        """
        check(AsyncAgents.get, locals())
        return await self._requester.call(get_agent, self._requester.organization, agent_id)

    async def stop(self, agent_id: str, *, force: bool | None = None) -> None:
        """Stop an agent. Scope: write_agents.

        Args:
            agent_id: its id.
            force: False lets it finish its job; Buildkite's default, True, cancels the job.

        Raises:
            InvalidRequest: it isn't connected.

        https://buildkite.com/docs/apis/rest-api/agents
        """
        check(AsyncAgents.stop, locals())
        from buildkite_api.models import StopAgentRequest

        await self._requester.call(
            stop_agent, self._requester.organization, agent_id, body=StopAgentRequest(**given(force=force))
        )

    async def pause(self, agent_id: str, *, note: str | None = None, timeout_in_minutes: int | None = None) -> None:
        """Keep an agent from taking further jobs. Scope: write_agents.

        Args:
            agent_id: its id.
            note: the reason.
            timeout_in_minutes: minutes after which it continues by itself.

        Raises:
            InvalidRequest: it is paused already, or isn't connected.

        https://buildkite.com/docs/apis/rest-api/agents
        """
        check(AsyncAgents.pause, locals())
        from buildkite_api.models import PauseAgentRequest

        body = PauseAgentRequest(**given(note=note, timeout_in_minutes=timeout_in_minutes))
        await self._requester.call(pause_agent, self._requester.organization, agent_id, body=body)

    async def resume(self, agent_id: str) -> None:
        """Resume a paused agent. Scope: write_agents.

        Args:
            agent_id: its id.

        Raises:
            InvalidRequest: it isn't paused.

        https://buildkite.com/docs/apis/rest-api/agents
        """
        check(AsyncAgents.resume, locals())
        await self._requester.call(resume_agent, self._requester.organization, agent_id)


class Agents(generated.Agents):
    """Agents that are connected."""

    list = blocking(AsyncAgents.list)
    get = blocking(AsyncAgents.get)
    stop = blocking(AsyncAgents.stop)
    pause = blocking(AsyncAgents.pause)
    resume = blocking(AsyncAgents.resume)
