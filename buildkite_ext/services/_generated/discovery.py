# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.discovery`: discovery."""

from __future__ import annotations

from buildkite_api.models import ApiCatalog, ApiRoot
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncDiscovery(AsyncService):
    """Descriptions of the API by itself."""

    async def api_root(self) -> ApiRoot:
        """Get the root of the API.

        A greeting and the time at Buildkite: enough to see whether the API can be reached. Needs no token.

        https://buildkite.com/docs/apis/rest-api
        """
        from buildkite_api.api.discovery import get_api_root

        return await self._requester.call(get_api_root)

    async def api_catalog(self) -> ApiCatalog:
        """Get the catalog of APIs.

        The machine-readable descriptions of APIs: a catalog in the form of RFC 9727. Needs no token.

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
    """Descriptions of the API by itself."""

    api_root = blocking(AsyncDiscovery.api_root)
    api_catalog = blocking(AsyncDiscovery.api_catalog)
    analytics_openapi = blocking(AsyncDiscovery.analytics_openapi)
