"""Builds. https://buildkite.com/docs/apis/rest-api/builds"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from buildkite_api.api.builds import (
    cancel_build,
    create_build,
    get_build,
    list_builds,
    list_organization_builds,
    list_pipeline_builds,
    rebuild_build,
    retry_failed_jobs,
)

from .._sync import DetachedIterator
from ..errors import BuildAlreadyFinished
from ..logs.follow import POLL_INTERVAL as LOG_INTERVAL
from ..logs.follow import follow_build
from ..logs.parser import LogLine
from ..pagination.items import AsyncItems
from ..watching.wait import POLL_INTERVAL, WaitResult, wait
from ._base import blocking
from ._generated import builds as generated
from .arguments import aware, given, listed, many, positive, text_map

if TYPE_CHECKING:
    from buildkite_api.models import Build

__all__ = ["AsyncBuilds", "Author", "Builds"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who a build is made in the name of."""

    name: str
    email: str


class AsyncBuilds(generated.AsyncBuilds):
    """Builds: create, list, follow, wait, cancel, rebuild."""

    def list(
        self,
        pipeline: str | None = None,
        *,
        branch: str | Sequence[str] | None = None,
        commit: str | Sequence[str] | None = None,
        state: str | Sequence[str] | None = None,
        creator: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        finished_from: datetime | None = None,
        meta_data: Mapping[str, str] | None = None,
        include_retried_jobs: bool | None = None,
        include_paused: bool | None = None,
        exclude_jobs: bool | None = None,
        exclude_pipeline: bool | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Build]:
        """Builds, newest first, lazily: a pipeline's, or the organization's. Scope: read_builds.

        However many there are: where Buildkite refuses to list any deeper, the list goes on in slices of `created_to`.

        Args:
            pipeline: the pipeline's slug; None for the whole organization.
            branch: one or many; a single one may hold `*`.
            commit: one or many full SHAs.
            state: one or many, such as `failed`; `finished` is passed, failed, blocked and canceled together.
            creator: the user's id.
            created_from: builds created at this instant or later.
            created_to: builds created before this instant.
            finished_from: builds finished at this instant or later.
            meta_data: builds with these meta-data values.
            include_retried_jobs: show jobs that were retried as well.
            include_paused: False leaves out what waits on paused queues.
            exclude_jobs: leave the jobs out, for much smaller answers.
            exclude_pipeline: leave the pipeline's details out.
            per_page: builds a request, at most 100.
            limit: the most builds to give out.
            concurrency: pages fetched at once.

        Raises:
            ValueError: a datetime has no time zone.

        Example:
            >>> def broken(buildkite) -> list[int]:
            ...     return [build.number for build in buildkite.builds.list("web", branch="main", state="failed", limit=5)]

        https://buildkite.com/docs/apis/rest-api/builds
        """
        organization = self._requester.organization
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
            return self._items(list_organization_builds, organization, **options, limit=limit, concurrency=concurrency)
        return self._items(
            list_pipeline_builds, organization, pipeline, **options, limit=limit, concurrency=concurrency
        )

    def list_all(
        self,
        *,
        branch: str | Sequence[str] | None = None,
        commit: str | Sequence[str] | None = None,
        state: str | Sequence[str] | None = None,
        creator: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        finished_from: datetime | None = None,
        meta_data: Mapping[str, str] | None = None,
        include_retried_jobs: bool | None = None,
        include_paused: bool | None = None,
        exclude_jobs: bool | None = None,
        exclude_pipeline: bool | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Build]:
        """The builds of every organization that the token was granted, newest first. Scope: read_builds.

        Args:
            branch, commit, state, creator, created_from, created_to, finished_from, meta_data: as for `list`.
            include_retried_jobs, include_paused, exclude_jobs, exclude_pipeline: as for `list`.
            per_page, limit, concurrency: as for `list`.

        Raises:
            ValueError: a datetime has no time zone.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        return self._items(
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
        pipeline: str,
        number: int,
        *,
        include_retried_jobs: bool | None = None,
        include_test_engine: bool | None = None,
        exclude_jobs: bool | None = None,
        exclude_pipeline: bool | None = None,
        job_states: str | Sequence[str] | None = None,
    ) -> Build:
        """One build. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number (not its id).
            include_retried_jobs: show jobs that were retried as well.
            include_test_engine: show its Test Engine runs.
            exclude_jobs: leave the jobs out; `job_state_counts` still counts them.
            exclude_pipeline: leave the pipeline's details out.
            job_states: show jobs in these states only.

        Raises:
            BuildNotFound: it, its pipeline or its organization doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        return await self._requester.call(
            get_build,
            self._requester.organization,
            pipeline,
            number,
            **given(
                include_retried_jobs=include_retried_jobs,
                include_test_engine=include_test_engine,
                exclude_jobs=exclude_jobs,
                exclude_pipeline=exclude_pipeline,
                job_states=many(job_states),
            ),
        )

    async def create(
        self,
        pipeline: str,
        *,
        commit: str,
        branch: str,
        message: str | None = None,
        author: Author | Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        meta_data: Mapping[str, str] | None = None,
        clean_checkout: bool | None = None,
        ignore_pipeline_branch_filters: bool | None = None,
        pull_request_base_branch: str | None = None,
        pull_request_id: int | None = None,
        pull_request_labels: Sequence[str] | None = None,
        pull_request_repository: str | None = None,
    ) -> Build:
        """Create a build. Scope: write_builds.

        It is sent again only when it never arrived or was answered 429, so it never starts two builds.

        Args:
            pipeline: the pipeline's slug.
            commit: a SHA, or `HEAD` for the branch's newest.
            branch: the branch.
            message: what the build is called; by default the commit's message.
            author: who it is made in the name of; a map with `name` and `email` does as well.
            env: environment variables of its jobs.
            meta_data: its meta-data; the only way to set some.
            clean_checkout: whether agents check out afresh.
            ignore_pipeline_branch_filters: whether it is built on a branch that the pipeline's filters leave out.
            pull_request_base_branch, pull_request_id, pull_request_labels, pull_request_repository: the pull request that
                it is built for.

        Raises:
            PipelineNotFound: the pipeline doesn't exist for this token.
            InvalidRequest: Buildkite refused it; `errors` says which field.
            ResponseLost: the answer was lost: the build may exist. Look with `list(..., commit=...)` before another try.

        Example:
            >>> def nightly(buildkite) -> int:
            ...     return buildkite.builds.create("web", commit="HEAD", branch="main", message="Nightly").number

        https://buildkite.com/docs/apis/rest-api/builds
        """
        from buildkite_api.models import BuildAuthorRequest, CreateBuildRequest

        body = CreateBuildRequest(
            commit=commit,
            branch=branch,
            **given(
                message=message,
                author=None if author is None else BuildAuthorRequest(**_author(author)),
                env=text_map("env", env),
                meta_data=text_map("meta_data", meta_data),
                clean_checkout=clean_checkout,
                ignore_pipeline_branch_filters=ignore_pipeline_branch_filters,
                pull_request_base_branch=pull_request_base_branch,
                pull_request_id=pull_request_id,
                pull_request_labels=listed(pull_request_labels),
                pull_request_repository=pull_request_repository,
            ),
        )
        return await self._requester.call(create_build, self._requester.organization, pipeline, body=body)

    async def cancel(self, pipeline: str, number: int) -> Build:
        """Cancel a build. One that has finished already stays as it is and is returned. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.

        Returns:
            The build: canceled or canceling, or as it had ended.

        Raises:
            BuildAlreadyFinished: Buildkite refused although the build hasn't finished (it may be blocked).
            BuildNotFound: it doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        try:
            return await self._requester.call(cancel_build, self._requester.organization, pipeline, number)
        except BuildAlreadyFinished:
            build = await self.get(pipeline, number)
            ended = str(build.state) in ("passed", "failed", "canceling", "canceled", "skipped", "not_run")
            if ended and not build.blocked:
                return build
            raise

    async def rebuild(self, pipeline: str, number: int) -> Build:
        """Build the same again, as a new build. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the number of the build to repeat.

        Returns:
            The new build.

        Raises:
            InvalidRequest: it can't be rebuilt.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        return await self._requester.call(rebuild_build, self._requester.organization, pipeline, number)

    async def retry_failed_jobs(
        self, pipeline: str, number: int, *, states: str | Sequence[str] | None = None
    ) -> Build:
        """Retry a finished build's failed jobs. Buildkite does so in the background. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            states: which jobs: canceled, expired, failed, soft_failed, timed_out; None for all of these.

        Returns:
            The build; `retried_jobs_count` says how many jobs are retried.

        Raises:
            InvalidRequest: a state isn't one of these.

        https://buildkite.com/docs/apis/rest-api/builds
        """
        from buildkite_api.models import RetryFailedJobsRequest

        chosen = many(states)
        body = RetryFailedJobsRequest(**given(states=None if chosen is None else ",".join(chosen)))
        return await self._requester.call(retry_failed_jobs, self._requester.organization, pipeline, number, body=body)

    async def wait(
        self, pipeline: str, number: int, *, timeout: float | None = None, poll_interval: float = POLL_INTERVAL
    ) -> WaitResult:
        """Wait until a build has ended, or has come to a block step. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            timeout: seconds to wait at most; None for as long as it takes.
            poll_interval: seconds between two looks at the most; the first ones follow faster.

        Returns:
            The build, its outcome (`passed`, `failed`, `blocked`, `canceled`, `skipped`, `not_run`) and the jobs that broke it.

        Raises:
            DeadlineExceeded: it hadn't ended in time. The build goes on.

        Example:
            >>> def passes(buildkite, number: int) -> bool:
            ...     return buildkite.builds.wait("web", number, timeout=1800).outcome == "passed"
        """
        positive(timeout=timeout, poll_interval=poll_interval)
        return await wait(self._requester, pipeline, number, timeout=timeout, poll_interval=poll_interval)

    def follow(
        self,
        pipeline: str,
        number: int,
        *,
        poll_interval: float = LOG_INTERVAL,
        timeout: float | None = None,
        on_build: Callable[[Build], None] | None = None,
    ) -> DetachedIterator[LogLine]:
        """Every line of every job's log, live, until the build ends or comes to a block step.
        Scopes: read_builds and read_build_logs.

        Only what is new is fetched.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            poll_interval: seconds between two looks.
            timeout: seconds to follow at most; None for as long as it takes.
            on_build: called with the build, its jobs included, at each look and before that look's lines: for a table of
                jobs beside the log that costs no request of its own.

        Raises:
            DeadlineExceeded: it hadn't ended in time. The build goes on.

        Example:
            >>> def show(buildkite, number: int) -> None:
            ...     for line in buildkite.builds.follow("web", number):
            ...         print(f"{line.job_name:>20} {line.text}")
        """
        positive(timeout=timeout, poll_interval=poll_interval)
        return DetachedIterator(
            follow_build(
                self._requester, pipeline, number, poll_interval=poll_interval, timeout=timeout, on_build=on_build
            )
        )


