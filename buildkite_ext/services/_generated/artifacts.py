# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.artifacts`: artifacts."""

from __future__ import annotations

from buildkite_api.models import Artifact, ArtifactDownload, ArtifactState, Build, Job
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.addresses import needed
from buildkite_ext.services.checks import check


class AsyncArtifacts(AsyncService):
    """Files that jobs upload."""

    def list_for_job(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
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
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.
            state: only artifacts in this state. An unknown state is a 422.
            path: only artifacts with this path, in which `*` is a wildcard.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.list_for_job, locals())
        from buildkite_api.api.artifacts import list_build_job_artifacts

        at = self._job_at("artifacts.list_for_job", pipeline, number, job_id)
        return self._items(
            "artifacts.list_for_job",
            list_build_job_artifacts,
            *at,
            state=state,
            path=path,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    def list_for_job_by_id(
        self,
        job_id: str | Job,
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
            job_id: the job's id, or a Job.
            state: only artifacts in this state. An unknown state is a 422.
            path: only artifacts with this path, in which `*` is a wildcard.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.list_for_job_by_id, locals())
        from buildkite_api.api.artifacts import list_job_artifacts

        at = self._job_by_id("artifacts.list_for_job_by_id", job_id)
        return self._items(
            "artifacts.list_for_job_by_id",
            list_job_artifacts,
            *at,
            state=state,
            path=path,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get_through_build(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        artifact_id: str | None = None,
    ) -> Artifact:
        """Get an artifact. Scope: read_artifacts.

        One artifact by its id, without its contents.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.
            artifact_id: the artifact's id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.get_through_build, locals())
        from buildkite_api.api.artifacts import get_build_job_artifact

        at = self._job_at("artifacts.get_through_build", pipeline, number, job_id)
        return await self._requester.call(
            get_build_job_artifact, *at, needed("artifacts.get_through_build", "artifact_id", artifact_id)
        )

    async def address_through_build(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        artifact_id: str | None = None,
    ) -> ArtifactDownload:
        """Get where to download an artifact. Scope: read_artifacts.

        A redirect to the contents of an artifact, whose target also stands in the body.

        Take the target as good for 60 seconds; only an organization's own S3 bucket has a lasting one. It is on
        another host, which must not see the API token: fetch it without the `Authorization` header.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.
            artifact_id: the artifact's id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.address_through_build, locals())
        from buildkite_api.api.artifacts import download_build_job_artifact

        at = self._job_at("artifacts.address_through_build", pipeline, number, job_id)
        return await self._requester.call(
            download_build_job_artifact, *at, needed("artifacts.address_through_build", "artifact_id", artifact_id)
        )

    async def address(self, job_id: str | Job, artifact_id: str) -> ArtifactDownload:
        """Get where to download an artifact by its job alone. Scope: read_artifacts.

        Like `artifacts.address_through_build`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.
            artifact_id: the artifact's id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.address, locals())
        from buildkite_api.api.artifacts import download_job_artifact

        at = self._job_by_id("artifacts.address", job_id)
        return await self._requester.call(download_job_artifact, *at, artifact_id)

    async def delete_through_build(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        artifact_id: str | None = None,
    ) -> None:
        """Delete an artifact. Scope: write_artifacts.

        Delete an artifact: it disappears from every list, and Buildkite's own storage drops the file. In
        private storage the file stays.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.
            artifact_id: the artifact's id.

        https://buildkite.com/docs/apis/rest-api/artifacts
        """
        check(AsyncArtifacts.delete_through_build, locals())
        from buildkite_api.api.artifacts import delete_build_job_artifact

        at = self._job_at("artifacts.delete_through_build", pipeline, number, job_id)
        return await self._requester.call(
            delete_build_job_artifact, *at, needed("artifacts.delete_through_build", "artifact_id", artifact_id)
        )


class Artifacts(Service[AsyncArtifacts]):
    """Files that jobs upload."""

    list_for_job = blocking(AsyncArtifacts.list_for_job)
    list_for_job_by_id = blocking(AsyncArtifacts.list_for_job_by_id)
    get_through_build = blocking(AsyncArtifacts.get_through_build)
    address_through_build = blocking(AsyncArtifacts.address_through_build)
    address = blocking(AsyncArtifacts.address)
    delete_through_build = blocking(AsyncArtifacts.delete_through_build)
