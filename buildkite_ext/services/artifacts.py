"""Artifacts. https://buildkite.com/docs/apis/rest-api/artifacts"""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from buildkite_api.api.artifacts import (
    delete_job_artifact,
    get_job_artifact,
    list_build_artifacts,
    list_build_job_artifacts,
)
from buildkite_api.api.builds import get_build
from buildkite_api.models import Artifact, Build, Job

from ..artifacts.attempts import last_uploads, newest_attempts, repeated, successors
from ..artifacts.folders import Tree, may_be_there, obstacles, root_problem
from ..artifacts.names import Target, absolute, checked, file_target, names_folder, tree_target
from ..artifacts.patterns import nothing_matched, unmatched
from ..artifacts.result import DownloadedFiles, OnRefused, RefusedArtifact, fitting
from ..artifacts.slots import Slots
from ..artifacts.transfer import DEFAULT_MAX_BYTES, Progress, download, read
from ..errors import AccessDenied, NothingMatched, UnsafePath
from ..globs import matches_path, server_filter
from ..pagination.items import AsyncItems
from ._base import blocking
from ._generated import artifacts as generated
from .addresses import artifact_address, artifact_organization, names_build
from .checks import check

if TYPE_CHECKING:
    from ..transport.requester import Requester

__all__ = ["Artifacts", "AsyncArtifacts"]

_MOST_NEAR = 10_000
"""Limit on the artifacts that are listed to find what is near a pattern."""


