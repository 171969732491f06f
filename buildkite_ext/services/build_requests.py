"""Builds, request by request: list, get, cancel, rebuild, retry, unblock. https://buildkite.com/docs/apis/rest-api/builds"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from buildkite_api.models import Build, Job, Pipeline

from ..errors import BuildAlreadyFinished
from ..pagination.items import AsyncItems
from ..states import JOB_STATES, RETRIED_STATES, BuildStateName, JobStateName, RetriedStateName, outcome_of
from ..stores.recent_actions import Reopening
from ..unknown_names import warn_unknown
from ._generated import builds as generated
from .addresses import step_in
from .arguments import Scalar, aware, field_map, filter_map, given, listed, many
from .checks import check

__all__ = ["AsyncBuildRequests"]


class AsyncBuildRequests(generated.AsyncBuilds, part_of="AsyncBuilds"):
    """Methods of builds that neither create one nor wait nor read logs."""

    def list(
        self,
        pipeline: str | Pipeline | None = None,
        *,
        branch: str | Sequence[str] | None = None,
        commit: str | Sequence[str] | None = None,
        state: BuildStateName | str | Sequence[BuildStateName | str] | None = None,
        creator: str | None = None,
        created_from: datetime | str | None = None,
        created_to: datetime | str | None = None,
        finished_from: datetime | str | None = None,
        meta_data: Mapping[str, Scalar] | None = None,
        include_retried_jobs: bool | None = None,
        include_paused: bool | None = None,
        exclude_jobs: bool | None = None,
        exclude_pipeline: bool | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Build]:
        """List the builds of a pipeline, or of the organization, newest first, lazily. Scope: read_builds.

        The list is complete: where Buildkite refuses to list any deeper, it continues in slices of `created_to`.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline; None for the whole organization.
            branch: one or several; a single one may have `*` in it.
            commit: one or several full SHAs.
            state: one or several, such as `failed`; `finished` means passed, failed, blocked and canceled. A name that this
                version doesn't know is sent nevertheless, with an UnknownNameWarning.
            creator: the user's id.
            created_from: builds created at this time or later: a datetime with a time zone, or a text of ISO 8601 with one, such
                as `2026-11-25T10:00:00Z`.
            created_to: builds created before this time.
            finished_from: builds finished at this time or later.
            meta_data: builds with these meta-data values.
            include_retried_jobs: show jobs that were retried as well.
            include_paused: False leaves out jobs on paused queues.
            exclude_jobs: leave the jobs out, for much smaller answers.
            exclude_pipeline: leave the pipeline's details out.
            per_page: builds a request, at most 100.
            limit: the maximum of builds.
            concurrency: pages fetched at once.

        Raises:
            ValueError: a time has no time zone.

        Example:
            >>> def broken(buildkite) -> list[int]:
            ...     return [build.number for build in buildkite.builds.list("web", branch="main", state="failed", limit=5)]

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuildRequests.list, locals())
        from buildkite_api.api.builds import list_organization_builds, list_pipeline_builds

        options: dict[str, Any] = _filters(
            branch=branch,
            commit=commit,
            state=state,
            creator=creator,
            created_from=created_from,
            created_to=created_to,
            finished_from=finished_from,
            meta_data=meta_data,
            include_retried_jobs=include_retried_jobs,
            include_paused=include_paused,
            exclude_jobs=exclude_jobs,
            exclude_pipeline=exclude_pipeline,
            per_page=per_page,
        )
        if pipeline is None:
            return self._items(
                "builds.list",
                list_organization_builds,
                self._requester.organization,
                **options,
                limit=limit,
                concurrency=concurrency,
            )
        at = self._pipeline_at("builds.list", pipeline)
        return self._items("builds.list", list_pipeline_builds, *at, **options, limit=limit, concurrency=concurrency)

    def list_all(
        self,
        *,
        branch: str | Sequence[str] | None = None,
        commit: str | Sequence[str] | None = None,
        state: BuildStateName | str | Sequence[BuildStateName | str] | None = None,
        creator: str | None = None,
        created_from: datetime | str | None = None,
        created_to: datetime | str | None = None,
        finished_from: datetime | str | None = None,
        meta_data: Mapping[str, Scalar] | None = None,
        include_retried_jobs: bool | None = None,
        include_paused: bool | None = None,
        exclude_jobs: bool | None = None,
        exclude_pipeline: bool | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Build]:
        """List the builds of all organizations that the token can see, newest first, lazily. Scope: read_builds.

        Args:
            branch, commit, state, creator, created_from, created_to, finished_from, meta_data: as for `list`.
            include_retried_jobs, include_paused, exclude_jobs, exclude_pipeline: as for `list`.
            per_page, limit, concurrency: as for `list`.

        Raises:
            ValueError: a time has no time zone.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuildRequests.list_all, locals())
        from buildkite_api.api.builds import list_builds

        return self._items(
            "builds.list_all",
            list_builds,
            **_filters(
                branch=branch,
                commit=commit,
                state=state,
                creator=creator,
                created_from=created_from,
                created_to=created_to,
                finished_from=finished_from,
                meta_data=meta_data,
                include_retried_jobs=include_retried_jobs,
                include_paused=include_paused,
                exclude_jobs=exclude_jobs,
                exclude_pipeline=exclude_pipeline,
                per_page=per_page,
            ),
            limit=limit,
            concurrency=concurrency,
        )

    async def get(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        include_retried_jobs: bool | None = None,
        include_test_engine: bool | None = None,
        exclude_jobs: bool | None = None,
        exclude_pipeline: bool | None = None,
        job_states: JobStateName | str | Sequence[JobStateName | str] | None = None,
    ) -> Build:
        """Get a build. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number (not its id), or a Build.
            include_retried_jobs: show jobs that were retried as well.
            include_test_engine: show its Test Engine runs.
            exclude_jobs: leave the jobs out; `job_state_counts` still counts them.
            exclude_pipeline: leave the pipeline's details out.
            job_states: show jobs in these states only. A name that this version doesn't know is sent nevertheless, with an
                UnknownNameWarning.

        Raises:
            BuildNotFound: the build, its pipeline or its organization doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuildRequests.get, locals())
        from buildkite_api.api.builds import get_build

        at = self._build_at("builds.get", pipeline, number)
        warn_unknown("state", listed(job_states), JOB_STATES)
        return await self._requester.call(
            get_build,
            *at,
            **given(
                include_retried_jobs=include_retried_jobs,
                include_test_engine=include_test_engine,
                exclude_jobs=exclude_jobs,
                exclude_pipeline=exclude_pipeline,
                job_states=many(job_states),
            ),
        )

    async def cancel(self, pipeline: str | Build, number: int | Build | None = None) -> Build:
        """Cancel a build. A build that has finished already is returned as it is. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.

        Returns:
            The build. Its state tells what it is: `canceled` and `canceling`, or how it had finished before.

        Raises:
            BuildAlreadyFinished: Buildkite refused (422), and the build is neither finished nor canceling: it may be blocked.
            BuildNotFound: the build doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        from buildkite_api.api.builds import cancel_build, get_build

        at = self._build_at("builds.cancel", pipeline, number)
        try:
            return await self._requester.call(cancel_build, *at)
        except BuildAlreadyFinished:
            build = await self._requester.call_fresh(get_build, *at)
            if str(build.state) == "canceling" or outcome_of(build) not in (None, "blocked"):
                return build
            raise

    async def rebuild(self, pipeline: str | Build, number: int | Build | None = None) -> Build:
        """Build the same commit again, as a new build. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the number of the build to repeat, or the Build.

        Returns:
            The new build.

        Raises:
            InvalidRequest: the build can't be rebuilt.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        from buildkite_api.api.builds import rebuild_build

        at = self._build_at("builds.rebuild", pipeline, number)
        return await self._requester.call(rebuild_build, *at)

    async def retry_failed_jobs(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        states: RetriedStateName | str | Sequence[RetriedStateName | str] | None = None,
    ) -> Build:
        """Retry the failed jobs of a finished build. Buildkite does so in the background. Scope: write_builds.

        A wait afterwards, by this client or with the Build that is returned, doesn't take the old end for the new one. Nor do
        `follow`, `events` and `jobs.wait`.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            states: states of the jobs to retry: canceled, expired, failed, soft_failed, timed_out; None for all of these.

        Returns:
            The build; `retried_jobs_count` is the number of retried jobs.

        Raises:
            InvalidRequest: a state isn't one of these.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuildRequests.retry_failed_jobs, locals())
        at = self._build_at("builds.retry_failed_jobs", pipeline, number)
        from buildkite_api.api.builds import retry_failed_jobs
        from buildkite_api.models import RetryFailedJobsRequest

        chosen = many(states)
        warn_unknown("state", chosen, RETRIED_STATES)
        body = RetryFailedJobsRequest(**given(states=None if chosen is None else ",".join(chosen)))
        build = await self._requester.call(retry_failed_jobs, *at, body=body)
        self._requester.recent_actions.add(at, Reopening.of_build(build, chosen), now=self._requester.runtime.now())
        return build

    async def unblock(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        step: str | Job | None = None,
        fields: Mapping[str, Scalar | Sequence[Scalar]] | None = None,
        unblocker: str | None = None,
    ) -> Build:
        """Unblock a block step of a build. Scopes: read_builds and write_builds.

        The step is found and its type checked before anything is sent. The fields of its form are not: the REST API doesn't
        tell them, so Buildkite refuses what lacks a required one. It takes three requests, and a fourth before an error about
        the step.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number. The URL of the
                page of a step names that step too.
            number: the build's number, or a Build.
            step: the key of the step, its label, the id of the step or of its job, or the Job. It may be left out if the build
                waits at a single one.
            fields: values of the step's fields, by their keys: texts, booleans or numbers, which are sent as texts; a list of
                them for a field with `multiple`.
            unblocker: the id of the user to name as the unblocker; by default the user of the token.

        Returns:
            The build, read again after that.

        Raises:
            BlockStepNotFound: the build waits at no block step, or at several and `step` names none; or `step` isn't one. Nothing
                was unblocked. The message and `candidates` name those that can be.
            JobNotUnblockable: Buildkite refused: the step was unblocked before or meanwhile, its build is canceled, or a
                required field is missing.
            BuildNotFound: the build doesn't exist for this token.

        Example:
            >>> def release(buildkite, number: int) -> str:
            ...     build = buildkite.builds.unblock("web", number, step="release", fields={"version": "1.4.2"})
            ...     return build.state

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncBuildRequests.unblock, locals())
        from ..watching.unblocking import unblock_step

        organization, slug, found = at = self._build_at("builds.unblock", pipeline, number)
        self._requester.refuse_write("builds.unblock", "unblock_build_job", at=at)
        if step is None:
            step = step_in(pipeline, root=self._requester.options.base_url)
        requester = self._requester.within(organization)
        return await unblock_step(requester, slug, found, step, fields=field_map("fields", fields), unblocker=unblocker)


def _filters(
    *,
    branch: str | Sequence[str] | None,
    commit: str | Sequence[str] | None,
    state: str | Sequence[str] | None,
    created_from: datetime | str | None,
    created_to: datetime | str | None,
    finished_from: datetime | str | None,
    meta_data: Mapping[str, Scalar] | None,
    **others: Any,
) -> dict[str, Any]:
    return given(
        branch=many(branch),
        commit=many(commit),
        state=many(state),
        created_from=aware("created_from", created_from),
        created_to=aware("created_to", created_to),
        finished_from=aware("finished_from", finished_from),
        meta_data=filter_map("meta_data", meta_data),
        **others,
    )
