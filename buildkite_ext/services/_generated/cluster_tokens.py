# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.cluster_tokens`: cluster tokens."""

from __future__ import annotations

import datetime

from buildkite_api.models import ClusterToken
from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import aware, aware_or_unset, not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncClusterTokens(AsyncService):
    """Tokens that agents register with at a cluster."""

    def list(
        self, cluster_id: str, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[ClusterToken]:
        """List a cluster's agent tokens. Scope: read_clusters.

        The agent tokens of a cluster, without their secrets, a page at a time.

        Args:
            cluster_id: the cluster's id.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-tokens
        """
        check(AsyncClusterTokens.list, locals())
        from buildkite_api.api.cluster_tokens import list_cluster_tokens

        return self._items(
            "cluster_tokens.list",
            list_cluster_tokens,
            self._requester.organization,
            cluster_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, cluster_id: str, token_id: str) -> ClusterToken:
        """Get an agent token. Scope: read_clusters.

        One agent token by its id, without its secret.

        Args:
            cluster_id: the cluster's id.
            token_id: the agent token's id, not its secret.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-tokens
        """
        check(AsyncClusterTokens.get, locals())
        from buildkite_api.api.cluster_tokens import get_cluster_token

        return await self._requester.call(get_cluster_token, self._requester.organization, cluster_id, token_id)

    async def create(
        self,
        cluster_id: str,
        *,
        description: str,
        expires_at: datetime.datetime | str | None = None,
        allowed_ip_addresses: str | None = None,
    ) -> ClusterToken:
        """Create an agent token. Scope: write_clusters.

        Create a token for the agents of a cluster. What does not fit is a 422.

        Only this answer holds the secret itself, in `token`. Never log it: it cannot be got again.

        Args:
            cluster_id: the cluster's id.
            description: purpose.
            expires_at: time when it expires: a datetime with a time zone, or a text of ISO 8601 with one.
            allowed_ip_addresses: the IPv4 networks that agents may come from, in CIDR notation.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-tokens
        """
        check(AsyncClusterTokens.create, locals())
        from buildkite_api.api.cluster_tokens import create_cluster_token
        from buildkite_api.models import CreateClusterTokenRequest

        request = CreateClusterTokenRequest(
            description=description,
            expires_at=or_unset(aware("expires_at", expires_at)),
            allowed_ip_addresses=or_unset(allowed_ip_addresses),
        )
        return await self._requester.call(create_cluster_token, self._requester.organization, cluster_id, body=request)

    async def update(
        self,
        cluster_id: str,
        token_id: str,
        *,
        description: str | Unset = UNSET,
        expires_at: datetime.datetime | str | Unset = UNSET,
        allowed_ip_addresses: str | Unset = UNSET,
    ) -> ClusterToken:
        """Update an agent token. Scope: write_clusters.

        Change what is given and leave the rest alone. What does not fit is a 422.

        Args:
            cluster_id: the cluster's id.
            token_id: the agent token's id, not its secret.
            description: purpose.
            expires_at: time when it expires: a datetime with a time zone, or a text of ISO 8601 with one.
            allowed_ip_addresses: the IPv4 networks that agents may come from, in CIDR notation.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-tokens
        """
        check(AsyncClusterTokens.update, locals())
        from buildkite_api.api.cluster_tokens import update_cluster_token
        from buildkite_api.models import UpdateClusterTokenRequest

        not_null(description=description, expires_at=expires_at, allowed_ip_addresses=allowed_ip_addresses)
        request = UpdateClusterTokenRequest(
            description=description,
            expires_at=aware_or_unset("expires_at", expires_at),
            allowed_ip_addresses=allowed_ip_addresses,
        )
        return await self._requester.call(
            update_cluster_token, self._requester.organization, cluster_id, token_id, body=request
        )

    async def revoke(self, cluster_id: str, token_id: str) -> None:
        """Revoke an agent token. Scope: write_clusters.

        Revoke a token: no agent can register with it any more. One that cannot be revoked is a 422 that names
        the reason.

        Args:
            cluster_id: the cluster's id.
            token_id: the agent token's id, not its secret.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-tokens
        """
        check(AsyncClusterTokens.revoke, locals())
        from buildkite_api.api.cluster_tokens import revoke_cluster_token

        return await self._requester.call(revoke_cluster_token, self._requester.organization, cluster_id, token_id)


class ClusterTokens(Service[AsyncClusterTokens]):
    """Tokens that agents register with at a cluster."""

    list = blocking(AsyncClusterTokens.list)
    get = blocking(AsyncClusterTokens.get)
    create = blocking(AsyncClusterTokens.create)
    update = blocking(AsyncClusterTokens.update)
    revoke = blocking(AsyncClusterTokens.revoke)
