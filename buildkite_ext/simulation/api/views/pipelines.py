"""Views of a pipeline: by itself and in a build."""

from __future__ import annotations

from collections.abc import Mapping

from ....timestamps import format_time
from ...definition.steps import BlockStep, CommandStep, Step, TriggerStep
from ...state.pipelines import Pipeline
from ..request import Json
from .urls import Urls, graphql_id
from .users import user_view

__all__ = ["embedded_pipeline", "pipeline_view"]


def embedded_pipeline(pipeline: Pipeline, counts: Mapping[str, int], urls: Urls, *, may_write: bool) -> Json:
    """Return the short form that a build contains."""
    return {
        "id": pipeline.id,
        "graphql_id": graphql_id("Pipeline", pipeline.id),
        "url": urls.pipeline(pipeline),
        "name": pipeline.name,
        "slug": pipeline.slug,
        "repository": pipeline.repository,
        "provider": _provider(pipeline, may_write),
        "skip_queued_branch_builds": pipeline.skip_queued_branch_builds,
        "skip_queued_branch_builds_filter": pipeline.skip_queued_branch_builds_filter,
        "cancel_running_branch_builds": pipeline.cancel_running_branch_builds,
        "cancel_running_branch_builds_filter": pipeline.cancel_running_branch_builds_filter,
        "builds_url": f"{urls.pipeline(pipeline)}/builds",
        "badge_url": f"https://badge.example/{pipeline.id}.svg",
        "created_at": format_time(pipeline.created_at),
        **counts,
    }


def pipeline_view(pipeline: Pipeline, counts: Mapping[str, int], urls: Urls, *, may_write: bool) -> Json:
    """Return a pipeline. Only a token that may write it sees its webhook URL."""
    return {
        **embedded_pipeline(pipeline, counts, urls, may_write=may_write),
        "web_url": urls.pipeline_web(pipeline),
        "description": pipeline.description,
        "branch_configuration": pipeline.branch_configuration,
        "default_branch": pipeline.default_branch,
        "created_by": user_view(pipeline.created_by),
        "archived_at": None,
        "visibility": "private",
        "cluster_id": pipeline.cluster_id,
        "allow_rebuilds": pipeline.allow_rebuilds,
        "tags": None,
        "env": pipeline.env,
        "steps": [_step(step) for step in pipeline.steps],
    }


def _provider(pipeline: Pipeline, may_write: bool) -> Json:
    """Return the source code provider. Clients in Go can't read a provider without `settings`."""
    return {
        "id": "github",
        "webhook_url": f"https://webhook.example/deliver/{pipeline.id}" if may_write else "",
        "settings": {
            "trigger_mode": "code",
            "build_pull_requests": True,
            "build_pull_request_forks": False,
            "build_tags": False,
            "publish_commit_status": True,
            "publish_commit_status_per_step": False,
            "repository": pipeline.repository.partition(":")[2].removesuffix(".git"),
        },
    }


def _step(step: Step) -> Json:
    match step:
        case CommandStep():
            return {
                "type": "script",
                "name": step.label or None,
                "command": step.command,
                "artifact_paths": ";".join(step.artifact_paths) or None,
                "branch_configuration": step.branches,
                "env": dict(step.env),
                "timeout_in_minutes": None if step.timeout is None else max(1, round(step.timeout / 60)),
                "agent_query_rules": list(step.agents),
                "concurrency": None if step.concurrency is None else step.concurrency.limit,
                "parallelism": step.parallelism,
            }
        case BlockStep():
            return {"type": "manual", "label": step.label}
        case TriggerStep():
            return {
                "type": "trigger",
                "label": step.label,
                "pipeline": step.pipeline,
                "build": {
                    "message": step.message,
                    "branch": step.branch or "main",
                    "commit": step.commit or "HEAD",
                    "env": dict(step.env) or None,
                },
                "async": step.asynchronous,
                "branch_configuration": step.branches,
            }
        case _:
            return {"type": "waiter"}
