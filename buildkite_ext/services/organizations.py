"""Organizations. https://buildkite.com/docs/apis/rest-api/organizations"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildkite_api.api.organizations import get_organization, list_organizations

from ..pagination.items import AsyncItems
from ._base import blocking
from ._generated import organizations as generated

if TYPE_CHECKING:
    from buildkite_api.models import Organization

__all__ = ["AsyncOrganizations", "Organizations"]


class AsyncOrganizations(generated.AsyncOrganizations):
    """The organizations that the token can see."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[Organization]:
        """Every organization that the token was granted, lazily. Scope: read_organizations.

        Args:
            per_page: items a request, at most 100.
            limit: the most items to give out.
            concurrency: pages fetched at once.

        Example:
            >>> def slugs(buildkite) -> list[str]:
            ...     return [organization.slug for organization in buildkite.organizations.list()]

        https://buildkite.com/docs/apis/rest-api/organizations
        """
        return self._items(list_organizations, per_page=per_page, limit=limit, concurrency=concurrency)

    async def get(self, organization: str | None = None) -> Organization:
        """One organization; by default the client's own. Scope: read_organizations.

        Args:
            organization: its slug.

        Raises:
            OrganizationNotFound: it doesn't exist, or the token can't see it.

        https://buildkite.com/docs/apis/rest-api/organizations
        """
        return await self._requester.call(get_organization, organization or self._requester.organization)


class Organizations(generated.Organizations):
    """The organizations that the token can see."""

    list = blocking(AsyncOrganizations.list)
    get = blocking(AsyncOrganizations.get)
