# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.cluster_maintainers`: cluster maintainers."""

from __future__ import annotations

from buildkite_api.models import ClusterMaintainer
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import or_unset
from buildkite_ext.services.checks import check


class AsyncClusterMaintainersService(AsyncService):
    """Users and teams that may manage a cluster."""

    def list(
        self, cluster_id: str, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[ClusterMaintainer]:
        """List a cluster's maintainers. Scope: read_clusters.

        The users and teams that may manage a cluster, a page at a time.

        Args:
            cluster_id: the cluster's id.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/clusters/maintainers
        """
        check(AsyncClusterMaintainersService.list, locals())
        from buildkite_api.api.cluster_maintainers import list_cluster_maintainers

        return self._items(
            "cluster_maintainers.list",
            list_cluster_maintainers,
            self._requester.organization,
            cluster_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, cluster_id: str, maintainer_id: str) -> ClusterMaintainer:
        """Get a cluster's maintainer. Scope: read_clusters.

        One grant by its id.

        Args:
            cluster_id: the cluster's id.
            maintainer_id: the id of the grant, not of the user or team.

        https://buildkite.com/docs/apis/rest-api/clusters/maintainers
        """
        check(AsyncClusterMaintainersService.get, locals())
        from buildkite_api.api.cluster_maintainers import get_cluster_maintainer

        return await self._requester.call(
            get_cluster_maintainer, self._requester.organization, cluster_id, maintainer_id
        )

    async def create(self, cluster_id: str, *, user: str | None = None, team: str | None = None) -> ClusterMaintainer:
        """Add a maintainer to a cluster. Scope: write_clusters.

        Let a user or a team manage a cluster: exactly one of the two. What does not fit is a 422.

        Args:
            cluster_id: the cluster's id.
            user: the id of a user.
            team: the id of a team.

        https://buildkite.com/docs/apis/rest-api/clusters/maintainers
        """
        check(AsyncClusterMaintainersService.create, locals())
        from buildkite_api.api.cluster_maintainers import create_cluster_maintainer
        from buildkite_api.models import CreateClusterMaintainerRequest

        request = CreateClusterMaintainerRequest(user=or_unset(user), team=or_unset(team))
        return await self._requester.call(
            create_cluster_maintainer, self._requester.organization, cluster_id, body=request
        )

    async def remove(self, cluster_id: str, maintainer_id: str) -> None:
        """Remove a maintainer from a cluster. Scope: write_clusters.

        Let a user or a team manage a cluster no more. A refusal is a 422 that names the reason.

        Args:
            cluster_id: the cluster's id.
            maintainer_id: the id of the grant, not of the user or team.

        https://buildkite.com/docs/apis/rest-api/clusters/maintainers
        """
        check(AsyncClusterMaintainersService.remove, locals())
        from buildkite_api.api.cluster_maintainers import remove_cluster_maintainer

        return await self._requester.call(
            remove_cluster_maintainer, self._requester.organization, cluster_id, maintainer_id
        )


class ClusterMaintainersService(Service[AsyncClusterMaintainersService]):
    """Users and teams that may manage a cluster."""

    list = blocking(AsyncClusterMaintainersService.list)
    get = blocking(AsyncClusterMaintainersService.get)
    create = blocking(AsyncClusterMaintainersService.create)
    remove = blocking(AsyncClusterMaintainersService.remove)
