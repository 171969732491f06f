# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.step_uploads`: step uploads."""

from __future__ import annotations

from buildkite_api.models import StepUpload
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncStepUploads(AsyncService):
    """Steps that jobs upload into their build."""

    def list(
        self,
        pipeline: str,
        number: int,
        *,
        filter_source_job_id: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[StepUpload]:
        """List a build's step uploads.

        The step uploads of a build's jobs (`buildkite-agent pipeline upload`), newest first, a page at a time,
        without the steps themselves.

        Pages go by cursor. Only while the build is within its maximum lifetime: afterwards it is a 410.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            filter_source_job_id: only what the job with this id uploaded.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://github.com/buildkite/go-buildkite/blob/v5.14.0/step_uploads.go
        """
        from buildkite_api.api.step_uploads import list_build_step_uploads

        return self._items(
            "step_uploads.list",
            list_build_step_uploads,
            self._requester.organization,
            pipeline,
            number,
            filter_source_job_id=filter_source_job_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, pipeline: str, number: int, step_upload_uuid: str) -> StepUpload:
        """Get a step upload.

        One upload by its id, with the steps as YAML. Only while the build is within its maximum lifetime:
        afterwards it is a 410.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            step_upload_uuid: the upload's id.

        https://github.com/buildkite/go-buildkite/blob/v5.14.0/step_uploads.go
        """
        from buildkite_api.api.step_uploads import get_build_step_upload

        return await self._requester.call(
            get_build_step_upload, self._requester.organization, pipeline, number, step_upload_uuid
        )


class StepUploads(Service[AsyncStepUploads]):
    """Steps that jobs upload into their build."""

    list = blocking(AsyncStepUploads.list)
    get = blocking(AsyncStepUploads.get)
