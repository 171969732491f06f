# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.cache_volumes`: cache volumes."""

from __future__ import annotations

import builtins

from buildkite_api.models import CacheVolume
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncCacheVolumes(AsyncService):
    """Cache volumes of Buildkite hosted agents."""

    async def list(self, cluster_id: str) -> builtins.list[CacheVolume]:
        """List a cluster's cache volumes. Scope: read_clusters.

        The latest detached volume of each tag, all at once. A cluster of one's own agents has none.

        Needs the permission to manage the cluster. When the service behind it fails, it is a 503.

        Args:
            cluster_id: the cluster's id.

        https://buildkite.com/docs/apis/rest-api/clusters/cache-volumes
        """
        check(AsyncCacheVolumes.list, locals())
        from buildkite_api.api.cache_volumes import list_cache_volumes

        return await self._requester.call(list_cache_volumes, self._requester.organization, cluster_id)

    async def delete(self, cluster_id: str, *, tag: str) -> None:
        """Delete a cache volume. Scope: write_clusters.

        Delete what is cached under a tag. The tag goes into the body, as it can hold slashes.

        An empty tag is a 400. One without a volume is a 404, and so is a cluster of one's own agents. Needs the
        permission to manage the cluster. When the service behind it fails, it is a 503.

        Args:
            cluster_id: the cluster's id.
            tag: the tag, as the list shows it.

        https://buildkite.com/docs/apis/rest-api/clusters/cache-volumes
        """
        check(AsyncCacheVolumes.delete, locals())
        from buildkite_api.api.cache_volumes import delete_cache_volume
        from buildkite_api.models import DeleteCacheVolumeRequest

        request = DeleteCacheVolumeRequest(tag=tag)
        return await self._requester.call(delete_cache_volume, self._requester.organization, cluster_id, body=request)


class CacheVolumes(Service[AsyncCacheVolumes]):
    """Cache volumes of Buildkite hosted agents."""

    list = blocking(AsyncCacheVolumes.list)
    delete = blocking(AsyncCacheVolumes.delete)
