# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.secrets`: cluster secrets."""

from __future__ import annotations

from buildkite_api.models import ClusterSecret
from buildkite_api.types import UNSET, Secret, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncSecrets(AsyncService):
    """Secrets of a cluster, whose values only go in."""

    def list(
        self, cluster_id: str, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[ClusterSecret]:
        """List a cluster's secrets. Scope: read_secret_details.

        The secrets of a cluster, without their values, a page at a time.

        The page of this endpoint spells the scope `read_secret_details`; the list of scopes has
        `read_secrets_details`.

        Args:
            cluster_id: the cluster's id.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/clusters/secrets
        """
        check(AsyncSecrets.list, locals())
        from buildkite_api.api.cluster_secrets import list_cluster_secrets

        return self._items(
            "secrets.list",
            list_cluster_secrets,
            self._requester.organization,
            cluster_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, cluster_id: str, secret_id: str) -> ClusterSecret:
        """Get a secret. Scope: read_secret_details.

        One secret by its id, without its value.

        The page of this endpoint spells the scope `read_secret_details`; the list of scopes has
        `read_secrets_details`.

        Args:
            cluster_id: the cluster's id.
            secret_id: the secret's id, not its key.

        https://buildkite.com/docs/apis/rest-api/clusters/secrets
        """
        check(AsyncSecrets.get, locals())
        from buildkite_api.api.cluster_secrets import get_cluster_secret

        return await self._requester.call(get_cluster_secret, self._requester.organization, cluster_id, secret_id)

    async def create(
        self,
        cluster_id: str,
        *,
        key: str,
        value: str | Secret | None = None,
        description: str | None = None,
        policy: str | None = None,
    ) -> ClusterSecret:
        """Create a secret. Scope: write_secrets.

        Keep a secret for the agents of a cluster. No answer ever holds its value.

        Args:
            cluster_id: the cluster's id.
            key: the name by which jobs ask for it, once in a cluster: a letter, then letters, digits and
                underscores, at most 255 in all, and not beginning with `buildkite` or `bk` in any case.
            value: secret value. Not blank, and less than 8 kilobytes.
            description: purpose.
            policy: policy that says who may read it, as YAML.

        https://buildkite.com/docs/apis/rest-api/clusters/secrets
        """
        check(AsyncSecrets.create, locals())
        from buildkite_api.api.cluster_secrets import create_cluster_secret
        from buildkite_api.models import CreateClusterSecretRequest

        request = CreateClusterSecretRequest(
            key=key, value=or_unset(value), description=or_unset(description), policy=or_unset(policy)
        )
        return await self._requester.call(create_cluster_secret, self._requester.organization, cluster_id, body=request)

    async def update(
        self, cluster_id: str, secret_id: str, *, description: str | Unset = UNSET, policy: str | Unset = UNSET
    ) -> ClusterSecret:
        """Update a secret. Scope: write_secrets.

        Change what is given and leave the rest alone. The key cannot be changed, and the value only by
        `secrets.update_value`.

        Args:
            cluster_id: the cluster's id.
            secret_id: the secret's id, not its key.
            description: purpose.
            policy: policy that says who may read it, as YAML.

        https://buildkite.com/docs/apis/rest-api/clusters/secrets
        """
        check(AsyncSecrets.update, locals())
        from buildkite_api.api.cluster_secrets import update_cluster_secret
        from buildkite_api.models import UpdateClusterSecretRequest

        not_null(description=description, policy=policy)
        request = UpdateClusterSecretRequest(description=description, policy=policy)
        return await self._requester.call(
            update_cluster_secret, self._requester.organization, cluster_id, secret_id, body=request
        )

    async def update_value(self, cluster_id: str, secret_id: str, *, value: str | Secret) -> ClusterSecret:
        """Change a secret's value. Scope: write_secrets.

        Replace the value of a secret. No answer ever holds it.

        Args:
            cluster_id: the cluster's id.
            secret_id: the secret's id, not its key.
            value: secret value. Not blank, and less than 8 kilobytes.

        https://buildkite.com/docs/apis/rest-api/clusters/secrets
        """
        check(AsyncSecrets.update_value, locals())
        from buildkite_api.api.cluster_secrets import update_cluster_secret_value
        from buildkite_api.models import UpdateClusterSecretValueRequest

        request = UpdateClusterSecretValueRequest(value=value)
        return await self._requester.call(
            update_cluster_secret_value, self._requester.organization, cluster_id, secret_id, body=request
        )

    async def delete(self, cluster_id: str, secret_id: str) -> None:
        """Delete a secret. Scope: write_secrets.

        Delete a secret.

        Args:
            cluster_id: the cluster's id.
            secret_id: the secret's id, not its key.

        https://buildkite.com/docs/apis/rest-api/clusters/secrets
        """
        check(AsyncSecrets.delete, locals())
        from buildkite_api.api.cluster_secrets import delete_cluster_secret

        return await self._requester.call(delete_cluster_secret, self._requester.organization, cluster_id, secret_id)


class Secrets(Service[AsyncSecrets]):
    """Secrets of a cluster, whose values only go in."""

    list = blocking(AsyncSecrets.list)
    get = blocking(AsyncSecrets.get)
    create = blocking(AsyncSecrets.create)
    update = blocking(AsyncSecrets.update)
    update_value = blocking(AsyncSecrets.update_value)
    delete = blocking(AsyncSecrets.delete)
