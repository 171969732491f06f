"""A pipeline in answers: whole, and as it stands inside a build."""

from __future__ import annotations

from ...definition.steps import BlockStep, CommandStep, Step, TriggerStep
from ...ids import graphql_id
from ...state.pipelines import Pipeline
from ...times import written
from ..request import Json
from .urls import Urls
from .users import user_view


def embedded_pipeline(pipeline: Pipeline, urls: Urls, *, may_write: bool) -> Json:
    """The smaller form inside a build."""
    return {
        "id": pipeline.id,
        "graphql_id": graphql_id("Pipeline", pipeline.id),
        "url": urls.pipeline(pipeline),
        "name": pipeline.name,
        "slug": pipeline.slug,
        "repository": pipeline.repository,
        "provider": _provider(pipeline, may_write),
        "skip_queued_branch_builds": pipeline.skip_queued_branch_builds,
        "skip_queued_branch_builds_filter": None,
        "cancel_running_branch_builds": pipeline.cancel_running_branch_builds,
        "cancel_running_branch_builds_filter": None,
        "builds_url": f"{urls.pipeline(pipeline)}/builds",
        "badge_url": f"https://badge.example/{pipeline.id}.svg",
        "created_at": written(pipeline.created_at),
        **pipeline.counts(),
    }


def pipeline_view(pipeline: Pipeline, urls: Urls, *, may_write: bool) -> Json:
    """A pipeline of the list and by itself. Only somebody who may write sees where its webhooks go."""
    return {
        **embedded_pipeline(pipeline, urls, may_write=may_write),
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
    """Return the source code provider, with `settings` in every answer: programs in Go can't read a build without."""
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
                "name": step.name,
                "command": step.command,
                "artifact_paths": ";".join(step.artifacts) or None,
                "branch_configuration": step.branches,
                "env": dict(step.env),
                "timeout_in_minutes": None if step.timeout is None else max(1, round(step.timeout / 60)),
                "agent_query_rules": [] if step.queue is None else [f"queue={step.queue}"],
                "concurrency": None,
                "parallelism": step.parallelism,
            }
        case BlockStep():
            return {"type": "manual", "label": step.label}
        case TriggerStep():
            return {
                "type": "trigger",
                "label": step.label,
                "pipeline": step.pipeline,
                "build": {"message": None, "branch": step.branch or "main", "commit": "HEAD", "env": None},
                "async": not step.wait_for_it,
                "branch_configuration": None,
            }
        case _:
            return {"type": "waiter"}
