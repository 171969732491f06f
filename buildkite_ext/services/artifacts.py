"""Artifacts. https://buildkite.com/docs/apis/rest-api/artifacts"""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import Any, Literal

from buildkite_api.api.artifacts import (
    delete_job_artifact,
    get_job_artifact,
    list_build_artifacts,
    list_build_job_artifacts,
)
from buildkite_api.models import Artifact

from ..artifacts.names import conflict, file_target, server_filter, tree_target
from ..artifacts.transfer import Progress, download
from ..globs import matches_path
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
        replaces the target. The storage that it comes from never sees the token.

        Args:
            artifact: as `list` or `get` give it.
            to: the file to write, or an existing folder to write it into under its own name.
            progress: called with the progress as bytes arrive.

        Returns:
            The file that was written.

        Raises:
            ArtifactUnavailable: never uploaded, expired, deleted, or refused by its storage.
            ArtifactCorrupted: the content differs from what was uploaded.
            UnsafePath: its name isn't a file name.

        Example:
            >>> def fetch(buildkite, artifact) -> Path:
            ...     return buildkite.artifacts.download(artifact, to="report.xml")
        """
        return await download(self._requester, artifact, file_target(artifact, Path(to)), progress=progress)

    async def download_all(
        self,
        pipeline: str,
        number: int,
        *globs: str,
        to: str | os.PathLike[str] = ".",
        job_id: str | None = None,
        by_job: bool = False,
        concurrency: int = 4,
        progress: Progress | None = None,
    ) -> builtins.list[Path]:
        """Download a build's artifacts into a folder, each under its own path. Scope: read_artifacts.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            globs: patterns of paths, such as `dist/*.whl`; `**` matches folders as well. Without patterns: all artifacts.
            to: the folder; it is made if it doesn't exist.
            job_id: artifacts of this job only.
            by_job: write the artifacts of each job into a folder with the job's id as its name.
            concurrency: downloads at once.
            progress: called with the progress as bytes arrive.

        Returns:
            The files that were written, in Buildkite's order; an empty list if nothing matched.

        Raises:
            UnsafePath: a path or a job id leads outside the folder, or two different artifacts have the same path. Nothing
                is downloaded.
            ArtifactUnavailable, ArtifactCorrupted: as for `download`.

        Example:
            >>> def wheels(buildkite, number: int) -> list[Path]:
            ...     return buildkite.artifacts.download_all("web", number, "dist/*.whl", to="wheels")
        """
        root = Path(to)
        listed = self.list(pipeline, number, job_id=job_id, state="finished", path=server_filter(globs))
        targets = [
            (artifact, tree_target(artifact, root, by_job=by_job))
            async for artifact in listed
            if matches_path(artifact.path or "", globs)
        ]
        error = conflict(targets)
        if error is not None:
            raise error
        unique = list({target: (artifact, target) for artifact, target in targets}.values())

        async def one(pair: tuple[Artifact, Path]) -> Path:
            return await download(self._requester, pair[0], pair[1], progress=progress)

        written: list[Path] = []
        step = max(1, concurrency)
        for at in range(0, len(unique), step):
            written += await self._requester.runtime.map(one, unique[at : at + step])
        return written

    async def delete(self, job_id: str, artifact_id: str) -> None:
        """Delete an artifact. Files in your own storage stay there. Scope: write_artifacts.

        Args:
            job_id: the job that uploaded it.
            artifact_id: its id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        await self._requester.call(delete_job_artifact, self._requester.organization, job_id, artifact_id)


class Artifacts(generated.Artifacts):
    """Files that jobs uploaded."""

    list = blocking(AsyncArtifacts.list)
    get = blocking(AsyncArtifacts.get)
    download = blocking(AsyncArtifacts.download)
    download_all = blocking(AsyncArtifacts.download_all)
    delete = blocking(AsyncArtifacts.delete)
