# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.annotations`: annotations."""

from __future__ import annotations

from buildkite_api.models import Annotation, AnnotationStyle, Build, Job
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.addresses import needed
from buildkite_ext.services.arguments import or_unset
from buildkite_ext.services.checks import check


class AsyncAnnotations(AsyncService):
    """Markdown shown on a build's page."""

    def list_for_job(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Annotation]:
        """List a job's annotations. Scope: read_builds.

        The annotations of a job.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.list_for_job, locals())
        from buildkite_api.api.annotations import list_build_job_annotations

        at = self._job_at("annotations.list_for_job", pipeline, number, job_id)
        return self._items(
            "annotations.list_for_job",
            list_build_job_annotations,
            *at,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    def list_for_job_by_id(
        self, job_id: str | Job, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[Annotation]:
        """List a job's annotations by its id alone. Scope: read_builds.

        Like `annotations.list_for_job`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.list_for_job_by_id, locals())
        from buildkite_api.api.annotations import list_job_annotations

        at = self._job_by_id("annotations.list_for_job_by_id", job_id)
        return self._items(
            "annotations.list_for_job_by_id",
            list_job_annotations,
            *at,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def create_for_job(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        body: str,
        style: AnnotationStyle | str | None = None,
        priority: int | None = None,
        context: str | None = None,
        append: bool | None = None,
    ) -> Annotation:
        """Annotate a job. Scope: write_builds.

        Show Markdown or HTML on a build's page, as one of its jobs' annotations; at most 1 MiB.

        A second annotation with the same context replaces the first, or is added to its end with `append`.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.
            body: the body, as Markdown or HTML.
            style: style.
            priority: from 1 to 10. Higher stands first; Buildkite takes 3 when left out.
            context: its name within the job, to add to it or replace it later.
            append: add the body to the end of the annotation with the same context, instead of replacing it.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.create_for_job, locals())
        from buildkite_api.api.annotations import create_build_job_annotation
        from buildkite_api.models import CreateBuildJobAnnotationRequest

        at = self._job_at("annotations.create_for_job", pipeline, number, job_id)
        request = CreateBuildJobAnnotationRequest(
            body=body,
            style=or_unset(style),
            priority=or_unset(priority),
            context=or_unset(context),
            append=or_unset(append),
        )
        return await self._requester.call(create_build_job_annotation, *at, body=request)

    async def create_for_job_by_id(
        self,
        job_id: str | Job,
        *,
        body: str,
        style: AnnotationStyle | str | None = None,
        priority: int | None = None,
        context: str | None = None,
        append: bool | None = None,
    ) -> Annotation:
        """Annotate a job by its id alone. Scope: write_builds.

        Like `annotations.create_for_job`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.
            body: the body, as Markdown or HTML.
            style: style.
            priority: from 1 to 10. Higher stands first; Buildkite takes 3 when left out.
            context: its name within the job, to add to it or replace it later.
            append: add the body to the end of the annotation with the same context, instead of replacing it.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.create_for_job_by_id, locals())
        from buildkite_api.api.annotations import create_job_annotation
        from buildkite_api.models import CreateJobAnnotationRequest

        at = self._job_by_id("annotations.create_for_job_by_id", job_id)
        request = CreateJobAnnotationRequest(
            body=body,
            style=or_unset(style),
            priority=or_unset(priority),
            context=or_unset(context),
            append=or_unset(append),
        )
        return await self._requester.call(create_job_annotation, *at, body=request)

    async def delete_for_job(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        annotation_uuid: str | None = None,
    ) -> None:
        """Delete an annotation of a job. Scope: write_builds.

        Take an annotation off a job.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.
            annotation_uuid: the annotation's id.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.delete_for_job, locals())
        from buildkite_api.api.annotations import delete_build_job_annotation

        at = self._job_at("annotations.delete_for_job", pipeline, number, job_id)
        return await self._requester.call(
            delete_build_job_annotation, *at, needed("annotations.delete_for_job", "annotation_uuid", annotation_uuid)
        )

    async def delete_for_job_by_id(self, job_id: str | Job, annotation_uuid: str) -> None:
        """Delete an annotation of a job by its id alone. Scope: write_builds.

        Like `annotations.delete_for_job`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.
            annotation_uuid: the annotation's id.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.delete_for_job_by_id, locals())
        from buildkite_api.api.annotations import delete_job_annotation

        at = self._job_by_id("annotations.delete_for_job_by_id", job_id)
        return await self._requester.call(delete_job_annotation, *at, annotation_uuid)


class Annotations(Service[AsyncAnnotations]):
    """Markdown shown on a build's page."""

    list_for_job = blocking(AsyncAnnotations.list_for_job)
    list_for_job_by_id = blocking(AsyncAnnotations.list_for_job_by_id)
    create_for_job = blocking(AsyncAnnotations.create_for_job)
    create_for_job_by_id = blocking(AsyncAnnotations.create_for_job_by_id)
    delete_for_job = blocking(AsyncAnnotations.delete_for_job)
    delete_for_job_by_id = blocking(AsyncAnnotations.delete_for_job_by_id)
