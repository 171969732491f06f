"""Clusters and their queues. https://buildkite.com/docs/apis/rest-api/clusters"""

from __future__ import annotations

from buildkite_api.api.cluster_queues import list_cluster_queues
from buildkite_api.api.clusters import get_cluster, list_clusters
from buildkite_api.models import Cluster, ClusterQueue

from ..pagination.items import AsyncItems
from ._base import blocking
from ._generated import clusters as generated
from .checks import check

__all__ = ["AsyncClusters", "Clusters"]


class AsyncClusters(generated.AsyncClusters):
    """Clusters and their queues."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[Cluster]:
        """List the clusters of the organization, lazily. Scope: read_clusters.

        Args:
            per_page: clusters a request, at most 100.
            limit: the maximum of clusters.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/clusters
        """
        check(AsyncClusters.list, locals())
        return self._items(
            "clusters.list",
            list_clusters,
            self._requester.organization,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, cluster_id: str) -> Cluster:
        """Get a cluster. Scope: read_clusters.

        Args:
            cluster_id: its id.

        Raises:
            ClusterNotFound: it doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/clusters
        """
        check(AsyncClusters.get, locals())
        return await self._requester.call(get_cluster, self._requester.organization, cluster_id)

    def queues(
        self, cluster_id: str, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[ClusterQueue]:
        """List the queues of a cluster, lazily. Scope: read_clusters.

        Args:
            cluster_id: the cluster's id.
            per_page: queues a request, at most 100.
            limit: the maximum of queues.
            concurrency: pages fetched at once.
        """
        check(AsyncClusters.queues, locals())
        return self._items(
            "clusters.queues",
            list_cluster_queues,
            self._requester.organization,
            cluster_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )


class Clusters(generated.Clusters):
    """Clusters and their queues."""

    list = blocking(AsyncClusters.list)
    get = blocking(AsyncClusters.get)
    queues = blocking(AsyncClusters.queues)
