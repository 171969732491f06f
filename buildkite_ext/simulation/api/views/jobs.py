"""Views of a job, of its environment and of its artifacts. The form of a job depends on its type and on the endpoint."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from ....timestamps import format_optional_time, format_time
from ...definition.steps import BlockStep, CommandStep, TriggerStep
from ...state.builds import Artifact, Job
from ...state.clusters import Agent
from ..request import Json
from .agents import agent_in_build, agent_stub
from .urls import Urls, graphql_id
from .users import user_or_none, user_view

__all__ = ["AgentDetail", "acted_job_view", "agents_job_view", "artifact_view", "job_view"]


AgentDetail = Literal["stub", "full", "none"]
"""Form of a job's agent: `stub` in a list of builds, `full` in a build, `none` in the endpoints of jobs."""


def job_view(
    job: Job, urls: Urls, *, agents: AgentDetail, in_build: bool, of_build: tuple[str, str] | None = None
) -> Json:
    """Return a job of any type.

    Args:
        job: the job.
        urls: the URLs that the view contains.
        agents: the form of its agent.
        in_build: whether it is shown in its build.
        of_build: the API URL and the web URL of its build, if the caller has them; else they are made.
    """
    if isinstance(job.step, CommandStep):
        view = _script(job, job.step, urls, agents, of_build or (urls.build(job.build), urls.build_web(job.build)))
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


def _script(job: Job, step: CommandStep, urls: Urls, agents: AgentDetail, of_build: tuple[str, str]) -> Json:
    job_id, queue = job.id, job.queue
    build_url, build_web = of_build
    url = f"{build_url}/jobs/{job_id}"
    return {
        **_of_step(
            step, None if queue is None else (queue.cluster.id, queue.id, queue.key, urls.cluster(queue.cluster))
        ),
        "id": job_id,
        "graphql_id": graphql_id("Job", job_id),
        "step": {"id": job.step_id, "signature": None},
        "priority": {"number": job.priority},
        "state": _SHOWN_STATES.get(job.state, job.state),
        "build_url": build_url,
        "web_url": f"{build_web}#{job_id}",
        "log_url": f"{url}/log",
        "raw_log_url": f"{url}/log.txt",
        "artifacts_url": f"{url}/artifacts",
        "soft_failed": job.soft_failed,
        "exit_status": job.exit_status,
        "signal": job.signal,
        "signal_reason": job.signal_reason,
        "broken_reason": job.broken_reason,
        "agent": None if job.agent is None else _agent(job.agent, urls, agents),
        "created_at": format_time(job.created_at),
        "scheduled_at": format_optional_time(job.scheduled_at),
        "runnable_at": format_optional_time(job.runnable_at),
        "concurrency_wait_time_ms": None if job.limited_at is None else _waited(job.limited_at, job.runnable_at),
        "started_at": format_optional_time(job.started_at),
        "finished_at": format_optional_time(job.finished_at),
        "expired_at": format_optional_time(job.expired_at),
        "retried": job.retried_in is not None,
        "retried_in_job_id": None if job.retried_in is None else job.retried_in.id,
        "promised_exit_status": job.promised_exit_status,
        "promised_exit_status_at": format_optional_time(job.promised_exit_status_at),
        "retries_count": job.attempt or None,
        "retry_source": None if job.retry_of is None else _retry_source(job.retry_of),
        "retry_type": job.retry_type,
        "retried_by": None if job.retried_by is None else user_view(job.retried_by),
        "parallel_group_index": job.parallel_index,
    }


_FIELDS = (
    "id graphql_id type group_key name step_key step priority agent_query_rules state build_url web_url log_url raw_log_url "
    "artifacts_url command soft_failed exit_status signal signal_reason broken_reason artifact_paths agent created_at "
    "scheduled_at runnable_at concurrency_wait_time_ms started_at finished_at expired_at retried retried_in_job_id "
    "promised_exit_status promised_exit_status_at retries_count retry_source retry_type retried_by parallel_group_index "
    "parallel_group_total matrix cluster_id cluster_url cluster_queue_id cluster_queue_url"
)
"""Fields of a command job in their order."""

_SCRIPT: Json = {**dict.fromkeys(_FIELDS.split())}

_SHOWN_STATES = {"limiting": "scheduled", "limited": "scheduled"}
"""States that the API shows in place of others: a job that waits for its concurrency group is `scheduled`."""


@lru_cache(maxsize=1024)
def _of_step(step: CommandStep, queue: tuple[str, str, str, str] | None) -> Json:
    """Return the fields of a command job, with the values that all jobs of its step have in one queue.

    Args:
        step: the step.
        queue: the id of its cluster, its id, its key, and the URL of the cluster: the cache keeps no organization.
    """
    cluster_id, queue_id, key, cluster_url = (None, None, None, None) if queue is None else queue
    return {
        **_SCRIPT,
        "type": "script",
        "group_key": None if step.group is None else step.group.key,
        "name": step.label or None,
        "step_key": step.key,
        "agent_query_rules": [
            *([] if key is None or step.queue is not None else [f"queue={key}"]),  # of a step that names none
            *step.agents,
        ],
        "command": step.command,
        "artifact_paths": ";".join(step.artifact_paths) or None,
        "parallel_group_total": step.parallelism,
        "matrix": None if step.matrix is None else step.matrix.get("", dict(step.matrix)),
        "cluster_id": cluster_id,
        "cluster_url": cluster_url,
        "cluster_queue_id": queue_id,
        "cluster_queue_url": None if queue_id is None else f"{cluster_url}/queues/{queue_id}",
    }


def _retry_source(retried: Job) -> Json:
    return {"job_id": retried.id, "retry_type": retried.retry_type}


def _waited(limited_at: float, runnable_at: float | None) -> int | None:
    """Return the milliseconds that a job waited for its concurrency group."""
    return None if runnable_at is None else round((runnable_at - limited_at) * 1000)


def _agent(agent: Agent, urls: Urls, agents: AgentDetail) -> Json | None:
    if agents == "none":
        return None
    return agent_stub(agent, urls) if agents == "stub" else agent_in_build(agent, urls)


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
