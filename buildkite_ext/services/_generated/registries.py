# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.registries`: package registries."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from buildkite_api.models import Registry
from buildkite_api.types import UNSET, Unset
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services._generated.registry_tokens import AsyncRegistryTokens, RegistryTokens
from buildkite_ext.services.arguments import not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncRegistries(AsyncService):
    """Package registries."""

    @cached_property
    def tokens(self) -> AsyncRegistryTokens:
        """Tokens of package registries. The same as `client.registry_tokens`."""
        return AsyncRegistryTokens(self._requester)

    async def list(self) -> builtins.list[Registry]:
        """List an organization's package registries. Scope: read_registries.

        The package registries of an organization. Whether the list is paged is not documented.

        https://buildkite.com/docs/apis/rest-api/package-registries/registries
        """
        from buildkite_api.api.package_registries import list_registries

        return await self._requester.call(list_registries, self._requester.organization)

    async def get(self, registry: str) -> Registry:
        """Get a package registry. Scope: read_registries.

        One registry by its slug.

        Args:
            registry: the package registry's slug, as in its URL.

        https://buildkite.com/docs/apis/rest-api/package-registries/registries
        """
        check(AsyncRegistries.get, locals())
        from buildkite_api.api.package_registries import get_registry

        return await self._requester.call(get_registry, self._requester.organization, registry)

    async def create(
        self,
        *,
        name: str,
        ecosystem: str,
        team_ids: Sequence[str] | None = None,
        description: str | None = None,
        emoji: str | None = None,
        color: str | None = None,
        oidc_policy: str | Sequence[Mapping[str, Any]] | None = None,
    ) -> Registry:
        """Create a package registry. Scope: write_registries.

        Create a registry for the packages of one ecosystem. Where the organization uses teams, `team_ids` has
        to be given.

        Args:
            name: the display name.
            ecosystem: kind of its packages, such as `ruby`.
            team_ids: the teams that can reach it. Has to be given where the organization uses teams.
            description: purpose.
            emoji: an emoji such as `:rocket:`.
            color: a color as a hex code.
            oidc_policy: policy of the OIDC tokens that may act on it, as YAML or as a list of statements. Null
                for none.

        https://buildkite.com/docs/apis/rest-api/package-registries/registries
        """
        check(AsyncRegistries.create, locals())
        from buildkite_api.api.package_registries import create_registry
        from buildkite_api.models import CreateRegistryRequest

        request = CreateRegistryRequest(
            name=name,
            ecosystem=ecosystem,
            team_ids=or_unset(team_ids),
            description=or_unset(description),
            emoji=or_unset(emoji),
            color=or_unset(color),
            oidc_policy=or_unset(oidc_policy),
        )
        return await self._requester.call(create_registry, self._requester.organization, body=request)

    async def update(
        self,
        registry: str,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        oidc_policy: str | Sequence[Mapping[str, Any]] | None | Unset = UNSET,
    ) -> Registry:
        """Update a package registry. Scope: write_registries.

        Change what is given and leave the rest alone. An OIDC policy is replaced as a whole.

        Args:
            registry: the package registry's slug, as in its URL.
            name: the display name.
            description: purpose.
            oidc_policy: policy of the OIDC tokens that may act on it, as YAML or as a list of statements. Null
                for none.

        https://buildkite.com/docs/apis/rest-api/package-registries/registries
        """
        check(AsyncRegistries.update, locals())
        from buildkite_api.api.package_registries import update_registry
        from buildkite_api.models import UpdateRegistryRequest

        not_null(name=name, description=description)
        request = UpdateRegistryRequest(name=name, description=description, oidc_policy=oidc_policy)
        return await self._requester.call(update_registry, self._requester.organization, registry, body=request)

    async def delete(self, registry: str) -> None:
        """Delete a package registry. Scope: delete_registries.

        Delete a registry. What the answer's body holds is not documented.

        Args:
            registry: the package registry's slug, as in its URL.

        https://buildkite.com/docs/apis/rest-api/package-registries/registries
        """
        check(AsyncRegistries.delete, locals())
        from buildkite_api.api.package_registries import delete_registry

        return await self._requester.call(delete_registry, self._requester.organization, registry)


class Registries(Service[AsyncRegistries]):
    """Package registries."""

    @cached_property
    def tokens(self) -> RegistryTokens:
        """Tokens of package registries. The same as `client.registry_tokens`."""
        return RegistryTokens(self._shared.tokens)

    list = blocking(AsyncRegistries.list)
    get = blocking(AsyncRegistries.get)
    create = blocking(AsyncRegistries.create)
    update = blocking(AsyncRegistries.update)
    delete = blocking(AsyncRegistries.delete)