class Builds(generated.Builds):
    """Builds: create, list, follow, wait, cancel, rebuild."""

    list = blocking(AsyncBuilds.list)
    list_all = blocking(AsyncBuilds.list_all)
    get = blocking(AsyncBuilds.get)
    create = blocking(AsyncBuilds.create)
    cancel = blocking(AsyncBuilds.cancel)
    rebuild = blocking(AsyncBuilds.rebuild)
    retry_failed_jobs = blocking(AsyncBuilds.retry_failed_jobs)
    wait = blocking(AsyncBuilds.wait)
    follow = blocking(AsyncBuilds.follow)


def _author(author: Author | Mapping[str, str]) -> dict[str, str]:
    if isinstance(author, Author):
        return {"name": author.name, "email": author.email}
    if not isinstance(author, Mapping) or set(author) != {"name", "email"}:
        raise TypeError(f"author={author!r}: give Author(name=..., email=...), or a map with just these two")
    return dict(author)


def _filters(
    *,
    branch: str | Sequence[str] | None,
    commit: str | Sequence[str] | None,
    state: str | Sequence[str] | None,
    created_from: datetime | None,
    created_to: datetime | None,
    finished_from: datetime | None,
    meta_data: Mapping[str, str] | None,
    **others: Any,
) -> dict[str, Any]:
    return given(
        branch=many(branch),
        commit=many(commit),
        state=many(state),
        created_from=aware("created_from", created_from),
        created_to=aware("created_to", created_to),
        finished_from=aware("finished_from", finished_from),
        meta_data=text_map("meta_data", meta_data),
        **others,
    )
