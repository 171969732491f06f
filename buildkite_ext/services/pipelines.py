"""Pipelines. https://buildkite.com/docs/apis/rest-api/pipelines"""

from __future__ import annotations

from buildkite_api.api.pipelines import get_pipeline, list_pipelines
from buildkite_api.models import Pipeline

from ..pagination.items import AsyncItems
from ._base import blocking, borrowed
from ._generated import pipelines as generated
from .builds import AsyncBuilds
from .checks import check

__all__ = ["AsyncPipelines", "Pipelines"]


class AsyncPipelines(generated.AsyncPipelines):
    """Pipelines of the organization."""

    def list(
        self,
        *,
        name: str | None = None,
        repository: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Pipeline]:
        """List the pipelines of the organization, lazily. Scope: read_pipelines.

        Args:
            name: part of the name; upper and lower case are the same.
            repository: part of the repository's URL; upper and lower case are the same.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        Example:
            >>> def slugs(buildkite) -> list[str]:
            ...     return [pipeline.slug for pipeline in buildkite.pipelines.list(name="web")]

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        check(AsyncPipelines.list, locals())
        return self._items(
            "pipelines.list",
            list_pipelines,
            self._requester.organization,
            name=name,
            repository=repository,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, pipeline: str | Pipeline) -> Pipeline:
        """Get a pipeline. Scope: read_pipelines.

        Args:
            pipeline: its slug, as `web` or `acme/web`, its URL, or a Pipeline.

        Raises:
            PipelineNotFound: the pipeline doesn't exist, or the token can't see it.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        at = self._pipeline_at("pipelines.get", pipeline)
        return await self._requester.call(get_pipeline, *at)

    _names_of_borrowed = {"builds.list": "pipelines.builds"}  # noqa: RUF012 - annotated in the base class

    builds = borrowed(AsyncBuilds.list)
    """Builds of the pipeline: the same as `client.builds.list(pipeline, ...)`."""


class Pipelines(generated.Pipelines):
    """Pipelines of the organization."""

    list = blocking(AsyncPipelines.list)
    get = blocking(AsyncPipelines.get)
    builds = blocking(AsyncPipelines.builds)
