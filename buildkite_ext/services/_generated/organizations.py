# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.organizations`: organizations."""

from __future__ import annotations

from buildkite_api.models import RateLimits
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncOrganizations(AsyncService):
    """Organizations that a token reaches, and their rate limits."""

    async def rate_limit(self) -> RateLimits:
        """Get an organization's rate limits. Scope: read_accounts.

        The use of the organization's budgets in the current windows: 60 seconds for the REST API, 300 for
        GraphQL.

        The per-user budgets are not told here. They arrive with every response, in the `RateLimit-User-*`
        headers. The scope `read_accounts` is what this endpoint's page asks for, although it stands in no
        published list of scopes.

        https://buildkite.com/docs/apis/rest-api/organizations/rate-limits
        """
        from buildkite_api.api.organizations import get_organization_rate_limit

        return await self._requester.call(get_organization_rate_limit, self._requester.organization)


class Organizations(Service[AsyncOrganizations]):
    """Organizations that a token reaches, and their rate limits."""

    rate_limit = blocking(AsyncOrganizations.rate_limit)
