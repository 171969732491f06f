"""Pipelines. https://buildkite.com/docs/apis/rest-api/pipelines"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildkite_api.api.pipelines import get_pipeline, list_pipelines

from ..pagination.items import AsyncItems
from ._base import blocking, borrowed
from ._generated import pipelines as generated
from .builds import AsyncBuilds

if TYPE_CHECKING:
    from buildkite_api.models import Pipeline

__all__ = ["AsyncPipelines", "Pipelines"]


class AsyncPipelines(generated.AsyncPipelines):
    """The organization's pipelines."""

    def list(
        self,
        *,
        name: str | None = None,
        repository: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Pipeline]:
        """The organization's pipelines, lazily. Scope: read_pipelines.

        Args:
            name: part of the name, in any case.
            repository: part of the repository's address, in any case.
            per_page: items a request, at most 100.
            limit: the most items to give out.
            concurrency: pages fetched at once.

        Example:
            >>> def slugs(buildkite) -> list[str]:
            ...     return [pipeline.slug for pipeline in buildkite.pipelines.list(name="web")]

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        return self._items(
            list_pipelines,
            self._requester.organization,
            name=name,
            repository=repository,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, pipeline: str) -> Pipeline:
        """One pipeline. Scope: read_pipelines.

        Args:
            pipeline: its slug.

        Raises:
            PipelineNotFound: it doesn't exist, or the token can't see it.

        https://buildkite.com/docs/apis/rest-api/pipelines
        """
        return await self._requester.call(get_pipeline, self._requester.organization, pipeline)

    builds = borrowed(AsyncBuilds.list)
    """The pipeline's builds: the same as `client.builds.list(pipeline, ...)`."""


class Pipelines(generated.Pipelines):
    """The organization's pipelines."""

    list = blocking(AsyncPipelines.list)
    get = blocking(AsyncPipelines.get)
    builds = blocking(AsyncPipelines.builds)
