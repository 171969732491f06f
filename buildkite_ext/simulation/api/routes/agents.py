"""Agents. https://buildkite.com/docs/apis/rest-api/agents"""

from __future__ import annotations

from collections.abc import Mapping

from ...engine.agent_pool import Agent
from ..handler import NO_CONTENT, Call, Handler
from ..request import Json, Refused, SimResponse, json_response
from ..views.agents import agent_view
from ..views.jobs import agents_job_view

PAUSED_FOR = 5
"""The minutes that an agent is paused for unless the request says."""


def list_agents(call: Call) -> SimResponse:
    text = call.query.text
    name, hostname, version, queue = text("name"), text("hostname"), text("version"), text("cluster_queue_id")
    shown = [
        agent
        for agent in call.organization.agents
        if agent.connection_state in ("connected", "stopping")
        and name in (None, agent.name)
        and hostname in (None, agent.hostname)
        and version in (None, agent.version)
        and queue in (None, agent.queue.id)
    ]
    return call.listing(shown, lambda agent: _view(call, agent))


def get_agent(call: Call) -> SimResponse:
    return json_response(_view(call, _agent(call)))


def stop_agent(call: Call) -> SimResponse:
    agent = _agent(call)
    if agent.connection_state not in ("connected", "stopping"):
        raise Refused(400, "Can only stop connected agents")
    job = agent.job
    if job is None:
        agent.stop(call.now)
    else:
        agent.connection_state = "stopping"
        if call.body().get("force", True) is not False:
            call.engine.cancel(job.build)
    return NO_CONTENT


def pause_agent(call: Call) -> SimResponse:
    agent = _agent(call)
    if agent.connection_state != "connected":
        raise Refused(422, "The agent isn't connected")
    if agent.paused:
        raise Refused(422, "The agent is paused already")
    body = call.body()
    note, minutes = body.get("note"), body.get("timeout_in_minutes")
    agent.paused_at, agent.paused_by = call.now, call.user
    agent.paused_note = note if isinstance(note, str) else None
    agent.paused_timeout_in_minutes = minutes if type(minutes) is int and minutes > 0 else PAUSED_FOR

    def wake() -> None:
        agent.resume()
        call.engine.dispatch()

    agent.wakes = call.engine.timeline.after(agent.paused_timeout_in_minutes * 60, wake)
    return NO_CONTENT


def resume_agent(call: Call) -> SimResponse:
    agent = _agent(call)
    if not agent.paused:
        raise Refused(422, "Agent is not paused")
    agent.resume()
    call.engine.dispatch()
    return NO_CONTENT


def _agent(call: Call) -> Agent:
    for agent in call.organization.agents:
        if agent.id == call.path["agent_id"]:
            return agent
    raise Refused(404, "No agent found")


def _view(call: Call, agent: Agent) -> Json:
    return agent_view(agent, call.urls, agents_job_view(agent.job, call.urls) if agent.job else None)


HANDLERS: Mapping[str, Handler] = {
    "list_agents": list_agents,
    "get_agent": get_agent,
    "stop_agent": stop_agent,
    "pause_agent": pause_agent,
    "resume_agent": resume_agent,
}
