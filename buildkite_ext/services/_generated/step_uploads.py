# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.step_uploads`: step uploads."""

from __future__ import annotations

from buildkite_api.models import Build, StepUpload
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.addresses import needed
from buildkite_ext.services.checks import check


class AsyncStepUploads(AsyncService):
    """Steps that jobs upload into their build."""

    def list(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
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
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number inside its pipeline, not its id; or a Build.
            filter_source_job_id: only what the job with this id uploaded.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://github.com/buildkite/go-buildkite/blob/v5.14.0/step_uploads.go
        """
        check(AsyncStepUploads.list, locals())
        from buildkite_api.api.step_uploads import list_build_step_uploads

        at = self._build_at("step_uploads.list", pipeline, number)
        return self._items(
            "step_uploads.list",
            list_build_step_uploads,
            *at,
            filter_source_job_id=filter_source_job_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(
        self, pipeline: str | Build, number: int | Build | None = None, step_upload_uuid: str | None = None
    ) -> StepUpload:
        """Get a step upload.

        One upload by its id, with the steps as YAML. Only while the build is within its maximum lifetime:
        afterwards it is a 410.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number inside its pipeline, not its id; or a Build.
            step_upload_uuid: the upload's id.

        https://github.com/buildkite/go-buildkite/blob/v5.14.0/step_uploads.go
        """
        check(AsyncStepUploads.get, locals())
        from buildkite_api.api.step_uploads import get_build_step_upload

        at = self._build_at("step_uploads.get", pipeline, number)
        return await self._requester.call(
            get_build_step_upload, *at, needed("step_uploads.get", "step_upload_uuid", step_upload_uuid)
        )


class StepUploads(Service[AsyncStepUploads]):
    """Steps that jobs upload into their build."""

    list = blocking(AsyncStepUploads.list)
    get = blocking(AsyncStepUploads.get)
