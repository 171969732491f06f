"""Routes of pipelines. https://buildkite.com/docs/apis/rest-api/pipelines"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from ...definition.steps import Step
from ...definition.template import Template
from ...definition.visual import visual_steps
from ...definition.yaml_tree import PipelineError
from ...state.ids import slug_of
from ...state.pipelines import Pipeline, PipelineAttributes, PipelineTemplate
from ...state.teams import Team
from ..fields import Fields
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import Json, RefusedRequest, SimResponse, json_response
from ..views.pipelines import pipeline_view, provider_of, webhook_processing_view
from .teams import PIPELINE_ACCESS

__all__ = ["HANDLERS", "configuration_of"]


_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


def _list_pipelines(request: RoutedRequest) -> SimResponse:
    """List the pipelines.

    Whether archived ones are among them is not documented; here they are.
    """
    name = (request.query.text("name") or "").lower()
    repository = (request.query.text("repository") or "").lower()
    shown = [
        pipeline
        for pipeline in request.organization.pipelines.values()
        if name in pipeline.name.lower() and repository in pipeline.repository.lower()
    ]
    return request.page(shown, lambda item: _view(request, item))


def _get_pipeline(request: RoutedRequest) -> SimResponse:
    return json_response(_view(request, request.pipeline()))


def _create_pipeline(request: RoutedRequest) -> SimResponse:
    """Create a pipeline.

    Not documented, and chosen here: it belongs to the organization's default cluster if it names none; the queues that its
    steps name are created; a slug that is taken is refused, as a name is; a template wins over `configuration`, and that
    over `steps`.
    """
    fields = Fields(request.body())
    settings = request.organization.pipeline_settings
    timeout = settings.default_timeout_in_minutes
    default = PipelineAttributes(
        slug="",
        name=fields.required("name"),
        repository=fields.required("repository"),
        cluster_id=settings.default_cluster_id or "",
        default_branch=settings.default_branch,
        default_timeout=None if timeout is None else timeout * 60.0,
    )
    pipeline_id = request.organization.ids.uuid()
    attributes = _attributes(request, fields, default, None)
    steps = _steps(request, fields, pipeline_id)
    if not any(fields.given(name) for name in ("pipeline_template_uuid", "configuration", "steps")):
        fields.refuse("configuration", "configuration can't be blank")
    teams = _teams(request, fields)
    fields.check_listed()
    pipeline = Pipeline(
        pipeline_id,
        attributes.slug,
        attributes.name,
        attributes.description,
        attributes.repository,
        attributes.default_branch,
        attributes.cluster_id,
        request.now,
        request.user,
    )
    pipeline.attributes = attributes
    request.engine.administration.add_pipeline(pipeline)
    _give(request, pipeline, steps)
    for team, access_level in teams:
        request.engine.administration.memberships.add_team_pipeline(team, pipeline, access_level, request.user)
    return json_response(_view(request, pipeline), status=201)


def _update_pipeline(request: RoutedRequest) -> SimResponse:
    """Change a pipeline. Builds that exist keep their steps.

    `teams` is ignored: the documentation says to use GraphQL for them. Not documented, and chosen here: an archived pipeline
    is refused with 422, and so is `cluster_id` null, as no agents are outside of clusters here. The old slug is 404.
    """
    pipeline = request.pipeline()
    if pipeline.archived_at is not None:
        raise RefusedRequest(422, "The pipeline is archived")
    fields = Fields(request.body())
    if "cluster_id" in fields and not fields.given("cluster_id"):
        fields.refuse("cluster_id", "cluster_id can't be null: the simulator has no agents outside of clusters")
    if pipeline.template is not None and fields.given("steps") and not fields.given("configuration"):
        fields.refuse("steps", "steps can't be changed: the pipeline has YAML steps, so send its configuration")
    attributes = _attributes(request, fields, pipeline.attributes, pipeline)
    steps = _steps(request, fields, pipeline.id)
    fields.check_listed()
    request.engine.administration.update_pipeline(pipeline, attributes)
    if steps is not None:
        _give(request, pipeline, steps)
    elif "pipeline_template_uuid" in fields and pipeline.shared is not None:
        request.engine.administration.share(pipeline, None)
    return json_response(_view(request, pipeline))


def _delete_pipeline(request: RoutedRequest) -> SimResponse:
    """Delete a pipeline with its builds, schedules and rules.

    What happens to builds that run is not documented; here they are canceled.
    """
    request.engine.delete_pipeline(request.pipeline(), request.user)
    return NO_CONTENT


def _archive_pipeline(request: RoutedRequest) -> SimResponse:
    """Archive a pipeline. Its builds stay, and those that run go on.

    When it can't be archived is not documented; here that is when it is archived.
    """
    pipeline = request.pipeline()
    if pipeline.archived_at is not None:
        raise RefusedRequest(422, "Pipeline could not be archived.")
    request.engine.administration.archive_pipeline(pipeline, request.now)
    return json_response(_view(request, pipeline))


def _unarchive_pipeline(request: RoutedRequest) -> SimResponse:
    pipeline = request.pipeline()
    if pipeline.archived_at is None:
        raise RefusedRequest(422, "Pipeline could not be unarchived.")
    request.engine.administration.archive_pipeline(pipeline, None)
    return json_response(_view(request, pipeline))


def _create_webhook(request: RoutedRequest) -> SimResponse:
    """Create a webhook. The body of the answer is not documented; here it is empty.

    Repositories on GitHub count as connected by the GitHub App.
    """
    pipeline = request.pipeline()
    if provider_of(pipeline.repository)[0] != "github":
        raise RefusedRequest(422, "Webhooks can only be created for repositories that the GitHub App connects")
    if pipeline.webhook:
        raise RefusedRequest(422, "A webhook already exists for this repository")
    request.engine.administration.add_webhook(pipeline)
    return SimResponse(201)


def _get_webhook_processing(request: RoutedRequest) -> SimResponse:
    return json_response(webhook_processing_view(_on_github(request), request.urls))


def _enable_webhook_processing(request: RoutedRequest) -> SimResponse:
    pipeline = _on_github(request)
    request.engine.administration.process_webhooks(pipeline, None)
    return json_response(webhook_processing_view(pipeline, request.urls))


def _disable_webhook_processing(request: RoutedRequest) -> SimResponse:
    pipeline = _on_github(request)
    request.engine.administration.process_webhooks(pipeline, request.user)
    return json_response(webhook_processing_view(pipeline, request.urls))


def _on_github(request: RoutedRequest) -> Pipeline:
    pipeline = request.pipeline()
    if provider_of(pipeline.repository)[0] != "github":
        raise RefusedRequest(404, "No GitHub webhooks found")
    return pipeline


def configuration_of(fields: Fields) -> Template | None:
    """Return the steps of the field `configuration`; None where it is left out or wrong."""
    if not fields.given("configuration"):
        return None
    text = fields.required("configuration")
    if fields.wrong and fields.wrong[-1][0] == "configuration":
        return None
    try:
        template = Template(text)
    except PipelineError as error:
        fields.refuse("configuration", f"configuration isn't valid: {error}")
        return None
    for problem in template.definition.errors[:1]:
        fields.refuse("configuration", f"configuration isn't valid: line {problem.mark.line}: {problem.message}")
    return template


_Steps = Template | PipelineTemplate | Sequence[Step]


def _steps(request: RoutedRequest, fields: Fields, pipeline_id: str) -> _Steps | None:
    """Return the steps that a body gives; None if it gives none, or wrong ones."""
    if fields.given("pipeline_template_uuid"):
        shared = request.organization.templates.get(str(fields.text("pipeline_template_uuid", "")))
        if shared is None or not (shared.attributes.available or request.user.administrates):
            fields.refuse("pipeline_template_uuid", "pipeline_template_uuid must be a template that is available")
        return shared
    if fields.given("configuration"):
        return configuration_of(fields)
    steps = fields.body.get("steps")
    if steps is None:
        return None
    if not isinstance(steps, list) or not steps:
        fields.refuse("steps", "steps must be a list of steps, and not empty")
        return None
    try:
        return visual_steps(cast("list[object]", steps), pipeline_id)
    except ValueError as error:
        fields.refuse("steps", str(error))
        return None


def _give(request: RoutedRequest, pipeline: Pipeline, steps: _Steps | None) -> None:
    administration = request.engine.administration
    if isinstance(steps, PipelineTemplate):
        administration.share(pipeline, steps)
    elif isinstance(steps, Template):
        pipeline.shared = None
        administration.configure(pipeline, steps)
    elif steps is not None:
        administration.draw(pipeline, steps)


def _attributes(
    request: RoutedRequest, fields: Fields, known: PipelineAttributes, pipeline: Pipeline | None
) -> PipelineAttributes:
    """Return the attributes of a new pipeline, or of one that is changed: those that are known, with what a body says."""
    name = fields.kept("name", known.name)
    cluster_id = fields.text("cluster_id", known.cluster_id)
    if all(cluster.id != cluster_id for cluster in request.organization.clusters):
        fields.refuse("cluster_id", "cluster_id must be a cluster of the organization")
    visibility = fields.choice("visibility", ("private", "public"), known.visibility)
    settings = request.organization.pipeline_settings
    if visibility == "public" != known.visibility and settings.public_pipeline_creation is None:
        fields.refuse("visibility", "visibility can't be public: the organization has no public pipelines")
    return PipelineAttributes(
        slug=_slug(request, fields, name, known.slug if name == known.name else "", pipeline),
        name=name,
        repository=fields.kept("repository", known.repository),
        cluster_id=cluster_id,
        default_branch=fields.kept("default_branch", known.default_branch),
        description=fields.nullable("description", known.description),
        allow_rebuilds=fields.flag("allow_rebuilds", known.allow_rebuilds),
        branch_configuration=fields.nullable("branch_configuration", known.branch_configuration),
        skip_queued_branch_builds=fields.flag("skip_queued_branch_builds", known.skip_queued_branch_builds),
        cancel_running_branch_builds=fields.flag("cancel_running_branch_builds", known.cancel_running_branch_builds),
        skip_queued_branch_builds_filter=fields.nullable(
            "skip_queued_branch_builds_filter", known.skip_queued_branch_builds_filter
        ),
        cancel_running_branch_builds_filter=fields.nullable(
            "cancel_running_branch_builds_filter", known.cancel_running_branch_builds_filter
        ),
        default_timeout=_seconds(fields, "default_command_step_timeout", known.default_timeout),
        maximum_timeout=_seconds(fields, "maximum_command_step_timeout", known.maximum_timeout),
        env=_env(fields, known, pipeline),
        visibility=visibility,
        tags=fields.texts("tags", known.tags),
        emoji=fields.nullable("emoji", known.emoji),
        color=fields.nullable("color", known.color),
        clone_mirror_url=fields.nullable("clone_mirror_url", known.clone_mirror_url),
        provider_settings={**known.provider_settings, **fields.mapping("provider_settings")},
    )


def _slug(request: RoutedRequest, fields: Fields, name: str, known: str, pipeline: Pipeline | None) -> str:
    """Return the slug that a body gives, the one that is known, or one that is made from the name."""
    others = [each for each in request.organization.pipelines.values() if each is not pipeline]
    if name and any(each.name == name for each in others):
        fields.refuse("name", "name has already been taken")
    given = fields.text("slug", "")
    slug = given or known or slug_of(name)
    if (given or name) and not _SLUG.fullmatch(slug):
        fields.refuse("slug", "slug must be letters, digits and dashes, and not begin with a dash")
    elif any(each.slug == slug for each in others):
        fields.refuse("slug", "slug has already been taken")
    return slug


def _env(fields: Fields, known: PipelineAttributes, pipeline: Pipeline | None) -> Mapping[str, str]:
    """Return the environment variables: those of a pipeline with YAML steps stand in its text, so a body's are ignored."""
    yaml = fields.given("configuration") or fields.given("pipeline_template_uuid")
    if yaml or not fields.given("env") or (pipeline is not None and pipeline.template is not None):
        return known.env
    return fields.variables("env")


