"""An agent in answers: by itself, inside a build's job, and as the stub that lists of builds have."""

from __future__ import annotations

from ...engine.agent_pool import Agent
from ...ids import graphql_id
from ...times import written, written_or_none
from ..request import Json
from .urls import Urls
from .users import user_or_none, user_view


def agent_stub(agent: Agent, urls: Urls) -> Json:
    """What a list of builds tells of a job's agent."""
    return {"id": agent.id, "url": urls.agent(agent), "name": agent.name}


def agent_in_build(agent: Agent, urls: Urls) -> Json:
    """What a single build tells of a job's agent."""
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
        "created_at": written(agent.created_at),
    }


def agent_view(agent: Agent, urls: Urls, job: Json | None) -> Json:
    """An agent by itself and in the list of agents; `job` is what it runs."""
    return {
        **agent_in_build(agent, urls),
        "version": agent.version,
        "os_id": "linux",
        "arch": "amd64",
        "queue": agent.queue.key,
        "connected_at": written(agent.created_at),
        "disconnected_at": written_or_none(agent.disconnected_at),
        "lost_at": None,
        "stopped_at": written_or_none(agent.stopped_at),
        "job": job,
        "last_job_finished_at": written_or_none(agent.last_job_finished_at),
        "priority": None,
        "meta_data": agent.meta_data,
        "paused": agent.paused,
        "paused_at": written_or_none(agent.paused_at),
        "paused_by": user_or_none(agent.paused_by),
        "paused_note": agent.paused_note,
        "paused_timeout_in_minutes": agent.paused_timeout_in_minutes,
    }
