"""Builds, request by request: list, get, create, cancel, retry, unblock. https://buildkite.com/docs/apis/rest-api/builds"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

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
from buildkite_api.api.pipelines import get_pipeline
from buildkite_api.models import Build, Job, Pipeline

from ..errors import BuildAlreadyFinished
from ..messages import shown
from ..pagination.items import AsyncItems
from ..states import JOB_STATES, RETRIED_STATES, BuildStateName, JobStateName, RetriedStateName, outcome_of
from ..stores.recent_actions import Reopening
from ..unknown_names import warn_unknown
from ._generated import builds as generated
from .addresses import step_in
from .arguments import Scalar, aware, field_map, filter_map, given, listed, many, scalar_map, text_map
from .checks import check

if TYPE_CHECKING:
    from .once import Once

__all__ = ["AsyncBuildRequests", "Author"]


@dataclass(frozen=True, slots=True)
class Author:
    """Author of a build, by name and e-mail address."""

    name: str
    email: str


class AsyncBuildRequests(generated.AsyncBuilds, part_of="AsyncBuilds"):
    """Methods of builds that neither wait nor read logs."""

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

    async def create(
        self,
        pipeline: str | Pipeline,
        *,
        branch: str | None = None,
        commit: str = "HEAD",
        message: str | None = None,
        author: Author | Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        meta_data: Mapping[str, Scalar] | None = None,
        clean_checkout: bool | None = None,
        ignore_pipeline_branch_filters: bool | None = None,
        pull_request_base_branch: str | None = None,
        pull_request_id: int | None = None,
        pull_request_labels: str | Sequence[str] | None = None,
        pull_request_repository: str | None = None,
        once: str | bool | None = None,
    ) -> Build:
        """Create a build. Scope: write_builds; read_pipelines if no branch is given; read_builds for `once`.

        The request is sent again only if it never arrived or was answered 429, so it never starts two builds.

        With `once`, the build gets a key in its meta-data, `buildkite-ext:once`. If the answer is lost, or is a 5xx, the build is
        looked for by its key for up to 30 seconds, since new builds appear late in lists. It is never created again. A key of
        your own holds for later calls and other processes too:

        - Before anything is sent, a build of the pipeline with this key is looked for. If there is one, it is returned.
        - A new build is returned when the list of builds shows it, usually at once, after 30 seconds at most. Where two calls
          have created a build with the same key at the same time, both return the one with the lower number, and the call that
          created the other one cancels that.

        A build that is found must have the key and the commit, and the branch if one is given. Only a SHA can be compared: with
        `HEAD`, a branch or a tag as `commit`, any commit fits. A rebuild has the key of the build that it repeats, and is passed
        over, as is a build that wasn't created by the API.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            branch: the branch; by default the pipeline's default branch, which takes one more request.
            commit: a SHA; by default `HEAD`, the newest commit of the branch.
            message: the title of the build; by default the message of the commit.
            author: the author to show; also a map with `name` and `email`.
            env: environment variables of the jobs, all texts.
            meta_data: the meta-data of the build: texts, booleans or numbers, which Buildkite keeps as texts. It can only be
                set here.
            clean_checkout: make agents start with a fresh checkout.
            ignore_pipeline_branch_filters: build a branch that the pipeline's filters leave out.
            pull_request_id: the number of the pull request that the build is for. The text "false", which
                $BUILDKITE_PULL_REQUEST holds outside pull requests, is refused: pass None there.
            pull_request_base_branch, pull_request_labels, pull_request_repository: more about the pull request.
            once: a key that no other build of the pipeline has, such as `release-1.4`, of 1 to 255 characters; or True for a
                random one, which serves to find the build after a lost answer.

        Raises:
            PipelineNotFound: the pipeline doesn't exist for this token.
            InvalidRequest: Buildkite refused the build; `errors` names the field.
            ResponseLost: the answer was lost, and the build may exist. With `once`, it was not found either: its attribute `once`
                is the key, and a later call with this key looks for the build first. Without, check with
                `list(..., commit=...)` before you try again.
            TypeError: an argument has another type. Nothing was sent.
            ValueError: no branch was given, and the pipeline has no default branch; or a build with the key of `once` has another
                commit or branch. No build was created.

        Example:
            >>> def nightly(buildkite) -> int:
            ...     return buildkite.builds.create("web", message="Nightly").number
            >>> def release(buildkite, version: str, sha: str) -> int:
            ...     return buildkite.builds.create("web", branch="main", commit=sha, once=f"release-{version}").number

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuildRequests.create, locals())
        from buildkite_api.models import BuildAuthorRequest, CreateBuildRequest

        at = self._pipeline_at("builds.create", pipeline)
        identity = self._identity(once, meta_data, commit=commit, branch=branch)
        options = given(
            message=message,
            author=None if author is None else BuildAuthorRequest(**_author(author)),
            env=text_map("env", env),
            meta_data=scalar_map("meta_data", meta_data),
            clean_checkout=clean_checkout,
            ignore_pipeline_branch_filters=ignore_pipeline_branch_filters,
            pull_request_base_branch=pull_request_base_branch,
            pull_request_id=pull_request_id,
            pull_request_labels=listed(pull_request_labels),
            pull_request_repository=pull_request_repository,
        )
        if identity is not None:
            options["meta_data"] = {**options.get("meta_data", {}), **identity.meta_data}
            if identity.own:
                self._requester.refuse_write("builds.create")  # before it is looked for
                known = self.list(pipeline, meta_data=identity.filter, per_page=100)
                earlier = identity.earlier([build async for build in known], at[1])
                if earlier is not None:
                    return earlier
        if branch is None:
            self._requester.refuse_write("builds.create")  # before the pipeline is read
            branch = await self._default_branch(pipeline, at)
        body = CreateBuildRequest(commit=commit, branch=branch, **options)
        if identity is None:
            return await self._requester.call(create_build, *at, body=body)
        from .once import create_once

        return await create_once(
            self._requester, *at, identity, body, cancel=lambda number: self.cancel("/".join(at), number)
        )

    async def find_or_create(
        self,
        pipeline: str | Pipeline,
        *,
        commit: str,
        branch: str | None = None,
        rebuild: Literal["failed"] | None = None,
        message: str | None = None,
        author: Author | Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        meta_data: Mapping[str, Scalar] | None = None,
        once: str | bool | None = None,
    ) -> Build:
        """Return a build of a commit: one that has passed or still runs, or else a new one. Scopes: read_builds and write_builds.

        The newest build of the commit that has passed, or that continues, is returned as it is. That is also one that waits at a
        block step, if nothing in it failed. Its environment and its meta-data aren't compared. Builds that failed, or were
        canceled or skipped, are passed over. The newest 100 builds of the commit are looked at.

        Two callers at once may both find nothing and both create a build, since a new build appears late in lists. With the same
        key as `once`, both get one build: see `create`. That holds for what is created, not for a rebuild. A key is bound to its
        build, though: once that has failed, a call with the same key gets it again, so give each attempt a key of its own.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            commit: the full SHA. `HEAD`, a branch or a shortened SHA can't be looked up.
            branch: builds of this branch only, and the branch of a new build; None for builds of any branch, and for the
                pipeline's default branch.
            rebuild: `failed` repeats the newest build of the commit that has failed, with its environment and meta-data, in place
                of creating one.
            message, author, env, meta_data, once: for a build that is created: as for `create`.

        Returns:
            The build. It may have ended already: `builds.wait` returns at once then.

        Raises:
            ValueError: the commit isn't a full SHA. Nothing was sent.
            PipelineNotFound: the pipeline doesn't exist for this token.
            InvalidRequest, ResponseLost: as for `create`.

        Example:
            >>> def tested(buildkite, sha: str) -> bool:
            ...     build = buildkite.builds.find_or_create("web", commit=sha, branch="main", once=f"test-{sha}")
            ...     return buildkite.builds.wait(build, timeout=3600).passed

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuildRequests.find_or_create, locals())
        from ..watching.reuse import full_sha, known_builds  # here: most programs look for no build to reuse

        commit = full_sha(commit)
        if rebuild not in (None, "failed"):
            raise ValueError(f'rebuild={rebuild!r}: give "failed", or leave it out')
        at = self._pipeline_at("builds.find_or_create", pipeline)
        newest = await self._requester.call_fresh(
            list_pipeline_builds,
            *at,
            **given(commit=commit, branch=branch, exclude_jobs=True, exclude_pipeline=True, per_page=100),
        )
        known = known_builds(newest, commit=commit, branch=branch)
        if known.reusable is not None:
            return known.reusable
        if rebuild is not None and known.failed is not None:
            return await self.rebuild("/".join(at), known.failed.number)
        return await self.create(
            pipeline,
            branch=branch,
            commit=commit,
            message=message,
            author=author,
            env=env,
            meta_data=meta_data,
            once=once,
        )

    def _identity(
        self, once: str | bool | None, meta_data: Mapping[str, Scalar] | None, *, commit: str, branch: str | None
    ) -> Once | None:
        """Return what a build that is created once is known by; None for any other.

        Raises:
            ValueError: the key can't be used, or the meta-data have a key of their own for it.
        """
        if once is None or once is False:
            return None
        from .once import Once

        identity = Once.of(once, commit=commit, branch=branch)
        for name in identity.meta_data:
            if name in (meta_data or {}):
                raise ValueError(
                    f"meta_data[{name!r}] is what once= sets: leave it out of meta_data. Nothing was sent."
                )
        return identity

    async def _default_branch(self, pipeline: str | Pipeline, at: tuple[str, str]) -> str:
        """Return the branch that a pipeline builds by default.

        Raises:
            ValueError: it has none.
        """
        known = pipeline.default_branch if isinstance(pipeline, Pipeline) else None
        found = known or (await self._requester.call(get_pipeline, *at)).default_branch
        if not found:
            raise ValueError(
                f"branch is missing, and the pipeline {at[1]} has no default branch: write builds.create(..., "
                f'branch="main"). No build was created.'
            )
        return found

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

        `wait` afterwards, by this client or with the Build that is returned, doesn't take the old end for the new one.

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
        from buildkite_api.models import RetryFailedJobsRequest

        chosen = many(states)
        warn_unknown("state", chosen, RETRIED_STATES)
        body = RetryFailedJobsRequest(**given(states=None if chosen is None else ",".join(chosen)))
        build = await self._requester.call(retry_failed_jobs, *at, body=body)
        self._requester.recent_actions.add(at, Reopening.of_build(build), now=self._requester.runtime.now())
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

        self._requester.refuse_write("builds.unblock")
        organization, slug, found = self._build_at("builds.unblock", pipeline, number)
        if step is None:
            step = step_in(pipeline, root=self._requester.options.base_url)
        requester = self._requester.within(organization)
        return await unblock_step(requester, slug, found, step, fields=field_map("fields", fields), unblocker=unblocker)


def _author(author: Author | Mapping[str, str]) -> dict[str, str]:
    if isinstance(author, Author):
        return {"name": author.name, "email": author.email}
    if not isinstance(author, Mapping) or set(author) != {"name", "email"}:
        raise TypeError(
            f"author={shown(author)}: pass Author(name=..., email=...), or a map with these two keys and no other"
        )
    return dict(author)


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
