# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.schedules`: pipeline schedules."""

from __future__ import annotations

from collections.abc import Mapping

from buildkite_api.models import Pipeline, PipelineSchedule
from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null, or_unset, text_map
from buildkite_ext.services.checks import check


class AsyncSchedules(AsyncService):
    """Schedules that create builds."""

    def list(
        self, pipeline: str | Pipeline, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[PipelineSchedule]:
        """List a pipeline's schedules. Scope: read_pipelines.

        The schedules of a pipeline, newest first, a page at a time.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/pipeline-schedules
        """
        check(AsyncSchedules.list, locals())
        from buildkite_api.api.pipeline_schedules import list_pipeline_schedules

        at = self._pipeline_at("schedules.list", pipeline)
        return self._items(
            "schedules.list", list_pipeline_schedules, *at, per_page=per_page, limit=limit, concurrency=concurrency
        )

    async def get(self, pipeline: str | Pipeline, schedule_id: str) -> PipelineSchedule:
        """Get a schedule. Scope: read_pipelines.

        One schedule by its id.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            schedule_id: the schedule's id.

        https://buildkite.com/docs/apis/rest-api/pipeline-schedules
        """
        check(AsyncSchedules.get, locals())
        from buildkite_api.api.pipeline_schedules import get_pipeline_schedule

        at = self._pipeline_at("schedules.get", pipeline)
        return await self._requester.call(get_pipeline_schedule, *at, schedule_id)

    async def create(
        self,
        pipeline: str | Pipeline,
        *,
        cronline: str,
        label: str | None = None,
        message: str | None = None,
        commit: str | None = None,
        branch: str | None = None,
        env: Mapping[str, str] | None = None,
        enabled: bool | None = None,
    ) -> PipelineSchedule:
        """Create a schedule. Scope: write_pipelines.

        Create builds of a pipeline again and again. What does not fit is a 422.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            cronline: times of the builds: a name such as `@daily`, or a line of a crontab.
            label: purpose.
            message: the message of its builds.
            commit: the commit of its builds. `HEAD`, when left out.
            branch: the branch of its builds. The pipeline's default branch, when left out.
            env: environment variables of its builds.
            enabled: true if it creates builds, which is the default.

        https://buildkite.com/docs/apis/rest-api/pipeline-schedules
        """
        check(AsyncSchedules.create, locals())
        from buildkite_api.api.pipeline_schedules import create_pipeline_schedule
        from buildkite_api.models import CreatePipelineScheduleRequest

        at = self._pipeline_at("schedules.create", pipeline)
        request = CreatePipelineScheduleRequest(
            cronline=cronline,
            label=or_unset(label),
            message=or_unset(message),
            commit=or_unset(commit),
            branch=or_unset(branch),
            env=or_unset(text_map("env", env)),
            enabled=or_unset(enabled),
        )
        return await self._requester.call(create_pipeline_schedule, *at, body=request)

    async def update(
        self,
        pipeline: str | Pipeline,
        schedule_id: str,
        *,
        cronline: str | Unset = UNSET,
        label: str | Unset = UNSET,
        message: str | Unset = UNSET,
        commit: str | Unset = UNSET,
        branch: str | Unset = UNSET,
        env: Mapping[str, str] | None | Unset = UNSET,
        enabled: bool | Unset = UNSET,
    ) -> PipelineSchedule:
        """Update a schedule. Scope: write_pipelines.

        Change what is given and leave the rest alone. To enable a schedule that failed clears its failure. What
        does not fit is a 422.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            schedule_id: the schedule's id.
            cronline: times of the builds: a name such as `@daily`, or a line of a crontab.
            label: purpose.
            message: the message of its builds.
            commit: the commit of its builds.
            branch: the branch of its builds.
            env: environment variables of its builds. What was there is replaced. Buildkite's Go client sends
                null to clear them.
            enabled: true if it creates builds.

        https://buildkite.com/docs/apis/rest-api/pipeline-schedules
        """
        check(AsyncSchedules.update, locals())
        from buildkite_api.api.pipeline_schedules import update_pipeline_schedule
        from buildkite_api.models import UpdatePipelineScheduleRequest

        at = self._pipeline_at("schedules.update", pipeline)
        not_null(cronline=cronline, label=label, message=message, commit=commit, branch=branch, enabled=enabled)
        request = UpdatePipelineScheduleRequest(
            cronline=cronline,
            label=label,
            message=message,
            commit=commit,
            branch=branch,
            env=text_map("env", env),
            enabled=enabled,
        )
        return await self._requester.call(update_pipeline_schedule, *at, schedule_id, body=request)

    async def delete(self, pipeline: str | Pipeline, schedule_id: str) -> None:
        """Delete a schedule. Scope: write_pipelines.

        Delete a schedule: it creates no more builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            schedule_id: the schedule's id.

        https://buildkite.com/docs/apis/rest-api/pipeline-schedules
        """
        check(AsyncSchedules.delete, locals())
        from buildkite_api.api.pipeline_schedules import delete_pipeline_schedule

        at = self._pipeline_at("schedules.delete", pipeline)
        return await self._requester.call(delete_pipeline_schedule, *at, schedule_id)


class Schedules(Service[AsyncSchedules]):
    """Schedules that create builds."""

    list = blocking(AsyncSchedules.list)
    get = blocking(AsyncSchedules.get)
    create = blocking(AsyncSchedules.create)
    update = blocking(AsyncSchedules.update)
    delete = blocking(AsyncSchedules.delete)
