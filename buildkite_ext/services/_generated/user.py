# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.user`: user."""

from __future__ import annotations

from buildkite_api.models import User
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncUserService(AsyncService):
    """The user that a token belongs to."""

    async def get(self) -> User:
        """Get the current user. Scope: read_user.

        The user that the token belongs to.

        https://buildkite.com/docs/apis/rest-api/user
        """
        from buildkite_api.api.user import get_current_user

        return await self._requester.call(get_current_user)


class UserService(Service[AsyncUserService]):
    """The user that a token belongs to."""

    get = blocking(AsyncUserService.get)
