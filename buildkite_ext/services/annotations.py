"""Annotations. https://buildkite.com/docs/apis/rest-api/annotations"""

from __future__ import annotations

from typing import Any, Literal

from buildkite_api.api.annotations import (
    create_build_annotation,
    create_build_job_annotation,
    delete_build_annotation,
    delete_build_job_annotation,
    list_build_annotations,
    list_build_job_annotations,
)
from buildkite_api.models import Annotation

import buildkite_ext.services._generated.annotations as generated

from ..pagination.items import AsyncItems
from ._base import blocking
from .arguments import given

__all__ = ["Annotations", "AsyncAnnotations"]


class AsyncAnnotations(generated.AsyncAnnotations):
    """Annotations of builds and jobs."""

    def list(
        self,
        pipeline: str,
        number: int,
        *,
        job_id: str | None = None,
        scope: Literal["build", "job", "all"] | None = None,
        omit_body: bool | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Annotation]:
        """List the annotations of a build, or of one job, lazily. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
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
        where: tuple[Any, ...] = (self._requester.organization, pipeline, number)
        if job_id is None:
            return self._items(
                "annotations.list",
                list_build_annotations,
                *where,
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
            *where,
            job_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def create(
        self,
        pipeline: str,
        number: int,
        body: str,
        *,
        job_id: str | None = None,
        style: Literal["success", "info", "warning", "error"] | None = None,
        context: str | None = None,
        priority: int | None = None,
        append: bool | None = None,
    ) -> Annotation:
        """Annotate a build or a job. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            body: Markdown or HTML, up to 1 MiB.
            job_id: the job to annotate; None for the build.
            style: `success`, `info`, `warning` or `error`.
            context: its name; one of the same context is replaced, or added to.
            priority: 1 to 10; higher ones are shown first (Buildkite's default is 3).
            append: add to the annotation of the same context.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        from buildkite_api.models import CreateBuildAnnotationRequest, CreateBuildJobAnnotationRequest

        options = given(style=style, context=context, priority=priority, append=append)
        requester = self._requester
        if job_id is None:
            return await requester.call(
                create_build_annotation,
                requester.organization,
                pipeline,
                number,
                body=CreateBuildAnnotationRequest(body=body, **options),
            )
        return await requester.call(
            create_build_job_annotation,
            requester.organization,
            pipeline,
            number,
            job_id,
            body=CreateBuildJobAnnotationRequest(body=body, **options),
        )

    async def delete(self, pipeline: str, number: int, annotation_id: str, *, job_id: str | None = None) -> None:
        """Delete an annotation. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            annotation_id: the annotation's id.
            job_id: the job that it belongs to; None for a build's.

        Raises:
            AnnotationNotFound: it, or something above it, doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/annotations
        """
        requester = self._requester
        if job_id is None:
            await requester.call(delete_build_annotation, requester.organization, pipeline, number, annotation_id)
        else:
            await requester.call(
                delete_build_job_annotation, requester.organization, pipeline, number, job_id, annotation_id
            )


class Annotations(generated.Annotations):
    """Annotations of builds and jobs."""

    list = blocking(AsyncAnnotations.list)
    create = blocking(AsyncAnnotations.create)
    delete = blocking(AsyncAnnotations.delete)
