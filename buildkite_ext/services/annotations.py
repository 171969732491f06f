"""Annotations. https://buildkite.com/docs/apis/rest-api/annotations"""

from __future__ import annotations

from typing import Literal

from buildkite_api.api.annotations import (
    create_build_annotation,
    create_build_job_annotation,
    delete_build_annotation,
    delete_build_job_annotation,
    list_build_annotations,
    list_build_job_annotations,
)
from buildkite_api.models import Annotation, Build, Job

import buildkite_ext.services._generated.annotations as generated

from ..pagination.items import AsyncItems
from ._base import blocking
from .addresses import needed
from .arguments import given
from .checks import check

__all__ = ["Annotations", "AsyncAnnotations"]


class AsyncAnnotations(generated.AsyncAnnotations):
    """Annotations of builds and jobs."""

    def list(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        *,
        job_id: str | Job | None = None,
        scope: Literal["build", "job", "all"] | None = None,
        omit_body: bool | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Annotation]:
        """List the annotations of a build, or of one job, lazily. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build, a Job, or the URL of one, which needs no number.
            number: the build's number, or a Build.
            job_id: annotations of this job only.
            scope: the build's own (the default), its jobs', or all; not with job_id.
            omit_body: leave the bodies out; not with job_id.
            per_page: annotations a request, at most 100.
            limit: the maximum of annotations.
            concurrency: pages fetched at once.

        Raises:
            ValueError: scope or omit_body together with job_id.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.list, locals())
        build, job = self._build_or_job_at("annotations.list", pipeline, number, job_id)
        if job is None:
            return self._items(
                "annotations.list",
                list_build_annotations,
                *build,
                scope=scope,
                omit_body=omit_body,
                per_page=per_page,
                limit=limit,
                concurrency=concurrency,
            )
        if scope is not None or omit_body is not None:
            raise ValueError(
                "scope= and omit_body= are filters of a build's annotations; Buildkite has none for a job's"
            )
        return self._items(
            "annotations.list",
            list_build_job_annotations,
            *build,
            job,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def create(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        body: str | None = None,
        *,
        job_id: str | Job | None = None,
        style: Literal["success", "info", "warning", "error"] | None = None,
        context: str | None = None,
        priority: int | None = None,
        append: bool | None = None,
    ) -> Annotation:
        """Annotate a build or a job. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build, a Job, or the URL of one, which needs no number.
            number: the build's number, or a Build.
            body: Markdown or HTML, up to 1 MiB.
            job_id: the job to annotate; None for the build.
            style: `success`, `info`, `warning` or `error`.
            context: its name; one of the same context is replaced, or added to.
            priority: 1 to 10; higher ones are shown first (Buildkite's default is 3).
            append: add to the annotation of the same context.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.create, locals())
        from buildkite_api.models import CreateBuildAnnotationRequest, CreateBuildJobAnnotationRequest

        options = given(style=style, context=context, priority=priority, append=append)
        build, job = self._build_or_job_at("annotations.create", pipeline, number, job_id)
        text = needed("annotations.create", "body", body)
        if job is None:
            request = CreateBuildAnnotationRequest(body=text, **options)
            return await self._requester.call(create_build_annotation, *build, body=request)
        return await self._requester.call(
            create_build_job_annotation,
            *build,
            job,
            body=CreateBuildJobAnnotationRequest(body=text, **options),
        )

    async def delete(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        annotation_id: str | None = None,
        *,
        job_id: str | Job | None = None,
    ) -> None:
        """Delete an annotation. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build, a Job, or the URL of one, which needs no number.
            number: the build's number, or a Build.
            annotation_id: the annotation's id.
            job_id: the job that it belongs to; None for a build's.

        Raises:
            AnnotationNotFound: it, or something above it, doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        check(AsyncAnnotations.delete, locals())
        build, job = self._build_or_job_at("annotations.delete", pipeline, number, job_id)
        chosen = needed("annotations.delete", "annotation_id", annotation_id)
        if job is None:
            await self._requester.call(delete_build_annotation, *build, chosen)
        else:
            await self._requester.call(delete_build_job_annotation, *build, job, chosen)


class Annotations(generated.Annotations):
    """Annotations of builds and jobs."""

    list = blocking(AsyncAnnotations.list)
    create = blocking(AsyncAnnotations.create)
    delete = blocking(AsyncAnnotations.delete)
