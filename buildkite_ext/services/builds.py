"""Builds. https://buildkite.com/docs/apis/rest-api/builds"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from re import Pattern
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
from buildkite_api.webhooks.events import WebhookEvent

from .._sync import DetachedIterator
from ..errors import BuildAlreadyFinished
from ..failures.summary import LEAST_BYTES, FailureSummary
from ..logs.parser import LogLine
from ..logs.search import LogMatch, LogSearch
from ..messages import shown
from ..pagination.items import AsyncItems
from ..states import (
    JOB_STATES,
    RETRIED_STATES,
    BuildStateName,
    JobStateName,
    RetriedStateName,
    outcome_of,
)
from ..stores.recent_actions import Reopening
from ..unknown_names import warn_unknown
from ..watching.announcements import announced_build
from ..watching.outcome import WaitResult
from ..watching.pacing import Pacing
from ..watching.reuse import full_sha, known_builds
from ..watching.unblocking import unblock_step
from ..watching.wait import GivenUp, OnBlocked, OnTimeout, Until, WaitOptions, build_events
from ._base import blocking
from ._generated import builds as generated
from .addresses import step_in
from .arguments import (
    Scalar,
    at_least,
    aware,
    count,
    field_map,
    filter_map,
    given,
    listed,
    many,
    per_minute,
    positive,
    scalar_map,
    text_map,
)
from .checks import check
from .waits import Fields, checked, wait_for

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import WebhookEvent

    from .once import Once
    from .watcher import AsyncWatcher, Watcher

__all__ = ["AsyncBuilds", "Author", "Builds"]


@dataclass(frozen=True, slots=True)
class Author:
    """Author of a build, by name and e-mail address."""

    name: str
    email: str


class AsyncBuilds(generated.AsyncBuilds):
    """Builds: create, list, follow, wait, unblock, cancel, rebuild."""

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
        check(AsyncBuilds.list, locals())
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
        check(AsyncBuilds.list_all, locals())
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
        check(AsyncBuilds.get, locals())
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
        check(AsyncBuilds.create, locals())
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
                known = self.list(pipeline, meta_data=identity.filter, per_page=100)
                earlier = identity.earlier([build async for build in known], at[1])
                if earlier is not None:
                    return earlier
        if branch is None:
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
        check(AsyncBuilds.find_or_create, locals())
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
        check(AsyncBuilds.retry_failed_jobs, locals())
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
        check(AsyncBuilds.unblock, locals())
        organization, slug, found = self._build_at("builds.unblock", pipeline, number)
        if step is None:
            step = step_in(pipeline, root=self._requester.options.base_url)
        requester = self._requester.within(organization)
        return await unblock_step(requester, slug, found, step, fields=field_map("fields", fields), unblocker=unblocker)

    async def wait(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        until: Until | Callable[[Build], bool] = "finished",
        on_blocked: OnBlocked = "return",
        fields: Fields | None = None,
        on_event: Callable[[WebhookEvent], object] | None = None,
        on_timeout: OnTimeout = "raise",
        cancel_on: GivenUp | Sequence[GivenUp] | None = None,
        expected_duration: float | None = None,
        learn: bool = False,
        webhooks: bool = False,
    ) -> WaitResult:
        """Wait until a build has finished, or waits at a block step. Scope: read_builds.

        Polls are frequent while the build is young, and every 15 seconds later: four requests a minute. An end is seen 15 seconds
        later at most, and 18 in the first 20 minutes, in which the polls of the first one are made up for. Errors that pass,
        such as a 5xx or a lost connection, are waited out once the build was seen, and so is a 404 for a minute.

        The client remembers for five minutes that it retried jobs, or unblocked a step. A wait that begins then doesn't take the
        old end of the build, which Buildkite may still answer, for the new one. Give the Build that `retry_failed_jobs` returned
        for the same in another process.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            timeout: maximum of seconds to wait; None for no limit.
            poll_interval: the longest pause between two polls, in seconds; None for 15. A build that waits at a block step is
                polled every five thirds of it.
            until: `finished`; `failing`, to return as soon as the build is going to fail; `blocked`, to return as soon as a step
                blocks it, also while other jobs run; or a function that gets the build with its jobs at each poll and returns
                True. Whatever it is, the wait is over when the build has ended.
            on_blocked: at a block step: `return`; `wait` until a user has unblocked it; `unblock` it; or `raise` BuildBlocked.
            fields: values of the fields of the steps, for `on_blocked="unblock"`.
            on_event: called with each change of the build and its jobs, as the event that a webhook would bring, such as
                `hooks.dispatch` of a `WebhookHandler`. The polls ask for the jobs then.
            on_timeout: `raise` DeadlineExceeded, or `return` a result whose outcome is None.
            cancel_on: what makes the wait cancel its build, and look whether it did: `timeout`; `interrupt`, which is Ctrl-C or
                the cancellation of its task; `error`. One or several.
            expected_duration: seconds that the build usually runs. Polls are frequent around that time.
            learn: take the expected duration from the builds of the branch that passed last, by one more request.
            webhooks: a handler of webhooks tells of the build by `builds.handle`, so it is polled every 60 seconds only.

        Returns:
            The build with its jobs, its outcome (`passed`, `failed`, `blocked`, `canceled`, `skipped`, `not_run`), the jobs
            that broke it, and the block steps that it waits at. `.passed` is True for the outcome `passed` alone.

        Raises:
            DeadlineExceeded: the build did not finish in time. It continues, unless `cancel_on` names `timeout`.
            BuildBlocked: the build waits at a block step, and `on_blocked` is `raise`.
            BuildNotFound: the build doesn't exist, or has not been found for a minute.
            ValueError: an argument takes other words, or `fields` is given without `on_blocked="unblock"`.

        Example:
            >>> def passes(buildkite, number: int) -> bool:
            ...     return buildkite.builds.wait("web", number, timeout=1800).passed
            >>> def not_yet(buildkite, number: int) -> list[str | None]:
            ...     result = buildkite.builds.wait("web", number, timeout=60, on_timeout="return")
            ...     return [job.name for job in result.waiting_for]
        """
        check(AsyncBuilds.wait, locals())
        at = self._build_at("builds.wait", pipeline, number)
        options = WaitOptions(
            timeout=timeout,
            poll_interval=poll_interval,
            until=until,
            on_blocked=on_blocked,
            on_timeout=on_timeout,
            on_event=on_event,
            cancel_on=many(cancel_on) or (),
            expected_duration=expected_duration,
            learn=learn,
            webhooks=webhooks,
        )
        known = next((each for each in (pipeline, number) if isinstance(each, Build)), None)
        return await wait_for(self._requester, at, checked(options, fields), fields=fields, known=known)

    async def run(
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
        timeout: float | None = None,
        poll_interval: float | None = None,
        until: Until | Callable[[Build], bool] = "finished",
        on_blocked: OnBlocked = "return",
        fields: Fields | None = None,
        on_event: Callable[[WebhookEvent], object] | None = None,
        on_timeout: OnTimeout = "raise",
        cancel_on: GivenUp | Sequence[GivenUp] | None = None,
        expected_duration: float | None = None,
        learn: bool = False,
    ) -> WaitResult:
        """Create a build, and wait for it: `create`, then `wait`. Scopes: write_builds, read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            branch, commit, message, author, env, meta_data: of the build, as for `create`.
            clean_checkout, ignore_pipeline_branch_filters: as for `create`.
            pull_request_base_branch, pull_request_id, pull_request_labels, pull_request_repository: as for `create`.
            once: a key that no other build of the pipeline has, as for `create`. A build that has it already is waited for.
            timeout, poll_interval, until, on_blocked, fields, on_event: as for `wait`. The time begins when the build is created.
            on_timeout, cancel_on, expected_duration, learn: as for `wait`.

        Returns:
            The result of the wait, with the build.

        Raises:
            BuildkiteError: the build wasn't created, as for `create`, or wasn't waited for to its end, as for `wait`.
            ValueError: as for `create` and `wait`. If the arguments are wrong no build was created.

        Example:
            >>> def deployed(buildkite) -> bool:
            ...     return buildkite.builds.run("deploy", branch="main", timeout=1800, cancel_on=["timeout", "interrupt"]).passed

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuilds.run, locals())
        options = WaitOptions(
            timeout=timeout,
            poll_interval=poll_interval,
            until=until,
            on_blocked=on_blocked,
            on_timeout=on_timeout,
            on_event=on_event,
            cancel_on=many(cancel_on) or (),
            expected_duration=expected_duration,
            learn=learn,
        )
        checked(options, fields)
        build = await self.create(
            pipeline,
            branch=branch,
            commit=commit,
            message=message,
            author=author,
            env=env,
            meta_data=meta_data,
            clean_checkout=clean_checkout,
            ignore_pipeline_branch_filters=ignore_pipeline_branch_filters,
            pull_request_base_branch=pull_request_base_branch,
            pull_request_id=pull_request_id,
            pull_request_labels=pull_request_labels,
            pull_request_repository=pull_request_repository,
            once=once,
        )
        at = (*self._pipeline_at("builds.run", pipeline), build.number)
        return await wait_for(self._requester, at, options, fields=fields, known=build)

    def events(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        on_blocked: Literal["return", "wait"] = "return",
    ) -> DetachedIterator[WebhookEvent]:
        """Poll a build, and yield each change of it and its jobs as the event that a webhook would bring. Scope: read_builds.

        The events end with the build, or at a block step. What has happened before the first poll comes first. `hooks.dispatch`
        of a `WebhookHandler` gives an event to the handlers of webhooks; it has no `raw` body. As in webhooks, the build and the
        job in an event may be newer than the event.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            timeout: maximum of seconds to poll; None for no limit.
            poll_interval: the longest pause between two polls, in seconds, as for `wait`.
            on_blocked: at a block step: `return`, or `wait` until a user has unblocked it.

        Raises:
            DeadlineExceeded: the build did not finish in time. It continues.

        Example:
            >>> def report(buildkite, number: int) -> None:
            ...     for event in buildkite.builds.events("web", number):
            ...         print(event.event, event.build.state)
        """
        check(AsyncBuilds.events, locals())
        organization, slug, found = self._build_at("builds.events", pipeline, number)
        positive(timeout=timeout, poll_interval=poll_interval)
        if on_blocked not in ("return", "wait"):
            raise ValueError(f"on_blocked={on_blocked!r}: give 'return' or 'wait'")
        requester = self._requester.within(organization)
        pacing = Pacing.of(poll_interval)
        return DetachedIterator(
            build_events(requester, slug, found, timeout=timeout, pacing=pacing, on_blocked=on_blocked)
        )

    def watcher(self, *, webhooks: bool = False) -> AsyncWatcher:
        """Return a watcher: any number of waits, in any tasks or threads, that share their requests. Nothing is sent.

        Args:
            webhooks: a handler of webhooks tells of builds by `builds.handle`, so that the watcher polls slowly.

        Example:
            >>> def all_pass(buildkite, builds) -> bool:
            ...     return all(buildkite.builds.watcher().wait_all(builds, timeout=3600))
        """
        from .watcher import AsyncWatcher

        return AsyncWatcher(self._requester, webhooks=webhooks)

    async def handle(self, event: WebhookEvent) -> None:
        """Wake the waits for the build of a webhook event, in all processes that share the client's store.

        They are waits that expect webhooks: `wait(..., webhooks=True)` and those of `watcher(webhooks=True)`. Events of builds
        wake them, other events do nothing.

        Args:
            event: the event.

        Example:
            >>> def connect(hooks, buildkite) -> None:
            ...     hooks.on("*")(buildkite.builds.handle)

        https://buildkite.com/docs/apis/webhooks/pipelines/build-events
        """
        name = announced_build(event, self._requester.options.organization)
        if name is not None:
            await self._requester.store.announce(name, self._requester.runtime)

    def follow(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        poll_interval: float | None = None,
        timeout: float | None = None,
        tail: int | None = None,
        max_requests_per_minute: float | None = None,
        jobs: str | Job | Sequence[str | Job] | None = None,
        state: JobStateName | str | Sequence[JobStateName | str] | None = None,
        focus: str | Job | Sequence[str | Job] | None = None,
        on_build: Callable[[Build], None] | None = None,
    ) -> DetachedIterator[LogLine]:
        """Follow the logs of all jobs, line by line, until the build finishes or waits at a block step.
        Scopes: read_builds and read_build_logs.

        The logs share a number of requests a minute, whatever the number of jobs. Where not all can be read, the order is: jobs
        that have failed, others that have ended, those of `focus`, and the longest unread. Logs that grow are polled more often
        than quiet ones. See `jobs.follow`.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            poll_interval: seconds between two polls of the build, and the shortest between two polls of one log. By default the
                build is polled every 8 seconds once a job runs, and a log that grows every 2 if the requests suffice.
            timeout: maximum of seconds to follow; None for no limit.
            tail: number of lines to begin with, for each log that has begun: the last ones that it has now; 0 for new lines only,
                None for all.
            max_requests_per_minute: limit on the requests in any minute, at least 4. Fewer than 40 poll the build less often. By
                default 40, or what `poll_interval` takes for the build and one log if that is more. One running job takes
                about 20, and 30 jobs 30.
            jobs: the jobs to follow, one or several: a step key, a name in which `*` stands for any text, an id, or a Job.
            state: the states of the jobs to follow, one or several, such as `failed`. A job that gets one of them is followed
                from then on.
            focus: the jobs whose logs come before those of other running jobs, as for `jobs`.
            on_build: called at each poll of the build with the build and its jobs. It serves to show a
                table of jobs beside the log, without further requests.

        Raises:
            DeadlineExceeded: the build did not finish in time. It continues.
            NothingMatched: the build has ended, and `jobs` names none of its jobs.

        Example:
            >>> def show(buildkite, number: int) -> None:
            ...     for line in buildkite.builds.follow("web", number):
            ...         print(f"{line.job_name:>20} {line.text}")
        """
        check(AsyncBuilds.follow, locals())
        from ..logs.follow import follow_build  # here: most programs follow nothing
        from ..logs.schedule import Pace
        from .selections import selection

        at = self._build_at("builds.follow", pipeline, number)
        positive(timeout=timeout, poll_interval=poll_interval)
        pace = Pace.of(poll_interval, per_minute("max_requests_per_minute", max_requests_per_minute))
        organization, slug, found = at
        return DetachedIterator(
            follow_build(
                self._requester.within(organization),
                slug,
                found,
                pace=pace,
                timeout=timeout,
                tail=count("tail", tail),
                jobs=selection(jobs, state),
                focus=selection(focus, None),
                on_build=on_build,
            )
        )

    def log_search(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        pattern: str | Pattern[str],
        context: int = 0,
        jobs: str | Job | Sequence[str | Job] | None = None,
        state: JobStateName | str | Sequence[JobStateName | str] | None = None,
        follow: bool = False,
        timeout: float | None = None,
        max_requests_per_minute: float | None = None,
    ) -> DetachedIterator[LogMatch]:
        """Search the logs of all jobs of a build for lines that match a pattern. Scopes: read_builds and read_build_logs.

        The logs are read as by `follow`, those of failed jobs first, at most five at the same time. They are searched while they
        arrive, in little memory. See `jobs.log_search`.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            pattern: a regular expression, which is searched in the text of each line. `re.escape` makes one of a text.
            context: the number of lines before and after a match to give with it.
            jobs, state: the jobs whose logs are searched, as for `follow`.
            follow: search the logs as they grow, until the build finishes. False searches what they have now.
            timeout: maximum of seconds; None for no limit.
            max_requests_per_minute: limit on the requests in any minute, at least 4; by default 40.

        Raises:
            NothingMatched: `jobs` names none of the build's jobs.
            DeadlineExceeded: the logs were not searched to their ends in time.

        Example:
            >>> def errors(buildkite, number: int) -> None:
            ...     for match in buildkite.builds.log_search("web", number, pattern="error:", state="failed"):
            ...         print(f"{match.line.job_name}:{match.number}: {match.line.text}")
        """
        check(AsyncBuilds.log_search, locals())
        organization, slug, found = self._build_at("builds.log_search", pipeline, number)
        from ..logs.follow import follow_build
        from ..logs.lookup import searched
        from ..logs.schedule import Pace
        from .selections import selection

        search = LogSearch(pattern, before=count("context", context) or 0, after=context)
        positive(timeout=timeout)
        lines = follow_build(
            self._requester.within(organization),
            slug,
            found,
            pace=Pace.of(None, per_minute("max_requests_per_minute", max_requests_per_minute)),
            timeout=timeout,
            jobs=selection(jobs, state),
            stored=not follow,
        )
        return DetachedIterator(searched(DetachedIterator(lines), search))

    async def failure_summary(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        max_jobs: int = 10,
        max_bytes: int = 8192,
        max_log_bytes: int = 262_144,
    ) -> FailureSummary:
        """Tell why a build failed: its failed jobs with the useful lines of their logs, retries, annotations, failed tests.
        Scopes: read_builds and read_build_logs; read_suites for a build with Test Engine runs.

        At most 3 requests are sent, one for each job that is shown, and one for each of at most 3 Test Engine runs. Of each log
        only the end is read, at most 5 at the same time. A part that can't be read, such as for want of a scope, is named in
        `problems`, and the rest is there.

        A build that hasn't failed has a summary too, which says so.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            max_jobs: the maximum of jobs to show, those of builds that were triggered included. 0 reads no log.
            max_bytes: the maximum of bytes of the summary's text, and of its JSON; at least 1024.
            max_log_bytes: the maximum of bytes to read of the end of each log; at least 1.

        Raises:
            BuildNotFound: the build, its pipeline or its organization doesn't exist for this token.
            ValueError: a maximum is too small.

        Example:
            >>> def report(buildkite, number: int) -> None:
            ...     summary = buildkite.builds.failure_summary("web", number)
            ...     if summary.failed:
            ...         print(summary)

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuilds.failure_summary, locals())
        from ..failures.reading import read_summary

        organization, slug, found = self._build_at("builds.failure_summary", pipeline, number)
        return await read_summary(
            self._requester.within(organization),
            slug,
            found,
            max_jobs=at_least("max_jobs", max_jobs, 0),
            max_bytes=at_least("max_bytes", max_bytes, LEAST_BYTES),
            max_log_bytes=at_least("max_log_bytes", max_log_bytes, 1),
        )


class Builds(generated.Builds):
    """Builds: create, list, follow, wait, unblock, cancel, rebuild."""

    list = blocking(AsyncBuilds.list)
    list_all = blocking(AsyncBuilds.list_all)
    get = blocking(AsyncBuilds.get)
    create = blocking(AsyncBuilds.create)
    find_or_create = blocking(AsyncBuilds.find_or_create)
    cancel = blocking(AsyncBuilds.cancel)
    rebuild = blocking(AsyncBuilds.rebuild)
    retry_failed_jobs = blocking(AsyncBuilds.retry_failed_jobs)
    unblock = blocking(AsyncBuilds.unblock)
    wait = blocking(AsyncBuilds.wait)
    handle = blocking(AsyncBuilds.handle)
    run = blocking(AsyncBuilds.run)
    events = blocking(AsyncBuilds.events)
    follow = blocking(AsyncBuilds.follow)
    log_search = blocking(AsyncBuilds.log_search)
    failure_summary = blocking(AsyncBuilds.failure_summary)

    def watcher(self, *, webhooks: bool = False) -> Watcher:
        """Return a watcher: any number of waits, in any tasks or threads, that share their requests. Nothing is sent.

        Args:
            webhooks: a handler of webhooks tells of builds by `builds.handle`, so that the watcher polls slowly.

        Example:
            >>> def all_pass(buildkite, builds) -> bool:
            ...     return all(buildkite.builds.watcher().wait_all(builds, timeout=3600))
        """
        from .watcher import AsyncWatcher, Watcher

        return Watcher(AsyncWatcher(self._shared._requester, webhooks=webhooks))


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
