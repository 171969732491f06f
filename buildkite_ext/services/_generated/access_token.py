# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.access_token`: access token."""

from __future__ import annotations

from buildkite_api.models import AccessToken
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncAccessTokenService(AsyncService):
    """The token in use."""

    async def get(self) -> AccessToken:
        """Get the current token.

        The token in use, with its scopes and its user. Any token may ask.

        https://buildkite.com/docs/apis/rest-api/access-token
        """
        from buildkite_api.api.access_token import get_access_token

        return await self._requester.call(get_access_token)

    async def revoke(self) -> None:
        """Revoke the current token.

        Revoke the token in use, for good. Any token may do so; every later request with it is refused, so this
        one is not sent again when its answer is lost.

        https://buildkite.com/docs/apis/rest-api/access-token
        """
        from buildkite_api.api.access_token import revoke_access_token

        return await self._requester.call(revoke_access_token)


class AccessTokenService(Service[AsyncAccessTokenService]):
    """The token in use."""

    get = blocking(AsyncAccessTokenService.get)
    revoke = blocking(AsyncAccessTokenService.revoke)
