# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.meta`: meta."""

from __future__ import annotations

from buildkite_api.models import Meta
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncMetaService(AsyncService):
    """Facts about Buildkite itself."""

    async def get(self) -> Meta:
        """Get facts about Buildkite.

        The addresses that Buildkite's own requests come from, such as webhooks. They change: ask daily, new
        ones are meant to be listed a week before their use. Needs no token.

        https://buildkite.com/docs/apis/rest-api/meta
        """
        from buildkite_api.api.meta import get_meta

        return await self._requester.call(get_meta)


class MetaService(Service[AsyncMetaService]):
    """Facts about Buildkite itself."""

    get = blocking(AsyncMetaService.get)
