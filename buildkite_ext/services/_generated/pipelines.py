# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.pipelines`: pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from buildkite_api.models import GithubWebhookProcessing, Pipeline, PipelineStepRequest, PipelineVisibility
from buildkite_api.types import UNSET, Unset
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services._generated.schedules import AsyncSchedules, Schedules
from buildkite_ext.services.arguments import not_null, or_unset, text_map
from buildkite_ext.services.checks import check


class AsyncPipelines(AsyncService):
    """Pipelines, their webhook and their archive state."""

    @cached_property
    def schedules(self) -> AsyncSchedules:
        """Schedules that create builds. The same as `client.schedules`."""
        return AsyncSchedules(self._requester)

    async def create(
        self,
        *,
        name: str,
        cluster_id: str,
        repository: str,
        configuration: str | None = None,
        steps: Sequence[PipelineStepRequest] | None = None,
        allow_rebuilds: bool | None = None,
        branch_configuration: str | None = None,
        cancel_running_branch_builds: bool | None = None,
        cancel_running_branch_builds_filter: str | None = None,
        clone_mirror_url: str | None = None,
        color: str | None = None,
        default_branch: str | None = None,
        default_command_step_timeout: int | None = None,
        description: str | None = None,
        emoji: str | None = None,
        env: Mapping[str, str] | None = None,
        maximum_command_step_timeout: int | None = None,
        pipeline_template_uuid: str | None = None,
        provider_settings: Mapping[str, Any] | None = None,
        skip_queued_branch_builds: bool | None = None,
        skip_queued_branch_builds_filter: str | None = None,
        slug: str | None = None,
        tags: Sequence[str] | None = None,
        teams: Mapping[str, str] | None = None,
        visibility: PipelineVisibility | str | None = None,
        team_uuids: Sequence[str] | None = None,
    ) -> Pipeline:
        """Create a pipeline. Scope: write_pipelines.

        Create a pipeline whose steps come from YAML (`configuration`), from a template
        (`pipeline_template_uuid`), or from a list of steps (`steps`, for pipelines with visual steps).

        One of the three has to be there: without steps it is a 422. A name that is taken is refused, too. Once
        an organization uses teams, only administrators may leave out `teams`.

        Args:
            name: the display name, which no other pipeline of the organization may have.
            cluster_id: the cluster to run in.
            repository: the URL of the repository.
            configuration: the steps as YAML, not empty.
            steps: the steps of a pipeline with visual steps.
            allow_rebuilds: true if builds may be rebuilt.
            branch_configuration: pattern of the branches that may trigger builds, such as `main release/*`.
            cancel_running_branch_builds: true if a build that starts cancels the older ones of its branch that
                run or are blocked.
            cancel_running_branch_builds_filter: on which branches that holds, as a pattern.
            clone_mirror_url: URL that agents clone from instead. No credentials, query or fragment. Null
                removes it. Needs clone mirrors to be enabled for the organization.
            color: a color as a hex code.
            default_branch: the branch that new builds begin with, and that lists of builds show first.
            default_command_step_timeout: minutes that a command step without a timeout of its own may run.
            description: purpose of the pipeline.
            emoji: an emoji such as `:rocket:`.
            env: environment variables. Only for pipelines with visual steps.
            maximum_command_step_timeout: minutes that any command step may run.
            pipeline_template_uuid: the template that the steps come from. Null removes it.
            provider_settings: settings of the source code provider: triggers of builds, and reports. The keys
                depend on the provider; the documentation lists them.
            skip_queued_branch_builds: true if a new build skips those of its branch that have not begun.
            skip_queued_branch_builds_filter: on which branches that holds, as a pattern.
            slug: the name in URLs: letters, digits and dashes, no dash in front. Made from the name when null
                or left out.
            tags: labels, in which emojis such as `:rocket:` may stand.
            teams: the teams that see the pipeline, as an access level by the team's id: `read_only`,
                `build_and_read` or `manage_build_and_read`.
            visibility: visibility.
            team_uuids: the teams that see the pipeline, by id. `teams` replaces it.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        check(AsyncPipelines.create, locals())
        from buildkite_api.api.pipelines import create_pipeline
        from buildkite_api.models import CreatePipelineRequest

        request = CreatePipelineRequest(
            name=name,
            cluster_id=cluster_id,
            repository=repository,
            configuration=or_unset(configuration),
            steps=or_unset(steps),
            allow_rebuilds=or_unset(allow_rebuilds),
            branch_configuration=or_unset(branch_configuration),
            cancel_running_branch_builds=or_unset(cancel_running_branch_builds),
            cancel_running_branch_builds_filter=or_unset(cancel_running_branch_builds_filter),
            clone_mirror_url=or_unset(clone_mirror_url),
            color=or_unset(color),
            default_branch=or_unset(default_branch),
            default_command_step_timeout=or_unset(default_command_step_timeout),
            description=or_unset(description),
            emoji=or_unset(emoji),
            env=or_unset(text_map("env", env)),
            maximum_command_step_timeout=or_unset(maximum_command_step_timeout),
            pipeline_template_uuid=or_unset(pipeline_template_uuid),
            provider_settings=or_unset(provider_settings),
            skip_queued_branch_builds=or_unset(skip_queued_branch_builds),
            skip_queued_branch_builds_filter=or_unset(skip_queued_branch_builds_filter),
            slug=or_unset(slug),
            tags=or_unset(tags),
            teams=or_unset(text_map("teams", teams)),
            visibility=or_unset(visibility),
            team_uuids=or_unset(team_uuids),
        )
        return await self._requester.call(create_pipeline, self._requester.organization, body=request)

    async def update(
        self,
        pipeline: str | Pipeline,
        *,
        name: str | Unset = UNSET,
        repository: str | Unset = UNSET,
        cluster_id: str | None | Unset = UNSET,
        configuration: str | Unset = UNSET,
        steps: Sequence[PipelineStepRequest] | Unset = UNSET,
        allow_rebuilds: bool | Unset = UNSET,
        branch_configuration: str | None | Unset = UNSET,
        cancel_running_branch_builds: bool | Unset = UNSET,
        cancel_running_branch_builds_filter: str | None | Unset = UNSET,
        clone_mirror_url: str | None | Unset = UNSET,
        color: str | Unset = UNSET,
        default_branch: str | Unset = UNSET,
        default_command_step_timeout: int | Unset = UNSET,
        description: str | Unset = UNSET,
        emoji: str | Unset = UNSET,
        env: Mapping[str, str] | Unset = UNSET,
        maximum_command_step_timeout: int | Unset = UNSET,
        pipeline_template_uuid: str | None | Unset = UNSET,
        provider_settings: Mapping[str, Any] | Unset = UNSET,
        skip_queued_branch_builds: bool | Unset = UNSET,
        skip_queued_branch_builds_filter: str | None | Unset = UNSET,
        slug: str | None | Unset = UNSET,
        tags: Sequence[str] | Unset = UNSET,
        teams: Mapping[str, str] | Unset = UNSET,
        visibility: PipelineVisibility | str | Unset = UNSET,
    ) -> Pipeline:
        """Update a pipeline. Scope: write_pipelines.

        Change what is given and leave the rest alone.

        A new `name` without a `slug` also changes the slug, and so the pipeline's URL. For pipelines with YAML
        steps, `env` is ignored and `steps` alone is a 422: send the whole `configuration` instead, which
        replaces all of it. The documentation lists `teams`, and says to use GraphQL for them.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            name: the display name. Without a `slug`, the slug follows it.
            repository: the URL of the repository.
            cluster_id: the cluster to run in. Null takes the pipeline out of its cluster.
            configuration: all steps as YAML. What was there is replaced.
            steps: all steps of a pipeline with visual steps.
            allow_rebuilds: true if builds may be rebuilt.
            branch_configuration: pattern of the branches that may trigger builds, such as `main release/*`.
            cancel_running_branch_builds: true if a build that starts cancels the older ones of its branch that
                run or are blocked.
            cancel_running_branch_builds_filter: on which branches that holds, as a pattern.
            clone_mirror_url: URL that agents clone from instead. No credentials, query or fragment. Null
                removes it. Needs clone mirrors to be enabled for the organization.
            color: a color as a hex code.
            default_branch: the branch that new builds begin with, and that lists of builds show first.
            default_command_step_timeout: minutes that a command step without a timeout of its own may run.
            description: purpose of the pipeline.
            emoji: an emoji such as `:rocket:`.
            env: environment variables. Only for pipelines with visual steps.
            maximum_command_step_timeout: minutes that any command step may run.
            pipeline_template_uuid: the template that the steps come from. Null removes it.
            provider_settings: settings of the source code provider: triggers of builds, and reports. The keys
                depend on the provider; the documentation lists them.
            skip_queued_branch_builds: true if a new build skips those of its branch that have not begun.
            skip_queued_branch_builds_filter: on which branches that holds, as a pattern.
            slug: the name in URLs: letters, digits and dashes, no dash in front. Made from the name when null
                or left out.
            tags: labels, in which emojis such as `:rocket:` may stand.
            teams: the teams that see the pipeline, as an access level by the team's id: `read_only`,
                `build_and_read` or `manage_build_and_read`.
            visibility: visibility.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        check(AsyncPipelines.update, locals())
        from buildkite_api.api.pipelines import update_pipeline
        from buildkite_api.models import UpdatePipelineRequest

        at = self._pipeline_at("pipelines.update", pipeline)
        not_null(
            name=name,
            repository=repository,
            configuration=configuration,
            steps=steps,
            allow_rebuilds=allow_rebuilds,
            cancel_running_branch_builds=cancel_running_branch_builds,
            color=color,
            default_branch=default_branch,
            default_command_step_timeout=default_command_step_timeout,
            description=description,
            emoji=emoji,
            env=env,
            maximum_command_step_timeout=maximum_command_step_timeout,
            provider_settings=provider_settings,
            skip_queued_branch_builds=skip_queued_branch_builds,
            tags=tags,
            teams=teams,
            visibility=visibility,
        )
        request = UpdatePipelineRequest(
            name=name,
            repository=repository,
            cluster_id=cluster_id,
            configuration=configuration,
            steps=steps,
            allow_rebuilds=allow_rebuilds,
            branch_configuration=branch_configuration,
            cancel_running_branch_builds=cancel_running_branch_builds,
            cancel_running_branch_builds_filter=cancel_running_branch_builds_filter,
            clone_mirror_url=clone_mirror_url,
            color=color,
            default_branch=default_branch,
            default_command_step_timeout=default_command_step_timeout,
            description=description,
            emoji=emoji,
            env=text_map("env", env),
            maximum_command_step_timeout=maximum_command_step_timeout,
            pipeline_template_uuid=pipeline_template_uuid,
            provider_settings=provider_settings,
            skip_queued_branch_builds=skip_queued_branch_builds,
            skip_queued_branch_builds_filter=skip_queued_branch_builds_filter,
            slug=slug,
            tags=tags,
            teams=text_map("teams", teams),
            visibility=visibility,
        )
        return await self._requester.call(update_pipeline, *at, body=request)

    async def delete(self, pipeline: str | Pipeline) -> None:
        """Delete a pipeline. Scope: write_pipelines.

        Delete a pipeline. One whose builds are still of interest can be archived instead.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        from buildkite_api.api.pipelines import delete_pipeline

        at = self._pipeline_at("pipelines.delete", pipeline)
        return await self._requester.call(delete_pipeline, *at)

    async def archive(self, pipeline: str | Pipeline) -> Pipeline:
        """Archive a pipeline. Scope: write_pipelines.

        Make a pipeline read-only and hide it. Its builds, logs and artifacts stay. A pipeline that cannot be
        archived is a 422.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        from buildkite_api.api.pipelines import archive_pipeline

        at = self._pipeline_at("pipelines.archive", pipeline)
        return await self._requester.call(archive_pipeline, *at)

    async def unarchive(self, pipeline: str | Pipeline) -> Pipeline:
        """Unarchive a pipeline. Scope: write_pipelines.

        Make an archived pipeline usable again. One that cannot be is a 422.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        from buildkite_api.api.pipelines import unarchive_pipeline

        at = self._pipeline_at("pipelines.unarchive", pipeline)
        return await self._requester.call(unarchive_pipeline, *at)

    async def create_webhook(self, pipeline: str | Pipeline) -> None:
        """Create a pipeline's GitHub webhook. Scope: write_pipelines.

        Let GitHub tell Buildkite about pushes to the pipeline's repository. Only for repositories connected by
        the GitHub App.

        A repository of another kind is a 422, and so is a webhook that exists already. What the answer's body
        holds is not documented.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        from buildkite_api.api.pipelines import create_pipeline_webhook

        at = self._pipeline_at("pipelines.create_webhook", pipeline)
        return await self._requester.call(create_pipeline_webhook, *at)

    async def get_github_webhooks(self, pipeline: str | Pipeline) -> GithubWebhookProcessing:
        """Get whether GitHub webhooks are processed. Scope: read_pipelines.

        The state of a pipeline's GitHub webhooks: processed or ignored.

        Only for pipelines on GitHub or GitHub Enterprise in an organization that is enrolled in expanded
        webhook triggers, and only with full access to the pipeline. Otherwise 404.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        from buildkite_api.api.pipelines import get_github_webhook_processing

        at = self._pipeline_at("pipelines.get_github_webhooks", pipeline)
        return await self._requester.call(get_github_webhook_processing, *at)

    async def enable_github_webhooks(self, pipeline: str | Pipeline) -> GithubWebhookProcessing:
        """Process GitHub webhooks. Scope: write_pipelines.

        Act on the GitHub webhooks that arrive for a pipeline. Idempotent.

        Only for pipelines on GitHub or GitHub Enterprise in an organization that is enrolled in expanded
        webhook triggers, and only with full access to the pipeline. Otherwise 404.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        from buildkite_api.api.pipelines import enable_github_webhook_processing

        at = self._pipeline_at("pipelines.enable_github_webhooks", pipeline)
        return await self._requester.call(enable_github_webhook_processing, *at)

    async def disable_github_webhooks(self, pipeline: str | Pipeline) -> GithubWebhookProcessing:
        """Ignore GitHub webhooks. Scope: write_pipelines.

        Ignore the GitHub webhooks that arrive for a pipeline. Idempotent: who did it first, and when, stays on
        record.

        Only for pipelines on GitHub or GitHub Enterprise in an organization that is enrolled in expanded
        webhook triggers, and only with full access to the pipeline. Otherwise 404.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        from buildkite_api.api.pipelines import disable_github_webhook_processing

        at = self._pipeline_at("pipelines.disable_github_webhooks", pipeline)
        return await self._requester.call(disable_github_webhook_processing, *at)


class Pipelines(Service[AsyncPipelines]):
    """Pipelines, their webhook and their archive state."""

    @cached_property
    def schedules(self) -> Schedules:
        """Schedules that create builds. The same as `client.schedules`."""
        return Schedules(self._shared.schedules)

    create = blocking(AsyncPipelines.create)
    update = blocking(AsyncPipelines.update)
    delete = blocking(AsyncPipelines.delete)
    archive = blocking(AsyncPipelines.archive)
    unarchive = blocking(AsyncPipelines.unarchive)
    create_webhook = blocking(AsyncPipelines.create_webhook)
    get_github_webhooks = blocking(AsyncPipelines.get_github_webhooks)
    enable_github_webhooks = blocking(AsyncPipelines.enable_github_webhooks)
    disable_github_webhooks = blocking(AsyncPipelines.disable_github_webhooks)
