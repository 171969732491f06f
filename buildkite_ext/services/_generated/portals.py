# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.portals`: portals."""

from __future__ import annotations

from buildkite_api.models import Portal
from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncPortals(AsyncService):
    """Stored GraphQL operations with an address of their own."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[Portal]:
        """List an organization's portals. Scope: read_portals.

        The portals of an organization, without their tokens, a page at a time.

        Args:
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/portals
        """
        check(AsyncPortals.list, locals())
        from buildkite_api.api.portals import list_portals

        return self._items(
            "portals.list",
            list_portals,
            self._requester.organization,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, portal: str) -> Portal:
        """Get a portal. Scope: read_portals.

        One portal by its slug, without its token.

        Args:
            portal: the portal's slug.

        https://buildkite.com/docs/apis/rest-api/portals
        """
        check(AsyncPortals.get, locals())
        from buildkite_api.api.portals import get_portal

        return await self._requester.call(get_portal, self._requester.organization, portal)

    async def create(
        self,
        *,
        name: str,
        query: str,
        slug: str | None = None,
        description: str | None = None,
        allowed_ip_addresses: str | None = None,
        user_invokable: bool | None = None,
    ) -> Portal:
        """Create a portal. Scope: write_portals.

        Store a GraphQL operation behind an address of its own. What does not fit is a 422.

        Only this answer holds the portal's token, in `token`. Never log it: it cannot be got again.

        Args:
            name: the display name.
            query: the GraphQL operation.
            slug: the name in URLs. Made from the name when left out.
            description: purpose.
            allowed_ip_addresses: the networks that requests may come from, in CIDR notation and separated by
                spaces.
            user_invokable: true if users may invoke it.

        https://buildkite.com/docs/apis/rest-api/portals
        """
        check(AsyncPortals.create, locals())
        from buildkite_api.api.portals import create_portal
        from buildkite_api.models import CreatePortalRequest

        request = CreatePortalRequest(
            name=name,
            query=query,
            slug=or_unset(slug),
            description=or_unset(description),
            allowed_ip_addresses=or_unset(allowed_ip_addresses),
            user_invokable=or_unset(user_invokable),
        )
        return await self._requester.call(create_portal, self._requester.organization, body=request)

    async def update(
        self,
        portal: str,
        *,
        name: str | Unset = UNSET,
        query: str | Unset = UNSET,
        slug: str | Unset = UNSET,
        description: str | Unset = UNSET,
        allowed_ip_addresses: str | Unset = UNSET,
        user_invokable: bool | Unset = UNSET,
    ) -> Portal:
        """Update a portal. Scope: write_portals.

        Change what is given and leave the rest alone. A new `slug` moves the portal's address. What does not
        fit is a 422.

        Args:
            portal: the portal's slug.
            name: the display name.
            query: the GraphQL operation.
            slug: the name in URLs.
            description: purpose.
            allowed_ip_addresses: the networks that requests may come from, in CIDR notation and separated by
                spaces.
            user_invokable: true if users may invoke it.

        https://buildkite.com/docs/apis/rest-api/portals
        """
        check(AsyncPortals.update, locals())
        from buildkite_api.api.portals import update_portal
        from buildkite_api.models import UpdatePortalRequest

        not_null(
            name=name,
            query=query,
            slug=slug,
            description=description,
            allowed_ip_addresses=allowed_ip_addresses,
            user_invokable=user_invokable,
        )
        request = UpdatePortalRequest(
            name=name,
            query=query,
            slug=slug,
            description=description,
            allowed_ip_addresses=allowed_ip_addresses,
            user_invokable=user_invokable,
        )
        return await self._requester.call(update_portal, self._requester.organization, portal, body=request)

    async def delete(self, portal: str) -> None:
        """Delete a portal. Scope: write_portals.

        Delete a portal. One that cannot be deleted is a 422 that names the reason.

        Args:
            portal: the portal's slug.

        https://buildkite.com/docs/apis/rest-api/portals
        """
        check(AsyncPortals.delete, locals())
        from buildkite_api.api.portals import delete_portal

        return await self._requester.call(delete_portal, self._requester.organization, portal)


class Portals(Service[AsyncPortals]):
    """Stored GraphQL operations with an address of their own."""

    list = blocking(AsyncPortals.list)
    get = blocking(AsyncPortals.get)
    create = blocking(AsyncPortals.create)
    update = blocking(AsyncPortals.update)
    delete = blocking(AsyncPortals.delete)
