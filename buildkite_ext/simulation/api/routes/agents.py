"""Routes of agents. https://buildkite.com/docs/apis/rest-api/agents"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.clusters import Agent
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import Json, RefusedRequest, SimResponse, json_response
from ..views.agents import agent_view
from ..views.jobs import agents_job_view

__all__ = ["HANDLERS"]


_PAUSE_MINUTES = 5
"""Minutes of a pause unless the request names others."""


def _list_agents(request: RoutedRequest) -> SimResponse:
    text = request.query.text
    name, hostname, version, queue = text("name"), text("hostname"), text("version"), text("cluster_queue_id")
    shown = list(request.organization.connected_agents.values())
    if any((name, hostname, version, queue)):
        shown = [
            agent
            for agent in shown
            if name in (None, agent.name)
            and hostname in (None, agent.hostname)
            and version in (None, agent.version)
            and queue in (None, agent.queue.id)
        ]
    return request.page(shown, lambda agent: _view(request, agent))


def _get_agent(request: RoutedRequest) -> SimResponse:
    return json_response(_view(request, _agent(request)))


def _stop_agent(request: RoutedRequest) -> SimResponse:
    agent = _agent(request)
    if agent.connection_state not in ("connected", "stopping"):
        raise RefusedRequest(400, "Can only stop connected agents")
    # The body of the request is not read for an idle agent.
    force = agent.job_id is not None and request.body().get("force", True) is not False
    request.engine.agents.stop(agent, force=force)
    return NO_CONTENT


def _pause_agent(request: RoutedRequest) -> SimResponse:
    agent = _agent(request)
    if agent.connection_state != "connected":
        raise RefusedRequest(422, "The agent isn't connected")
    if agent.paused:
        raise RefusedRequest(422, "The agent is paused already")
    body = request.body()
    note, minutes = body.get("note"), body.get("timeout_in_minutes")
    request.engine.agents.pause(
        agent,
        request.user,
        note if isinstance(note, str) else None,
        minutes if type(minutes) is int and minutes > 0 else _PAUSE_MINUTES,
    )
    return NO_CONTENT


def _resume_agent(request: RoutedRequest) -> SimResponse:
    agent = _agent(request)
    if not agent.paused:
        raise RefusedRequest(422, "Agent is not paused")
    request.engine.agents.resume(agent)
    return NO_CONTENT


def _agent(request: RoutedRequest) -> Agent:
    agent = request.organization.agents_by_id.get(request.path["agent_id"])
    if agent is None:
        raise RefusedRequest(404, "No agent found")
    return agent


def _view(request: RoutedRequest, agent: Agent) -> Json:
    # The job of a deleted pipeline runs on, and can't be found.
    job = None if agent.job_id is None else request.organization.jobs.get(agent.job_id)
    return agent_view(agent, request.urls, agents_job_view(job, request.urls) if job else None)


HANDLERS: Mapping[str, Handler] = {
    "list_agents": _list_agents,
    "get_agent": _get_agent,
    "stop_agent": _stop_agent,
    "pause_agent": _pause_agent,
    "resume_agent": _resume_agent,
}
