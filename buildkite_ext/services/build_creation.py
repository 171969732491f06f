"""Creation of builds: a new one, one with a key that no other has, or one that is there already.

https://buildkite.com/docs/apis/rest-api/builds
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from buildkite_api.models import Build, Pipeline

from ..messages import shown
from .arguments import Scalar, given, listed, scalar_map, text_map
from .build_requests import AsyncBuildRequests
from .checks import check

if TYPE_CHECKING:
    from .once import Once

__all__ = ["AsyncBuildCreation", "Author"]


@dataclass(frozen=True, slots=True)
class Author:
    """Author of a build, by name and e-mail address."""

    name: str
    email: str


class AsyncBuildCreation(AsyncBuildRequests, part_of="AsyncBuilds"):
    """Methods that create builds."""

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
        check(AsyncBuildCreation.create, locals())
        from buildkite_api.api.builds import create_build
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
        looks_first = identity is not None and identity.own
        details = {"branch": branch, "commit": commit}
        if looks_first or branch is None:  # a read-only client doesn't read what would only serve the build, either
            self._requester.refuse_write("builds.create", "create_build", at=at, details=details)
        with self._requester.reads_before("create_build", at=at, details=details):
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
        check(AsyncBuildCreation.find_or_create, locals())
        from buildkite_api.api.builds import list_pipeline_builds

        from ..watching.reuse import full_sha, known_builds  # here: most programs look for no build to reuse

        commit = full_sha(commit)
        if rebuild not in (None, "failed"):
            raise ValueError(f'rebuild={rebuild!r}: give "failed", or leave it out')
        at = self._pipeline_at("builds.find_or_create", pipeline)
        with self._requester.reads_before("create_build", at=at, details={"branch": branch, "commit": commit}):
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
        from buildkite_api.api.pipelines import get_pipeline

        known = pipeline.default_branch if isinstance(pipeline, Pipeline) else None
        found = known or (await self._requester.call(get_pipeline, *at)).default_branch
        if not found:
            raise ValueError(
                f"branch is missing, and the pipeline {at[1]} has no default branch: write builds.create(..., "
                f'branch="main"). No build was created.'
            )
        return found


def _author(author: Author | Mapping[str, str]) -> dict[str, str]:
    if isinstance(author, Author):
        return {"name": author.name, "email": author.email}
    if not isinstance(author, Mapping) or set(author) != {"name", "email"}:
        raise TypeError(
            f"author={shown(author)}: pass Author(name=..., email=...), or a map with these two keys and no other"
        )
    return dict(author)
