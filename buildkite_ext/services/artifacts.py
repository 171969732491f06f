"""Artifacts. https://buildkite.com/docs/apis/rest-api/artifacts"""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from buildkite_api.api.artifacts import (
    delete_job_artifact,
    get_job_artifact,
    list_build_artifacts,
    list_build_job_artifacts,
)
from buildkite_api.api.builds import get_build
from buildkite_api.models import Artifact

from ..artifacts.attempts import last_uploads, newest_attempts, repeated, successors
from ..artifacts.folders import Tree, obstacle
from ..artifacts.names import Target, checked, conflict, file_target, tree_target
from ..artifacts.transfer import Progress, download
from ..errors import AccessDenied, UnsafePath
from ..globs import matches_path, server_filter
from ..pagination.items import AsyncItems
from ._base import blocking
from ._generated import artifacts as generated

__all__ = ["Artifacts", "AsyncArtifacts"]


class AsyncArtifacts(generated.AsyncArtifacts):
    """Files that jobs uploaded."""

    def list(
        self,
        pipeline: str,
        number: int,
        *,
        job_id: str | None = None,
        state: Literal["new", "error", "finished", "deleted", "expired"] | None = None,
        path: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Artifact]:
        """List the artifacts of a build, or of one job, lazily. Scope: read_artifacts.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            job_id: artifacts of this job only.
            state: artifacts in this state only; `finished` ones can be downloaded.
            path: artifacts with this path only; `*` matches any text.
            per_page: artifacts a request, at most 100.
            limit: the maximum of artifacts.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        where = (self._requester.organization, pipeline, number)
        options: dict[str, Any] = {"state": state, "path": path, "per_page": per_page}
        if job_id is None:
            return self._items(
                "artifacts.list", list_build_artifacts, *where, **options, limit=limit, concurrency=concurrency
            )
        return self._items(
            "artifacts.list", list_build_job_artifacts, *where, job_id, **options, limit=limit, concurrency=concurrency
        )

    async def get(self, job_id: str, artifact_id: str) -> Artifact:
        """Get an artifact. Scope: read_artifacts.

        Args:
            job_id: the job that uploaded it.
            artifact_id: its id.

        Raises:
            ArtifactNotFound: it, or its job, doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        return await self._requester.call(get_job_artifact, self._requester.organization, job_id, artifact_id)

    async def download(
        self, artifact: Artifact, to: str | os.PathLike[str], *, progress: Progress | None = None
    ) -> Path:
        """Download an artifact, complete and checked, or not at all. Scope: read_artifacts.

        The file is written to a temporary file beside the target. When its size and SHA-1 agree with Buildkite's, it
        replaces the target. Temporary files that killed downloads left in that folder are removed. The storage that it comes
        from never sees the token; up to five redirects of the storage are followed, and none from https to http. What the
        storage serves with a Content-Encoding is written as it is stored, or decoded if only that agrees.

        Args:
            artifact: as `list` or `get` give it.
            to: the file to write, or an existing folder to write it into under its own name.
            progress: called with the progress as bytes arrive.

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
        if not isinstance(artifact, Artifact):
            raise TypeError(
                f"artifact is a {type(artifact).__name__}. Pass an Artifact, as artifacts.list and artifacts.get return it."
            )
        target = file_target(checked(artifact), Path(to))
        await self._refuse_obstacles([target])
        tree = Tree(target.root)
        try:
            return await download(self._requester, target, tree, progress=progress)
        finally:
            tree.close()

    async def download_all(
        self,
        pipeline: str,
        number: int,
        *globs: str,
        to: str | os.PathLike[str] = ".",
        job_id: str | None = None,
        by_job: bool = False,
        include_retried_jobs: bool = False,
        concurrency: int = 4,
        progress: Progress | None = None,
    ) -> builtins.list[Path]:
        """Download a build's artifacts into a folder, each under its own path. Scope: read_artifacts.

        If several attempts of a job uploaded the same path, the artifact of the last of them is downloaded; if several jobs
        uploaded the same path, the scope read_builds is needed to see which of them are attempts of one job. If a job uploaded
        a path twice, the last upload is downloaded.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            globs: patterns of paths, such as `dist/*.whl`; `**` matches folders as well. Without patterns: all artifacts.
                Backslashes in them and in paths of Windows agents count as slashes.
            to: the folder; it is made if it doesn't exist. A link below it is never followed.
            job_id: artifacts of this job only.
            by_job: write the artifacts of each job into a folder with the job's id as its name.
            include_retried_jobs: download the artifacts of earlier attempts too. `by_job=True` keeps them apart.
            concurrency: downloads at once.
            progress: called with the progress as bytes arrive.

        Returns:
            The files that were written, in Buildkite's order; an empty list if nothing matched.

        Raises:
            UnsafePath: a path or a job id leads outside the folder or can't be written on this system; two artifacts of
                different jobs have the same path; paths differ by case or Unicode form alone; a file is the folder of another;
                or something that isn't a regular file is in the way. Nothing is downloaded.
            ArtifactUnavailable, ArtifactCorrupted: as for `download`.

        https://buildkite.com/docs/pipelines/configure/artifacts

        Example:
            >>> def wheels(buildkite, number: int) -> list[Path]:
            ...     return buildkite.artifacts.download_all("web", number, "dist/*.whl", to="wheels")
        """
        root = Path(to)
        listed = self.list(pipeline, number, job_id=job_id, state="finished", path=server_filter(globs))
        found = last_uploads([checked(artifact) async for artifact in listed if _may_match(artifact, globs)])
        if not include_retried_jobs and repeated(found, apart=by_job):
            found = newest_attempts(found, await self._retries(pipeline, number))
        targets = [tree_target(artifact, root, by_job=by_job) for artifact in found]
        error = conflict(targets)
        if error is not None:
            raise error
        await self._refuse_obstacles(targets)
        unique = list({target.parts: target for target in targets}.values())
        tree = Tree(root)

        async def one(target: Target) -> Path:
            return await download(self._requester, target, tree, progress=progress)

        written: list[Path] = []
        step = max(1, concurrency)
        try:
            for at in range(0, len(unique), step):
                written += await self._requester.runtime.map(one, unique[at : at + step])
        finally:
            tree.close()
        return written

    async def _refuse_obstacles(self, targets: Sequence[Target]) -> None:
        error = await self._requester.runtime.offload(lambda: obstacle(targets))
        if error is not None:
            raise error

    async def _retries(self, pipeline: str, number: int) -> dict[str, str]:
        """Return the job that retried each job of a build."""
        try:
            build = await self._requester.call(
                get_build, self._requester.organization, pipeline, number, include_retried_jobs=True
            )
        except AccessDenied as error:
            raise UnsafePath(
                "Several jobs uploaded the same path. Which of them are attempts of one job is in the build, and the token lacks "
                "the scope read_builds. Nothing was downloaded.",
                "Give the token the scope, pass by_job=True and include_retried_jobs=True for all of them, or job_id= for one "
                "job's.",
            ) from error
        return successors(build)

    async def delete(self, job_id: str, artifact_id: str) -> None:
        """Delete an artifact. Files in your own storage stay there. Scope: write_artifacts.

        Args:
            job_id: the job that uploaded it.
            artifact_id: its id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        await self._requester.call(delete_job_artifact, self._requester.organization, job_id, artifact_id)


def _may_match(artifact: Artifact, globs: Sequence[str]) -> bool:
    """Tell whether an artifact is asked for. One whose path is no text counts as one, so that it is refused."""
    path = getattr(artifact, "path", None)
    return not isinstance(path, str) or matches_path(path, globs)


class Artifacts(generated.Artifacts):
    """Files that jobs uploaded."""

    list = blocking(AsyncArtifacts.list)
    get = blocking(AsyncArtifacts.get)
    download = blocking(AsyncArtifacts.download)
    download_all = blocking(AsyncArtifacts.download_all)
    delete = blocking(AsyncArtifacts.delete)
