"""Views of an agent: by itself, in a job of a build, and in a list of builds."""

from __future__ import annotations

from ....timestamps import format_optional_time, format_time
from ...state.clusters import Agent
from ..request import Json
from .urls import Urls, graphql_id
from .users import user_or_none, user_view

__all__ = ["agent_in_build", "agent_stub", "agent_view"]


def agent_stub(agent: Agent, urls: Urls) -> Json:
    """Return the agent of a job in a list of builds."""
    return {"id": agent.id, "url": urls.agent(agent), "name": agent.name}


def agent_in_build(agent: Agent, urls: Urls) -> Json:
    """Return the agent of a job in a single build."""
    return {
        "id": agent.id,
        "graphql_id": graphql_id("Agent", agent.id),
        "url": urls.agent(agent),
        "web_url": urls.agent_web(agent),
        "name": agent.name,
        "connection_state": agent.connection_state,
        "hostname": agent.hostname,
        "ip_address": "192.0.2.10",
        "user_agent": f"buildkite-agent/{agent.version} (linux; amd64)",
        "creator": user_view(agent.creator),
        "created_at": format_time(agent.created_at),
    }


def agent_view(agent: Agent, urls: Urls, job: Json | None) -> Json:
    """Return an agent by itself or in the list of agents; `job` is the view of its job."""
    return {
        **agent_in_build(agent, urls),
        "version": agent.version,
        "os_id": "linux",
        "arch": "amd64",
        "queue": agent.queue.key,
        "connected_at": format_time(agent.created_at),
        "disconnected_at": format_optional_time(agent.disconnected_at),
        "lost_at": format_optional_time(agent.lost_at),
        "stopped_at": format_optional_time(agent.stopped_at),
        "job": job,
        "last_job_finished_at": format_optional_time(agent.last_job_finished_at),
        "priority": None,
        "meta_data": agent.meta_data,
        "paused": agent.paused,
        "paused_at": format_optional_time(agent.paused_at),
        "paused_by": user_or_none(agent.paused_by),
        "paused_note": agent.paused_note,
        "paused_timeout_in_minutes": agent.paused_timeout_in_minutes,
    }
