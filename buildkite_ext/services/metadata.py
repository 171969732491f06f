"""Meta-data of builds. https://buildkite.com/docs/pipelines/configure/build-meta-data"""

from __future__ import annotations

from typing import Any, NoReturn

from buildkite_api.api.builds import get_build
from buildkite_api.models import Build

from ..errors import MetadataNotSettable
from ._base import AsyncService, Service, blocking
from .addresses import needed
from .checks import check

__all__ = ["AsyncMetadata", "Metadata"]


class AsyncMetadata(AsyncService):
    """Meta-data of builds. Buildkite's REST API has no resource for it, so it is read from the build."""

    async def items(self, pipeline: str | Build, number: int | Build | None = None) -> dict[str, Any]:
        """Get all meta-data of a build. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
        """
        at = self._build_at("metadata.items", pipeline, number)
        return await self._all(at)

    async def get(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        key: str | None = None,
        default: str | None = None,
    ) -> Any:
        """Get one value, or `default` if the build does not have the key. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            key: the meta-data's key.
            default: the value to return without the key.

        Example:
            >>> def release(buildkite, number: int) -> str | None:
            ...     return buildkite.metadata.get("web", number, "release-version")
        """
        check(AsyncMetadata.get, locals())
        at = self._build_at("metadata.get", pipeline, number)
        chosen = needed("metadata.get", "key", key)
        return (await self._all(at)).get(chosen, default)

    async def list_keys(self, pipeline: str | Build, number: int | Build | None = None) -> list[str]:
        """List the keys of a build's meta-data, sorted. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
        """
        at = self._build_at("metadata.list_keys", pipeline, number)
        return sorted(await self._all(at))

    async def _all(self, at: tuple[str, str, int]) -> dict[str, Any]:
        build = await self._requester.call(get_build, *at, exclude_jobs=True)
        return dict(build.meta_data)

    async def set(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        key: str | None = None,
        value: str | None = None,  # noqa: ARG002  # the signature that users try
    ) -> NoReturn:
        """Raise an error that tells how to set meta-data: Buildkite's REST API can't.

        Raises:
            MetadataNotSettable: always.
        """
        _, slug, found = self._build_at("metadata.set", pipeline, number)
        name = needed("metadata.set", "key", key)
        raise MetadataNotSettable(
            f"Meta-data of {slug} #{found} can't be set from outside: Buildkite's REST API takes meta-data only when a "
            f"build is created, with builds.create(..., meta_data={{{name!r}: ...}}). A job of the build itself sets it with "
            f"`buildkite-agent meta-data set {name} VALUE`."
        )


class Metadata(Service[AsyncMetadata]):
    """Meta-data of builds. Buildkite's REST API has no resource for it, so it is read from the build."""

    items = blocking(AsyncMetadata.items)
    get = blocking(AsyncMetadata.get)
    list_keys = blocking(AsyncMetadata.list_keys)
    set = blocking(AsyncMetadata.set)