def _seconds(fields: Fields, name: str, known: float | None) -> float | None:
    minutes = fields.whole(name, None)
    return known if minutes is None else minutes * 60.0


def _teams(request: RoutedRequest, fields: Fields) -> list[tuple[Team, str]]:
    """Return the teams that a body gives a new pipeline to, each with its access level.

    The access level of the older `team_uuids` is not documented; here it is `manage_build_and_read`.
    """
    given: Json = dict.fromkeys(fields.texts("team_uuids", ()), PIPELINE_ACCESS[-1])
    given |= fields.mapping("teams")
    teams: list[tuple[Team, str]] = []
    for team_id, access_level in given.items():
        team = request.organization.teams.get(team_id)
        if team is None or access_level not in PIPELINE_ACCESS:
            fields.refuse("teams", f"teams must be ids of teams, each with one of {', '.join(PIPELINE_ACCESS)}")
        else:
            teams.append((team, str(access_level)))
    if request.organization.teams_enabled and not given and not request.user.administrates:
        fields.refuse("teams", "teams can't be blank")
    return teams


def _view(request: RoutedRequest, pipeline: Pipeline) -> Json:
    counts = request.organization.builds_of(pipeline).counts()
    return pipeline_view(pipeline, counts, request.urls, may_write=request.may_write_pipelines)


HANDLERS: Mapping[str, Handler] = {
    "list_pipelines": _list_pipelines,
    "get_pipeline": _get_pipeline,
    "create_pipeline": _create_pipeline,
    "update_pipeline": _update_pipeline,
    "delete_pipeline": _delete_pipeline,
    "archive_pipeline": _archive_pipeline,
    "unarchive_pipeline": _unarchive_pipeline,
    "create_pipeline_webhook": _create_webhook,
    "get_github_webhook_processing": _get_webhook_processing,
    "enable_github_webhook_processing": _enable_webhook_processing,
    "disable_github_webhook_processing": _disable_webhook_processing,
}
