"""Views of a job, of its environment and of its artifacts. The form of a job depends on its type and on the endpoint."""

from __future__ import annotations

from typing import Literal

from ....timestamps import format_optional_time, format_time
from ...definition.steps import BlockStep, CommandStep, TriggerStep
from ...state.builds import Artifact, Job
from ..request import Json
from .agents import agent_in_build, agent_stub
from .urls import Urls, graphql_id
from .users import user_or_none

__all__ = ["AgentDetail", "acted_job_view", "agents_job_view", "artifact_view", "job_view"]


AgentDetail = Literal["stub", "full", "none"]
"""Form of a job's agent: `stub` in a list of builds, `full` in a build, `none` in the endpoints of jobs."""


def job_view(job: Job, urls: Urls, *, agents: AgentDetail, in_build: bool) -> Json:
    """Return a job of any type."""
    if isinstance(job.step, CommandStep):
        view = _script(job, job.step, urls, agents)
        if not in_build:
            del view["group_key"]
        return view
    common: Json = {
        "id": job.id,
        "graphql_id": graphql_id("Job", job.id),
        "type": job.type,
    }
    match job.step:
        case BlockStep() as step:
            return common | _manual(job, step, urls)
        case TriggerStep() as step:
            return common | _trigger(job, step, urls)
        case _:
            return common | {"state": job.state, "web_url": urls.job_web(job)}


def acted_job_view(job: Job, urls: Urls) -> Json:
    """Return a job in the answer to retry or reprioritize: with the build's web page, and an empty `artifacts_url`."""
    view = job_view(job, urls, agents="none", in_build=False)
    if job.command_step is not None:
        view["build_url"] = urls.build_web(job.build)
        view["artifacts_url"] = ""
    return view


def agents_job_view(job: Job, urls: Urls) -> Json:
    """Return the job that an agent runs, as the agent shows it."""
    whole = job_view(job, urls, agents="none", in_build=False)
    kept = (
        "id graphql_id type name agent_query_rules state build_url web_url log_url raw_log_url artifacts_url command "
        "soft_failed exit_status artifact_paths agent created_at scheduled_at started_at finished_at"
    )
    return {**{key: whole[key] for key in kept.split()}, "script_path": whole["command"]}


def _script(job: Job, step: CommandStep, urls: Urls, agents: AgentDetail) -> Json:
    build_url = urls.build(job.build)
    url = f"{build_url}/jobs/{job.id}"
    queue = job.queue
    cluster_url = urls.cluster(queue.cluster) if queue else None
    return {
        "id": job.id,
        "graphql_id": graphql_id("Job", job.id),
        "type": "script",
        "group_key": None if step.group is None else step.group.key,
        "name": step.label or None,
        "step_key": step.key,
        "step": {"id": job.step_id, "signature": None},
        "priority": {"number": job.priority},
        "agent_query_rules": _rules(job, step),
        "state": _shown_state(job),
        "build_url": build_url,
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
        "artifact_paths": ";".join(step.artifact_paths) or None,
        "agent": _agent(job, urls, agents),
        "created_at": format_time(job.created_at),
        "scheduled_at": format_optional_time(job.scheduled_at),
        "runnable_at": format_optional_time(job.runnable_at),
        "concurrency_wait_time_ms": _waited(job),
        "started_at": format_optional_time(job.started_at),
        "finished_at": format_optional_time(job.finished_at),
        "expired_at": format_optional_time(job.expired_at),
        "retried": job.retried,
        "retried_in_job_id": job.retried_in.id if job.retried_in else None,
        "promised_exit_status": job.promised_exit_status,
        "promised_exit_status_at": format_optional_time(job.promised_exit_status_at),
        "retries_count": job.attempt or None,
        "retry_source": {"job_id": job.retry_of.id, "retry_type": job.retry_of.retry_type} if job.retry_of else None,
        "retry_type": job.retry_type,
        "retried_by": user_or_none(job.retried_by),
        "parallel_group_index": job.parallel_index,
        "parallel_group_total": step.parallelism,
        "matrix": None if step.matrix is None else step.matrix.get("", dict(step.matrix)),
        "cluster_id": queue.cluster.id if queue else None,
        "cluster_url": cluster_url,
        "cluster_queue_id": queue.id if queue else None,
        "cluster_queue_url": f"{cluster_url}/queues/{queue.id}" if queue else None,
    }


def _shown_state(job: Job) -> str:
    """Return the state that the API shows: a job that waits for its concurrency group is `scheduled`."""
    return "scheduled" if job.state in ("limiting", "limited") else job.state


def _rules(job: Job, step: CommandStep) -> list[str]:
    """Return the tags that an agent needs, with the queue of a job that names none."""
    if step.queue is not None or job.queue is None:
        return list(step.agents)
    return [f"queue={job.queue.key}", *step.agents]


def _waited(job: Job) -> int | None:
    """Return the milliseconds that a job waited for its concurrency group."""
    if job.limited_at is None or job.runnable_at is None:
        return None
    return round((job.runnable_at - job.limited_at) * 1000)


def _agent(job: Job, urls: Urls, agents: AgentDetail) -> Json | None:
    if job.agent is None or agents == "none":
        return None
    return agent_stub(job.agent, urls) if agents == "stub" else agent_in_build(job.agent, urls)


def _manual(job: Job, step: BlockStep, urls: Urls) -> Json:
    return {
        "label": step.label,
        "step_key": step.key,
        "state": job.state,
        "web_url": urls.job_web(job),
        "unblocked_by": user_or_none(job.unblocked_by),
        "unblocked_at": format_optional_time(job.unblocked_at),
        "unblockable": job.state == "blocked",
        "unblock_url": f"{urls.job(job)}/unblock",
    }


def _trigger(job: Job, step: TriggerStep, urls: Urls) -> Json:
    build = job.triggered_build
    return {
        "name": step.label,
        "step_key": step.key,
        "state": job.state,
        "async": step.asynchronous,
        "web_url": urls.job_web(job),
        "created_at": format_time(job.created_at),
        "scheduled_at": format_optional_time(job.scheduled_at),
        "runnable_at": format_optional_time(job.runnable_at),
        "started_at": format_optional_time(job.started_at),
        "finished_at": format_optional_time(job.finished_at),
        "triggered_build": None
        if build is None
        else {
            "id": build.id,
            "number": build.number,
            "url": urls.build(build),
            "web_url": urls.build_web(build),
        },
    }


def artifact_view(artifact: Artifact, urls: Urls) -> Json:
    """Return an artifact."""
    url = f"{urls.job(artifact.job)}/artifacts/{artifact.id}"
    return {
        "id": artifact.id,
        "job_id": artifact.job.id,
        "url": url,
        "download_url": f"{url}/download",
        "state": artifact.state,
        "path": artifact.path,
        "dirname": artifact.dirname,
        "filename": artifact.filename,
        "mime_type": artifact.mime_type,
        "file_size": len(artifact.data),
        "glob_path": None,
        "original_path": None,
        "sha1sum": artifact.sha1sum,
    }