class AsyncArtifacts(generated.AsyncArtifacts):
    """Files that jobs uploaded."""

    def list(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        *,
        job_id: str | Job | None = None,
        state: Literal["new", "error", "finished", "deleted", "expired"] | None = None,
        path: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Artifact]:
        """List the artifacts of a build, or of one job, lazily. Scope: read_artifacts.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build, a Job, or the URL of one, which needs no number.
            number: the build's number, or a Build.
            job_id: artifacts of this job only: its id, or a Job.
            state: artifacts in this state only; `finished` ones can be downloaded.
            path: artifacts with this path only; `*` matches any text.
            per_page: artifacts a request, at most 100.
            limit: the maximum of artifacts.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.list, locals())
        where, job = self._build_or_job_at("artifacts.list", pipeline, number, job_id)
        return self._listed(
            where,
            job,
            state=state,
            path=path,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    def _listed(
        self,
        where: tuple[str, str, int],
        job: str | None,
        *,
        state: str | None,
        path: str | None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Artifact]:
        options: dict[str, Any] = {"state": state, "path": path, "per_page": per_page}
        if job is None:
            return self._items(
                "artifacts.list", list_build_artifacts, *where, **options, limit=limit, concurrency=concurrency
            )
        return self._items(
            "artifacts.list", list_build_job_artifacts, *where, job, **options, limit=limit, concurrency=concurrency
        )

    async def get(self, job_id: str | Job | Artifact, artifact_id: str | Artifact | None = None) -> Artifact:
        """Get an artifact. Scope: read_artifacts.

        Args:
            job_id: the id of the job that uploaded it, or the Job; or the Artifact, or its URL, which needs no other argument.
            artifact_id: its id.

        Raises:
            ArtifactNotFound: it, or its job, doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.get, locals())
        at = self._artifact_at("artifacts.get", job_id, artifact_id)
        return await self._requester.call(get_job_artifact, *at)

    def _artifact_at(self, called: str, job_id: object, artifact_id: object) -> tuple[str, str, str]:
        """Return organization, job and id of the artifact that arguments name."""
        requester = self._requester
        organization, job, found = artifact_address(called, job_id, artifact_id, root=requester.options.base_url)
        return organization or requester.organization, job, found

    async def _described(self, called: str, artifact: Artifact | str) -> Artifact:
        """Return an artifact as it is, or the one that a URL names."""
        if isinstance(artifact, Artifact):
            return artifact
        if "://" not in artifact:
            raise TypeError(
                "artifact is a text that isn't a URL. Pass an Artifact, as artifacts.list returns it, or its URL."
            )
        return await self._requester.call(get_job_artifact, *self._artifact_at(called, artifact, None))

    async def download(
        self, artifact: Artifact | str, to: str | os.PathLike[str], *, on_progress: Progress | None = None
    ) -> Path:
        """Download an artifact, complete and checked, or not at all. Scope: read_artifacts.

        A target that has the right size and SHA-1 already is left as it is, without a request. An artifact that is still
        uploading is waited for, up to a minute.

        The file is written to a temporary file beside the target. When its size and SHA-1 agree with Buildkite's, it
        replaces the target. Temporary files that killed downloads left in that folder are removed. The storage that it comes
        from never sees the token; up to five redirects of the storage are followed, and none from https to http. What the
        storage serves with a Content-Encoding is written as it is stored, or decoded if only that agrees.

        After a lost connection the download continues behind what has arrived, if the storage can do so and its file is the same
        still. Otherwise it begins again, and so it does once if the content differs.

        Args:
            artifact: as `list` or `get` give it; or its URL, which takes one more request.
            to: the file to write; or a folder to write it into under its own name, which exists or is a text that ends with a
                slash, such as `"wheels/"`. Folders that are missing are made.
            on_progress: called with the progress as bytes arrive.

        Returns:
            The file that was written.

        Raises:
            ArtifactUnavailable: never uploaded, expired, deleted, or refused by its storage.
            ArtifactCorrupted: the content differs from what was uploaded.
            UnsafePath: its name isn't a file name; or the file can't be written, or isn't a regular one that may be replaced.

        Example:
            >>> def fetch(buildkite, artifact) -> Path:
            ...     return buildkite.artifacts.download(artifact, to="report.xml")
        """
        check(AsyncArtifacts.download, locals())
        artifact = await self._described("artifacts.download", artifact)
        target = file_target(checked(artifact), Path(to), folder=names_folder(to))
        problems, (there,) = await self._looked_at([target])
        for _, error in problems:
            raise error
        tree = Tree(target.root)
        try:
            requester = self._of(artifact)
            slots = Slots(requester.runtime, 1)
            await download(requester, target, tree, slots=slots, may_be_there=there, progress=on_progress)
            return target.path
        finally:
            tree.close()

    async def read(self, artifact: Artifact | str, *, max_bytes: int = DEFAULT_MAX_BYTES) -> bytes:
        """Read a small artifact into memory, complete and checked like a download. Scope: read_artifacts.

        Args:
            artifact: as `list` or `get` give it; or its URL, which takes one more request.
            max_bytes: the maximum of bytes. A larger artifact is for `download`.

        Returns:
            Its content. Size and SHA-1 agree with Buildkite's.

        Raises:
            ArtifactTooLarge: it has more bytes than `max_bytes`.
            ArtifactUnavailable, ArtifactCorrupted: as for `download`.

        Example:
            >>> def report(buildkite, build) -> dict[str, object]:
            ...     artifact = next(a for a in buildkite.artifacts.list(build) if a.path == "report.json")
            ...     return json.loads(buildkite.artifacts.read(artifact))

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.read, locals())
        if max_bytes < 1:
            raise ValueError(f"max_bytes={max_bytes}: give a number of bytes above 0")
        artifact = await self._described("artifacts.read", artifact)
        return await read(self._of(artifact), checked(artifact), max_bytes=max_bytes)

    def _of(self, artifact: Artifact) -> Requester:
        """Return the requester for the organization of an artifact."""
        found = artifact_organization(artifact, root=self._requester.options.base_url)
        return self._requester if found is None else self._requester.within(found)

    async def download_all(
        self,
        pipeline: str | Build | Job,
        number: int | str | Build | None = None,
        *globs: str,
        to: str | os.PathLike[str] = ".",
        job_id: str | Job | None = None,
        missing: Literal["raise", "ignore"] = "raise",
        by_job: bool = False,
        include_retried_jobs: bool = False,
        on_refused: OnRefused = "raise",
        concurrency: int = 8,
        on_progress: Progress | None = None,
    ) -> DownloadedFiles:
        """Download a build's artifacts into a folder, each under its own path. Scope: read_artifacts.

        If several attempts of a job uploaded the same path, the artifact of the last of them is downloaded; if several jobs
        uploaded the same path, the scope read_builds is needed to see which of them are attempts of one job. If a job uploaded
        a path twice, the last upload is downloaded. A file that is there with the right SHA-1 is left as it is, without a
        request. Artifacts that are still uploading are waited for, up to a minute each.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build, a Job, or the URL of one, which needs no number:
                the patterns follow at once.
            number: the build's number, or a Build.
            globs: patterns of paths, such as `dist/*.whl`; `**` matches folders as well. Without patterns: all artifacts.
                Backslashes in them and in paths of Windows agents count as slashes.
            to: the folder; it is made if it doesn't exist. A link below it is never followed.
            job_id: artifacts of this job only: its id, or a Job.
            missing: `ignore` downloads what there is when a pattern matches nothing; `raise` downloads nothing then.
            by_job: write the artifacts of each job into a folder with the job's id as its name.
            include_retried_jobs: download the artifacts of earlier attempts too. `by_job=True` keeps them apart.
            on_refused: `skip` leaves out artifacts that can't be written safely, and downloads the others; the result has them in
                `refused`. Of those that can't be written together, the first one is downloaded. `raise` downloads nothing then.
            concurrency: files that come at the same time. While they do, the storage addresses of the next files are asked for,
                so that up to half as many requests more are under way; none for 1.
            on_progress: called with the progress as bytes arrive.

        Returns:
            The files that were written, in Buildkite's order. The list is empty if the build has no artifacts and no pattern
            was given. Its attribute `refused` has what `on_refused="skip"` left out.

        Raises:
            NothingMatched: a pattern matches no artifact. Nothing is downloaded. The message shows what is near.
            UnsafePath: a path or a job id leads outside the folder or can't be written on this system; two artifacts of
                different jobs have the same path; paths or folders differ by case or Unicode form alone; a file is the folder of
                another; or something that isn't a regular file is in the way. Nothing is downloaded.
            ArtifactUnavailable, ArtifactCorrupted: as for `download`.

        https://buildkite.com/docs/pipelines/configure/artifacts

        Example:
            >>> def wheels(buildkite, build) -> list[Path]:
            ...     return buildkite.artifacts.download_all(build, "dist/*.whl", to="wheels")
        """
        _refuse_list(number, globs)
        check(AsyncArtifacts.download_all, locals())
        if missing not in ("raise", "ignore"):
            raise ValueError(f'missing={missing!r}: give "raise" or "ignore"')
        if isinstance(number, str) and names_build(pipeline, root=self._requester.options.base_url):
            globs, number = (number, *globs), None
        where, job = self._build_or_job_at("artifacts.download_all", pipeline, number, job_id)
        requester = self._requester.within(where[0])
        if on_refused not in ("raise", "skip"):
            raise ValueError(f'on_refused={on_refused!r}: give "raise" or "skip"')
        root = Path(to)
        absolute(root)  # before anything is asked, an error about a current folder that is gone
        listed = self._listed(where, job, state=None, path=server_filter(globs))
        found = last_uploads([checked(artifact) async for artifact in listed if _is_wanted(artifact, globs)])
        if missing == "raise":
            await self._refuse_unmatched(globs, found, where, job, folder_given=to != ".")
        if not include_retried_jobs and repeated(found, apart=by_job):
            found = newest_attempts(found, await self._retries(where))
        targets, refused = fitting(found, lambda artifact: tree_target(artifact, root, by_job=by_job), on_refused)
        unique = list({target.parts: target for target in targets}.values())
        problems, there = await self._looked_at(unique)
        error = root_problem(root) if problems else None
        if error is not None or (problems and on_refused == "raise"):
            raise error or problems[0][1]
        in_the_way = {target.parts for target, _ in problems}
        refused += [RefusedArtifact(target.artifact, problem.reason) for target, problem in problems]
        tree = Tree(root)
        slots = Slots(requester.runtime, concurrency)

        async def one(target: tuple[Target, bool]) -> bool:
            return await download(requester, target[0], tree, slots=slots, may_be_there=target[1], progress=on_progress)

        wanted = [each for each in zip(unique, there, strict=True) if each[0].parts not in in_the_way]
        try:
            kept = await requester.runtime.map(one, wanted, at_once=slots.workers)
        finally:
            tree.close()
        files = [target.path for target, _ in wanted]
        return DownloadedFiles(files, refused=refused, already_there=compress(files, kept))

    async def _refuse_unmatched(
        self,
        globs: Sequence[str],
        found: Sequence[Artifact],
        where: tuple[str, str, int],
        job: str | None,
        *,
        folder_given: bool,
    ) -> None:
        """Raise an error about the patterns that match nothing. Only then all artifacts are listed, to show what is near."""
        lacking = unmatched(globs, [artifact.path or "" for artifact in found])
        if not lacking:
            return
        every = self._listed(where, job, state="finished", path=None, limit=_MOST_NEAR)
        paths = [checked(artifact).path or "" async for artifact in every]
        _, slug, number = where
        advice = 'Give other patterns, or missing="ignore".'
        if not folder_given and len(globs) > 1 and lacking == [globs[-1]] and not set("*?") & set(globs[-1]):
            advice = (
                f"Every argument after the build is a pattern: if this is the folder, give to={globs[-1]!r}. {advice}"
            )
        raise NothingMatched(
            nothing_matched(lacking, paths, f"{slug} #{number}"),
            f"Nothing was downloaded. {advice}",
            patterns=tuple(lacking),
        )

    async def _looked_at(
        self, targets: Sequence[Target]
    ) -> tuple[builtins.list[tuple[Target, UnsafePath]], builtins.list[bool]]:
        """Return what is in the way of which targets, and whether each target may have its content already."""
        return await self._requester.runtime.offload(
            lambda: (list(obstacles(targets)), [may_be_there(target) for target in targets])
        )

    async def _retries(self, where: tuple[str, str, int]) -> dict[str, str]:
        """Return the job that retried each job of a build."""
        try:
            build = await self._requester.call(get_build, *where, include_retried_jobs=True)
        except AccessDenied as error:
            raise UnsafePath(
                "Several jobs uploaded the same path. Which of them are attempts of one job is in the build, and the token lacks "
                "the scope read_builds. Nothing was downloaded.",
                "Give the token the scope, pass by_job=True and include_retried_jobs=True for all of them, or job_id= for one "
                "job's.",
            ) from error
        return successors(build)

    async def delete(self, job_id: str | Job | Artifact, artifact_id: str | Artifact | None = None) -> None:
        """Delete an artifact. Files in your own storage stay there. Scope: write_artifacts.

        Args:
            job_id: the id of the job that uploaded it, or the Job; or the Artifact, or its URL, which needs no other argument.
            artifact_id: its id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.delete, locals())
        await self._requester.call(delete_job_artifact, *self._artifact_at("artifacts.delete", job_id, artifact_id))


