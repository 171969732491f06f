"""Views of a pipeline, by itself and in a build, of templates, schedules and rules."""

from __future__ import annotations

from collections.abc import Mapping

from ....timestamps import format_optional_time, format_time
from ...definition.steps import BlockStep, CommandStep, Step, TriggerStep
from ...state.pipelines import Pipeline, PipelineRule, PipelineTemplate
from ...state.schedules import PipelineSchedule
from ..request import Json
from .urls import Urls, graphql_id
from .users import user_view

__all__ = [
    "embedded_pipeline",
    "pipeline_view",
    "provider_of",
    "rule_view",
    "schedule_view",
    "template_view",
    "webhook_processing_view",
]


_HOSTS = {"gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
_GITHUB_SETTINGS: Json = {
    "trigger_mode": "code",
    "build_pull_requests": True,
    "build_pull_request_forks": False,
    "build_tags": False,
    "publish_commit_status": True,
    "publish_commit_status_per_step": False,
}


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
    text = pipeline.template
    return {
        **embedded_pipeline(pipeline, counts, urls, may_write=may_write),
        "web_url": urls.pipeline_web(pipeline),
        "description": pipeline.description,
        "branch_configuration": pipeline.branch_configuration,
        "default_branch": pipeline.default_branch,
        "created_by": user_view(pipeline.created_by),
        "archived_at": format_optional_time(pipeline.archived_at),
        "visibility": pipeline.visibility,
        "cluster_id": pipeline.cluster_id,
        "cluster_url": f"{urls.org()}/clusters/{pipeline.cluster_id}",
        "pipeline_template_uuid": None if pipeline.shared is None else pipeline.shared.uuid,
        "allow_rebuilds": pipeline.allow_rebuilds,
        "tags": None if pipeline.tags is None else list(pipeline.tags),
        "emoji": pipeline.emoji,
        "color": pipeline.color,
        "default_command_step_timeout": _minutes(pipeline.default_timeout),
        "maximum_command_step_timeout": _minutes(pipeline.maximum_timeout),
        "env": pipeline.env if text is None else {**pipeline.env, **text.definition.env},
        "configuration": None if text is None else text.text,
        "steps": [_step(step, {} if text is None else text.definition.env) for step in pipeline.steps],
        **({} if pipeline.clone_mirror_url is None else {"clone_mirror_url": pipeline.clone_mirror_url}),
    }


def provider_of(repository: str) -> tuple[str, str]:
    """Return the source code provider of a repository and the repository's name there.

    Only the providers whose ids the documentation names can be told by the host. Every other host counts as GitHub.
    """
    address = repository.partition("://")[2] or repository.replace(":", "/", 1)
    host, _, name = address.rpartition("@")[2].partition("/")
    return _HOSTS.get(host.partition(":")[0].lower(), "github"), name.removesuffix(".git")


def _provider(pipeline: Pipeline, may_write: bool) -> Json:
    """Return the source code provider. Clients in Go can't read a provider without `settings`."""
    provider, repository = provider_of(pipeline.repository)
    settings = _GITHUB_SETTINGS if provider == "github" else {}
    return {
        "id": provider,
        "webhook_url": f"https://webhook.example/deliver/{pipeline.id}" if may_write else "",
        "settings": {**settings, "repository": repository, **pipeline.provider_settings},
    }


def _minutes(seconds: float | None) -> int | None:
    return None if seconds is None else max(1, round(seconds / 60))


def webhook_processing_view(pipeline: Pipeline, urls: Urls) -> Json:
    """Return whether the webhooks of a pipeline are processed."""
    disabled_at, disabled_by = pipeline.webhooks_disabled or (None, None)
    return {
        "url": f"{urls.pipeline(pipeline)}/github-webhooks",
        "enabled": pipeline.webhooks_disabled is None,
        "disabled_at": format_optional_time(disabled_at),
        "disabled_by": None if disabled_by is None else disabled_by.name,
    }


def template_view(template: PipelineTemplate, urls: Urls) -> Json:
    """Return a template of pipelines."""
    attributes = template.attributes
    return {
        "uuid": template.uuid,
        "graphql_id": graphql_id("PipelineTemplate", template.uuid),
        "name": attributes.name,
        "description": attributes.description,
        "configuration": attributes.template.text,
        "available": attributes.available,
        "url": urls.template(template),
        "web_url": urls.template_web(template),
        "created_at": format_time(template.created_at),
        "created_by": user_view(template.created_by),
        "updated_at": format_time(template.updated_at),
        "updated_by": user_view(template.updated_by),
    }


def schedule_view(schedule: PipelineSchedule, urls: Urls) -> Json:
    """Return a schedule."""
    attributes, pipeline = schedule.attributes, schedule.pipeline
    return {
        "id": schedule.id,
        "graphql_id": graphql_id("PipelineSchedule", schedule.id),
        "url": f"{urls.pipeline(pipeline)}/schedules/{schedule.id}",
        "label": attributes.label,
        "cronline": attributes.cronline,
        "message": attributes.message,
        "commit": attributes.commit,
        "branch": attributes.branch or pipeline.default_branch,
        "env": attributes.env,
        "enabled": attributes.enabled,
        "next_build_at": format_optional_time(schedule.next_build_at),
        "failed_message": schedule.failed_message,
        "failed_at": format_optional_time(schedule.failed_at),
        "created_at": format_time(schedule.created_at),
        "created_by": user_view(schedule.created_by),
        "pipeline": {"id": pipeline.id, "slug": pipeline.slug, "url": urls.pipeline(pipeline)},
    }


def rule_view(rule: PipelineRule, urls: Urls, organization_id: str) -> Json:
    """Return a rule. Its conditions are not shown."""
    return {
        "uuid": rule.uuid,
        "graphql_id": graphql_id("Rule", rule.uuid),
        "organization_uuid": organization_id,
        "url": f"{urls.org()}/rules/{rule.uuid}",
        "type": rule.type,
        "source_type": "pipeline",
        "source_uuid": rule.source.id,
        "target_type": "pipeline",
        "target_uuid": rule.target.id,
        "effect": "allow",
        "action": rule.type.split(".")[1],
        "created_at": format_time(rule.created_at),
        "created_by": user_view(rule.created_by),
    }


def _step(step: Step, inherited: Mapping[str, str]) -> Json:
    """Return a step, without the environment variables that it has from its pipeline."""
    match step:
        case CommandStep():
            return {
                "type": "script",
                "name": step.label or None,
                "command": step.command,
                "artifact_paths": ";".join(step.artifact_paths) or None,
                "branch_configuration": step.branches,
                "env": {name: value for name, value in step.env.items() if inherited.get(name) != value},
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
