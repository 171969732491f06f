"""Meta-data of builds. https://buildkite.com/docs/pipelines/configure/build-meta-data"""

from __future__ import annotations

from typing import Any, NoReturn

from buildkite_api.api.builds import get_build

from ..errors import MetadataNotSettable
from ._base import AsyncService, Service, blocking

__all__ = ["AsyncMetadata", "Metadata"]


class AsyncMetadata(AsyncService):
    """Meta-data of builds. Buildkite's REST API has no resource for it, so it is read from the build."""

    async def items(self, pipeline: str, number: int) -> dict[str, Any]:
        """Get all meta-data of a build. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
        """
        build = await self._requester.call(get_build, self._requester.organization, pipeline, number, exclude_jobs=True)
        return dict(build.meta_data)

    async def get(self, pipeline: str, number: int, key: str, default: str | None = None) -> Any:
        """Get one value, or `default` if the build does not have the key. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
            key: the meta-data's key.
            default: the value to return without the key.

        Example:
            >>> def release(buildkite, number: int) -> str | None:
            ...     return buildkite.metadata.get("web", number, "release-version")
        """
        return (await self.items(pipeline, number)).get(key, default)

    async def list_keys(self, pipeline: str, number: int) -> list[str]:
        """List the keys of a build's meta-data, sorted. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug.
            number: the build's number.
        """
        return sorted(await self.items(pipeline, number))

    async def set(self, pipeline: str, number: int, key: str, value: str) -> NoReturn:  # noqa: ARG002  # the signature that users try
        """Raise an error that tells how to set meta-data: Buildkite's REST API can't.

        Raises:
            MetadataNotSettable: always.
        """
        raise MetadataNotSettable(
            f"Meta-data of {pipeline} #{number} can't be set from outside: Buildkite's REST API takes meta-data only when a "
            f"build is created, with builds.create(..., meta_data={{{key!r}: ...}}). A job of the build itself sets it with "
            f"`buildkite-agent meta-data set {key} VALUE`."
        )


class Metadata(Service[AsyncMetadata]):
    """Meta-data of builds. Buildkite's REST API has no resource for it, so it is read from the build."""

    items = blocking(AsyncMetadata.items)
    get = blocking(AsyncMetadata.get)
    list_keys = blocking(AsyncMetadata.list_keys)
    set = blocking(AsyncMetadata.set)
