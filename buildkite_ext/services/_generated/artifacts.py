# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.artifacts`: artifacts."""

from __future__ import annotations

from buildkite_api.models import Artifact, ArtifactDownload, ArtifactState
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncArtifacts(AsyncService):
    """Files that jobs upload."""

    def list_for_job(
        self,
        pipeline: str,
        number: int,
        job_id: str,
        *,
        state: ArtifactState | str | None = None,
        path: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Artifact]:
        """List a job's artifacts. Scope: read_artifacts.

        The artifacts of a job, a page at a time.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            job_id: the job's id.
            state: only artifacts in this state. An unknown state is a 422.
            path: only artifacts with this path, in which `*` is a wildcard.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        from buildkite_api.api.artifacts import list_build_job_artifacts

        return self._items(
            "artifacts.list_for_job",
            list_build_job_artifacts,
            self._requester.organization,
            pipeline,
            number,
            job_id,
            state=state,
            path=path,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    def list_for_job_by_id(
        self,
        job_id: str,
        *,
        state: ArtifactState | str | None = None,
        path: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Artifact]:
        """List a job's artifacts by its id alone. Scope: read_artifacts.

        Like `artifacts.list_for_job`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.
            state: only artifacts in this state. An unknown state is a 422.
            path: only artifacts with this path, in which `*` is a wildcard.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        from buildkite_api.api.artifacts import list_job_artifacts

        return self._items(
            "artifacts.list_for_job_by_id",
            list_job_artifacts,
            self._requester.organization,
            job_id,
            state=state,
            path=path,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get_through_build(self, pipeline: str, number: int, job_id: str, artifact_id: str) -> Artifact:
        """Get an artifact. Scope: read_artifacts.

        One artifact by its id, without its contents.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            job_id: the job's id.
            artifact_id: the artifact's id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        from buildkite_api.api.artifacts import get_build_job_artifact

        return await self._requester.call(
            get_build_job_artifact, self._requester.organization, pipeline, number, job_id, artifact_id
        )

    async def address_through_build(
        self, pipeline: str, number: int, job_id: str, artifact_id: str
    ) -> ArtifactDownload:
        """Get where to download an artifact. Scope: read_artifacts.

        A redirect to the contents of an artifact, whose target also stands in the body.

        Take the target as good for 60 seconds; only an organization's own S3 bucket has a lasting one. It is on
        another host, which must not see the API token: fetch it without the `Authorization` header.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            job_id: the job's id.
            artifact_id: the artifact's id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        from buildkite_api.api.artifacts import download_build_job_artifact

        return await self._requester.call(
            download_build_job_artifact, self._requester.organization, pipeline, number, job_id, artifact_id
        )

    async def address(self, job_id: str, artifact_id: str) -> ArtifactDownload:
        """Get where to download an artifact by its job alone. Scope: read_artifacts.

        Like `artifacts.address_through_build`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.
            artifact_id: the artifact's id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        from buildkite_api.api.artifacts import download_job_artifact

        return await self._requester.call(download_job_artifact, self._requester.organization, job_id, artifact_id)

    async def delete_through_build(self, pipeline: str, number: int, job_id: str, artifact_id: str) -> None:
        """Delete an artifact. Scope: write_artifacts.

        Delete an artifact: it disappears from every list, and Buildkite's own storage drops the file. In
        private storage the file stays.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            job_id: the job's id.
            artifact_id: the artifact's id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        from buildkite_api.api.artifacts import delete_build_job_artifact

        return await self._requester.call(
            delete_build_job_artifact, self._requester.organization, pipeline, number, job_id, artifact_id
        )


class Artifacts(Service[AsyncArtifacts]):
    """Files that jobs upload."""

    list_for_job = blocking(AsyncArtifacts.list_for_job)
    list_for_job_by_id = blocking(AsyncArtifacts.list_for_job_by_id)
    get_through_build = blocking(AsyncArtifacts.get_through_build)
    address_through_build = blocking(AsyncArtifacts.address_through_build)
    address = blocking(AsyncArtifacts.address)
    delete_through_build = blocking(AsyncArtifacts.delete_through_build)
