# Generated from spec/ by `make generate`: edit that, not this.

"""The service `client.discovery`: discovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildkite_ext.services._base import AsyncService, Service, blocking

if TYPE_CHECKING:
    from buildkite_api.models import ApiCatalog, ApiRoot


class AsyncDiscovery(AsyncService):
    """What the API says about itself."""

    async def api_root(self) -> ApiRoot:
        """Get the root of the API.

        A greeting and the time at Buildkite: enough to see whether the API can be reached. Needs no token.

        https://buildkite.com/docs/apis/rest-api
        """
        from buildkite_api.api.discovery import get_api_root

        return await self._requester.call(get_api_root)

    async def api_catalog(self) -> ApiCatalog:
        """Get the catalog of APIs.

        Which APIs have a machine-readable description, and where: a catalog as RFC 9727 has it. Needs no token.

        https://buildkite.com/docs/apis/rest-api
        """
        from buildkite_api.api.discovery import get_api_catalog

        return await self._requester.call(get_api_catalog)

    async def analytics_openapi(self) -> str:
        """Get the description of the Test Engine API.

        Buildkite's own OpenAPI description of the part of the API below `/v2/analytics`, as YAML. Needs no
        token.

        https://buildkite.com/docs/apis/rest-api
        """
        from buildkite_api.api.discovery import get_analytics_openapi

        return await self._requester.call(get_analytics_openapi)


class Discovery(Service[AsyncDiscovery]):
    """What the API says about itself."""

    api_root = blocking(AsyncDiscovery.api_root)
    api_catalog = blocking(AsyncDiscovery.api_catalog)
    analytics_openapi = blocking(AsyncDiscovery.analytics_openapi)
