# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.clusters`: clusters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from buildkite_api.models import Cluster, ClusterMaintainerRequest
from buildkite_api.types import UNSET, Unset
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services._generated.cluster_maintainers import (
    AsyncClusterMaintainersService,
    ClusterMaintainersService,
)
from buildkite_ext.services._generated.cluster_tokens import AsyncClusterTokens, ClusterTokens
from buildkite_ext.services._generated.secrets import AsyncSecrets, Secrets
from buildkite_ext.services.arguments import not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncClusters(AsyncService):
    """Isolated sets of agents and pipelines."""

    @cached_property
    def tokens(self) -> AsyncClusterTokens:
        """Tokens that agents register with at a cluster. The same as `client.cluster_tokens`."""
        return AsyncClusterTokens(self._requester)

    @cached_property
    def maintainers(self) -> AsyncClusterMaintainersService:
        """Users and teams that may manage a cluster. The same as `client.cluster_maintainers`."""
        return AsyncClusterMaintainersService(self._requester)

    @cached_property
    def secrets(self) -> AsyncSecrets:
        """Secrets of a cluster, whose values only go in. The same as `client.secrets`."""
        return AsyncSecrets(self._requester)

    async def create(
        self,
        *,
        name: str,
        description: str | None = None,
        emoji: str | None = None,
        color: str | None = None,
        maintainers: Sequence[ClusterMaintainerRequest] | None = None,
    ) -> Cluster:
        """Create a cluster. Scope: write_clusters.

        Create a cluster. What does not fit is a 422.

        Args:
            name: the display name.
            description: purpose.
            emoji: an emoji such as `:rocket:`.
            color: a color as a hex code.
            maintainers: users and teams that may manage it.

        https://buildkite.com/docs/apis/rest-api/clusters
        """
        check(AsyncClusters.create, locals())
        from buildkite_api.api.clusters import create_cluster
        from buildkite_api.models import CreateClusterRequest

        request = CreateClusterRequest(
            name=name,
            description=or_unset(description),
            emoji=or_unset(emoji),
            color=or_unset(color),
            maintainers=or_unset(maintainers),
        )
        return await self._requester.call(create_cluster, self._requester.organization, body=request)

    async def update(
        self,
        cluster_id: str,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        emoji: str | Unset = UNSET,
        color: str | Unset = UNSET,
        default_queue_id: str | Unset = UNSET,
        hosted_git_mirror_enabled: bool | Unset = UNSET,
        hosted_container_cache_enabled: bool | Unset = UNSET,
    ) -> Cluster:
        """Update a cluster. Scope: write_clusters.

        Change what is given and leave the rest alone.

        The `hosted_` settings only fit clusters with Buildkite hosted agents; elsewhere they are a 422. When
        the service behind them fails, the answer is a 503 and nothing has changed.

        Args:
            cluster_id: the cluster's id.
            name: the display name.
            description: purpose.
            emoji: an emoji such as `:rocket:`.
            color: a color as a hex code.
            default_queue_id: the queue of agents that name none.
            hosted_git_mirror_enabled: true if hosted agents keep a mirror of repositories.
            hosted_container_cache_enabled: true if hosted agents keep a cache of containers.

        https://buildkite.com/docs/apis/rest-api/clusters
        """
        check(AsyncClusters.update, locals())
        from buildkite_api.api.clusters import update_cluster
        from buildkite_api.models import UpdateClusterRequest

        not_null(
            name=name,
            description=description,
            emoji=emoji,
            color=color,
            default_queue_id=default_queue_id,
            hosted_git_mirror_enabled=hosted_git_mirror_enabled,
            hosted_container_cache_enabled=hosted_container_cache_enabled,
        )
        request = UpdateClusterRequest(
            name=name,
            description=description,
            emoji=emoji,
            color=color,
            default_queue_id=default_queue_id,
            hosted_git_mirror_enabled=hosted_git_mirror_enabled,
            hosted_container_cache_enabled=hosted_container_cache_enabled,
        )
        return await self._requester.call(update_cluster, self._requester.organization, cluster_id, body=request)

    async def delete(self, cluster_id: str) -> None:
        """Delete a cluster. Scope: write_clusters.

        Delete a cluster with its queues and tokens. One that cannot be deleted is a 422 that names the reason.

        Args:
            cluster_id: the cluster's id.

        https://buildkite.com/docs/apis/rest-api/clusters
        """
        check(AsyncClusters.delete, locals())
        from buildkite_api.api.clusters import delete_cluster

        return await self._requester.call(delete_cluster, self._requester.organization, cluster_id)


class Clusters(Service[AsyncClusters]):
    """Isolated sets of agents and pipelines."""

    @cached_property
    def tokens(self) -> ClusterTokens:
        """Tokens that agents register with at a cluster. The same as `client.cluster_tokens`."""
        return ClusterTokens(self._shared.tokens)

    @cached_property
    def maintainers(self) -> ClusterMaintainersService:
        """Users and teams that may manage a cluster. The same as `client.cluster_maintainers`."""
        return ClusterMaintainersService(self._shared.maintainers)

    @cached_property
    def secrets(self) -> Secrets:
        """Secrets of a cluster, whose values only go in. The same as `client.secrets`."""
        return Secrets(self._shared.secrets)

    create = blocking(AsyncClusters.create)
    update = blocking(AsyncClusters.update)
    delete = blocking(AsyncClusters.delete)
