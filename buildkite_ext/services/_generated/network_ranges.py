# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.network_ranges`: network ranges."""

from __future__ import annotations

import builtins

from buildkite_api.models import NetworkRange
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncNetworkRanges(AsyncService):
    """The networks that Buildkite hosted agents come from."""

    async def list(self, cluster_id: str) -> builtins.list[NetworkRange]:
        """List a cluster's network ranges. Scope: read_clusters.

        The networks that the hosted agents of a cluster come from, all at once, for the firewalls in their way.
        A cluster of one's own agents has none.

        Needs the permission to manage the cluster. When the service behind it fails, it is a 503.

        Args:
            cluster_id: the cluster's id.

        https://buildkite.com/docs/apis/rest-api/clusters/network-ranges
        """
        check(AsyncNetworkRanges.list, locals())
        from buildkite_api.api.network_ranges import list_network_ranges

        return await self._requester.call(list_network_ranges, self._requester.organization, cluster_id)


class NetworkRanges(Service[AsyncNetworkRanges]):
    """The networks that Buildkite hosted agents come from."""

    list = blocking(AsyncNetworkRanges.list)