def _refuse_list(number: object, globs: Sequence[object]) -> None:
    """Refuse patterns that are given as a list."""
    for name, given in (("number", number), *(("globs", each) for each in globs)):
        if isinstance(given, list | tuple | set | frozenset):
            raise TypeError(
                f"{name} is a {type(given).__name__}, and each pattern (globs) is an argument of its own: write "
                'artifacts.download_all(pipeline, number, "dist/*.whl", "*.xml"), or *patterns for a list.'
            )


def _is_wanted(artifact: Artifact, globs: Sequence[str]) -> bool:
    """Tell whether an artifact is asked for, and is uploaded or will be. One whose path is no text is, so that it is refused."""
    state = getattr(artifact, "state", None)
    if state is not None and str(state) not in ("new", "finished"):
        return False
    path = getattr(artifact, "path", None)
    return not isinstance(path, str) or matches_path(path, globs)


class Artifacts(generated.Artifacts):
    """Files that jobs uploaded."""

    list = blocking(AsyncArtifacts.list)
    get = blocking(AsyncArtifacts.get)
    download = blocking(AsyncArtifacts.download)
    read = blocking(AsyncArtifacts.read)
    download_all = blocking(AsyncArtifacts.download_all)
    delete = blocking(AsyncArtifacts.delete)
