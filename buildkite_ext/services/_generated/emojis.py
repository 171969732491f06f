# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.emojis`: emojis."""

from __future__ import annotations

import builtins

from buildkite_api.models import Emoji
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncEmojis(AsyncService):
    """The emojis that an organization may use."""

    async def list(self) -> builtins.list[Emoji]:
        """List an organization's emojis.

        Every emoji that an organization may use, its own and aliases included, all at once.

        https://buildkite.com/docs/apis/rest-api/emojis
        """
        from buildkite_api.api.emojis import list_emojis

        return await self._requester.call(list_emojis, self._requester.organization)


class Emojis(Service[AsyncEmojis]):
    """The emojis that an organization may use."""

    list = blocking(AsyncEmojis.list)
