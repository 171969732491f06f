"""A job in answers. Its type decides its shape, and so does the endpoint."""

from __future__ import annotations

from typing import Literal

from ...definition.steps import BlockStep, CommandStep, TriggerStep
from ...ids import graphql_id
from ...jobs import Job
from ...times import written, written_or_none
from ..request import Json
from .agents import agent_in_build, agent_stub
from .urls import Urls
from .users import user_or_none

Agents = Literal["stub", "whole", "none"]
"""How much an endpoint tells of a job's agent: a list of builds, one build, the endpoints of jobs."""


def job_view(job: Job, urls: Urls, *, agents: Agents, in_build: bool) -> Json:
    """A job of any type."""
    common: Json = {
        "id": job.id,
        "graphql_id": graphql_id("Job", job.id),
        "type": job.type,
    }
    match job.step:
        case CommandStep() as step:
            group: Json = {"group_key": step.group} if in_build else {}
            return common | group | _script(job, step, urls, agents)
        case BlockStep() as step:
            return common | _manual(job, step, urls)
        case TriggerStep() as step:
            return common | _trigger(job, step, urls)
        case _:
            return common | {"state": job.state, "web_url": urls.job_web(job)}


def acted_job_view(job: Job, urls: Urls) -> Json:
    """A command job as the answers to retry and reprioritize show it: the build's web page, and no artifacts' address."""
    view = job_view(job, urls, agents="none", in_build=False)
    if job.command_step is not None:
        view["build_url"] = urls.build_web(job.build)
        view["artifacts_url"] = ""
    return view


def agents_job_view(job: Job, urls: Urls) -> Json:
    """The job that an agent runs, as the agent shows it."""
    whole = job_view(job, urls, agents="none", in_build=False)
    kept = (
        "id graphql_id type name agent_query_rules state build_url web_url log_url raw_log_url artifacts_url command "
        "soft_failed exit_status artifact_paths agent created_at scheduled_at started_at finished_at"
    )
    return {**{key: whole[key] for key in kept.split()}, "script_path": whole["command"]}


def _script(job: Job, step: CommandStep, urls: Urls, agents: Agents) -> Json:
    url = urls.job(job)
    queue = job.queue
    return {
        "name": step.name,
        "step_key": step.key,
        "step": {"id": job.step_id, "signature": None},
        "priority": {"number": job.priority},
        "agent_query_rules": [] if queue is None else [f"queue={queue.key}"],
        "state": job.state,
        "build_url": urls.build(job.build),
        "web_url": urls.job_web(job),
        "log_url": f"{url}/log",
        "raw_log_url": f"{url}/log.txt",
        "artifacts_url": f"{url}/artifacts",
        "command": step.command,
        "soft_failed": job.soft_failed,
        "exit_status": job.exit_status,
        "signal": job.signal,
        "signal_reason": job.signal_reason,
        "broken_reason": job.broken_reason,
        "artifact_paths": ";".join(step.artifacts) or None,
        "agent": _agent(job, urls, agents),
        "created_at": written(job.created_at),
        "scheduled_at": written_or_none(job.scheduled_at),
        "runnable_at": written_or_none(job.runnable_at),
        "concurrency_wait_time_ms": None,
        "started_at": written_or_none(job.started_at),
        "finished_at": written_or_none(job.finished_at),
        "expired_at": written_or_none(job.expired_at),
        "retried": job.retried,
        "retried_in_job_id": job.retried_in.id if job.retried_in else None,
        "retries_count": job.attempt or None,
        "retry_source": {"job_id": job.retry_of.id, "retry_type": job.retry_of.retry_type} if job.retry_of else None,
        "retry_type": job.retry_type,
        "retried_by": user_or_none(job.retried_by),
        "parallel_group_index": job.parallel_index,
        "parallel_group_total": step.parallelism,
        "matrix": None,
        "cluster_id": queue.cluster.id if queue else None,
        "cluster_url": urls.cluster(queue.cluster) if queue else None,
        "cluster_queue_id": queue.id if queue else None,
        "cluster_queue_url": urls.queue(queue) if queue else None,
    }


def _agent(job: Job, urls: Urls, agents: Agents) -> Json | None:
    if job.agent is None or agents == "none":
        return None
    return agent_stub(job.agent, urls) if agents == "stub" else agent_in_build(job.agent, urls)


def _manual(job: Job, step: BlockStep, urls: Urls) -> Json:
    return {
        "label": step.label,
        "state": job.state,
        "web_url": urls.job_web(job),
        "unblocked_by": user_or_none(job.unblocked_by),
        "unblocked_at": written_or_none(job.unblocked_at),
        "unblockable": job.state == "blocked",
        "unblock_url": f"{urls.job(job)}/unblock",
    }


def _trigger(job: Job, step: TriggerStep, urls: Urls) -> Json:
    build = job.triggered_build
    return {
        "name": step.label,
        "step_key": step.key,
        "state": job.state,
        "async": not step.wait_for_it,
        "web_url": urls.job_web(job),
        "created_at": written(job.created_at),
        "scheduled_at": written_or_none(job.scheduled_at),
        "runnable_at": written_or_none(job.runnable_at),
        "started_at": written_or_none(job.started_at),
        "finished_at": written_or_none(job.finished_at),
        "triggered_build": None
        if build is None
        else {
            "id": build.id,
            "number": build.number,
            "url": urls.build(build),
            "web_url": urls.build_web(build),
        },
    }
