# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.registry_tokens`: registry tokens."""

from __future__ import annotations

import builtins

from buildkite_api.models import RegistryToken
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncRegistryTokens(AsyncService):
    """Tokens of package registries."""

    async def list(self, registry: str) -> builtins.list[RegistryToken]:
        """List a registry's tokens. Scope: read_registries.

        The tokens of a package registry, without their secrets. Whether the list is paged is not documented.

        Args:
            registry: the package registry's slug, as in its URL.

        https://buildkite.com/docs/apis/rest-api/package-registries/registry-tokens
        """
        check(AsyncRegistryTokens.list, locals())
        from buildkite_api.api.registry_tokens import list_registry_tokens

        return await self._requester.call(list_registry_tokens, self._requester.organization, registry)

    async def get(self, registry: str, registry_token_id: str) -> RegistryToken:
        """Get a registry's token. Scope: read_registries.

        One token by its id, without its secret.

        Args:
            registry: the package registry's slug, as in its URL.
            registry_token_id: the token's id, not its secret.

        https://buildkite.com/docs/apis/rest-api/package-registries/registry-tokens
        """
        check(AsyncRegistryTokens.get, locals())
        from buildkite_api.api.registry_tokens import get_registry_token

        return await self._requester.call(get_registry_token, self._requester.organization, registry, registry_token_id)

    async def create(self, registry: str, *, description: str) -> RegistryToken:
        """Create a token for a registry. Scope: write_registries.

        Create a token with which packages can be installed.

        Only this answer holds the secret itself, in `token`. Never log it: it cannot be got again.

        Args:
            registry: the package registry's slug, as in its URL.
            description: purpose.

        https://buildkite.com/docs/apis/rest-api/package-registries/registry-tokens
        """
        check(AsyncRegistryTokens.create, locals())
        from buildkite_api.api.registry_tokens import create_registry_token
        from buildkite_api.models import CreateRegistryTokenRequest

        request = CreateRegistryTokenRequest(description=description)
        return await self._requester.call(create_registry_token, self._requester.organization, registry, body=request)

    async def update(self, registry: str, registry_token_id: str, *, description: str) -> RegistryToken:
        """Update a registry's token. Scope: write_registries.

        Change what a token is said to be for.

        Args:
            registry: the package registry's slug, as in its URL.
            registry_token_id: the token's id, not its secret.
            description: purpose.

        https://buildkite.com/docs/apis/rest-api/package-registries/registry-tokens
        """
        check(AsyncRegistryTokens.update, locals())
        from buildkite_api.api.registry_tokens import update_registry_token
        from buildkite_api.models import UpdateRegistryTokenRequest

        request = UpdateRegistryTokenRequest(description=description)
        return await self._requester.call(
            update_registry_token, self._requester.organization, registry, registry_token_id, body=request
        )

    async def delete(self, registry: str, registry_token_id: str) -> None:
        """Delete a registry's token. Scope: write_registries.

        Delete a token: it opens the registry no more. What the answer's body holds is not documented.

        Args:
            registry: the package registry's slug, as in its URL.
            registry_token_id: the token's id, not its secret.

        https://buildkite.com/docs/apis/rest-api/package-registries/registry-tokens
        """
        check(AsyncRegistryTokens.delete, locals())
        from buildkite_api.api.registry_tokens import delete_registry_token

        return await self._requester.call(
            delete_registry_token, self._requester.organization, registry, registry_token_id
        )


class RegistryTokens(Service[AsyncRegistryTokens]):
    """Tokens of package registries."""

    list = blocking(AsyncRegistryTokens.list)
    get = blocking(AsyncRegistryTokens.get)
    create = blocking(AsyncRegistryTokens.create)
    update = blocking(AsyncRegistryTokens.update)
    delete = blocking(AsyncRegistryTokens.delete)
