"""Organizations. https://buildkite.com/docs/apis/rest-api/organizations"""

from __future__ import annotations

from buildkite_api.api.organizations import get_organization, list_organizations
from buildkite_api.models import Organization

from ..pagination.items import AsyncItems
from ._base import blocking
from ._generated import organizations as generated
from .checks import check

__all__ = ["AsyncOrganizations", "Organizations"]


class AsyncOrganizations(generated.AsyncOrganizations):
    """Organizations that the token can see."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[Organization]:
        """List the organizations that the token can see, lazily. Scope: read_organizations.

        Args:
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        Example:
            >>> def slugs(buildkite) -> list[str]:
            ...     return [organization.slug for organization in buildkite.organizations.list()]

        https://buildkite.com/docs/apis/rest-api/organizations
        """
        check(AsyncOrganizations.list, locals())
        return self._items(
            "organizations.list", list_organizations, per_page=per_page, limit=limit, concurrency=concurrency
        )

    async def get(self, organization: str | None = None) -> Organization:
        """Get an organization; by default the client's own. Scope: read_organizations.

        Args:
            organization: its slug.

        Raises:
            OrganizationNotFound: the organization doesn't exist, or the token can't see it.

        https://buildkite.com/docs/apis/rest-api/organizations
        """
        check(AsyncOrganizations.get, locals())
        return await self._requester.call(get_organization, organization or self._requester.organization)


class Organizations(generated.Organizations):
    """Organizations that the token can see."""

    list = blocking(AsyncOrganizations.list)
    get = blocking(AsyncOrganizations.get)
