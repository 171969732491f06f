# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.builds`: builds."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from buildkite_api.models import Build, BuildStateFilter
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import aware, filter_map, not_empty
from buildkite_ext.services.checks import check


class AsyncBuilds(AsyncService):
    """Runs of a pipeline."""

    def list_in_organization(
        self,
        *,
        branch: str | Sequence[str] | None = None,
        commit: str | Sequence[str] | None = None,
        created_from: datetime.datetime | str | None = None,
        created_to: datetime.datetime | str | None = None,
        creator: str | None = None,
        exclude_jobs: bool | None = None,
        exclude_pipeline: bool | None = None,
        finished_from: datetime.datetime | str | None = None,
        include_paused: bool | None = None,
        include_retried_jobs: bool | None = None,
        meta_data: Mapping[str, str | bool | float] | None = None,
        state: str | Sequence[BuildStateFilter | str] | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Build]:
        """List an organization's builds. Scope: read_builds.

        The builds of every pipeline of an organization, newest first.

        Each build carries its jobs and its pipeline, which makes a page large: with `exclude_jobs` and
        `exclude_pipeline` it holds only the builds. Paging very deep is refused with 400: narrow the list by
        branch or `created_from` instead.

        Args:
            branch: only builds of these branches. A single value may hold `*` as a wildcard; among several it
                may not.
            commit: only builds of these commits, given as full SHAs.
            created_from: only builds created at this time or later: a datetime with a time zone, or a text of
                ISO 8601 with one.
            created_to: only builds created before this time: a datetime with a time zone, or a text of ISO 8601
                with one.
            creator: only builds that the user with this id created.
            exclude_jobs: leave out the jobs, which are most of the answer.
            exclude_pipeline: leave out the details of the pipeline.
            finished_from: only builds finished at this time or later. The API has no parameter for an end: a
                datetime with a time zone, or a text of ISO 8601 with one.
            include_paused: include jobs that wait on paused queues, as Buildkite does by default. With false,
                builds whose jobs are all on paused queues are left out, and the others come without such jobs.
            include_retried_jobs: include jobs that were retried. By default only the latest attempt of each
                step is included.
            meta_data: only builds with these meta-data values, which are compared as texts.
            state: only builds in these states.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuilds.list_in_organization, locals())
        from buildkite_api.api.builds import list_organization_builds

        return self._items(
            "builds.list_in_organization",
            list_organization_builds,
            self._requester.organization,
            branch=not_empty(branch),
            commit=not_empty(commit),
            created_from=aware("created_from", created_from),
            created_to=aware("created_to", created_to),
            creator=creator,
            exclude_jobs=exclude_jobs,
            exclude_pipeline=exclude_pipeline,
            finished_from=aware("finished_from", finished_from),
            include_paused=include_paused,
            include_retried_jobs=include_retried_jobs,
            meta_data=filter_map("meta_data", meta_data),
            state=not_empty(state),
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )


class Builds(Service[AsyncBuilds]):
    """Runs of a pipeline."""

    list_in_organization = blocking(AsyncBuilds.list_in_organization)
