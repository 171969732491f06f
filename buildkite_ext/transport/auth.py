"""Signing of requests to the API's own origin, and to no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import ConfigurationError
from ..redaction import is_token, used_token
from ..urls import Origin, origin, path_of
from .context import context_of

if TYPE_CHECKING:
    import httpx
    from buildkite_api.types import Secret

    from ..runtime import Runtime, Send

__all__ = ["SignStage", "TokenFunction", "TokenSource", "check_token"]

TokenFunction: TypeAlias = "Callable[[], str | Secret] | Callable[[], Awaitable[str | Secret]]"
"""A function that returns the current token (async only for `AsyncBuildkiteClient`)."""

TokenSource: TypeAlias = "str | Secret | TokenFunction"
"""A token, or a function that returns the current one (async only for `AsyncBuildkiteClient`)."""


class SignStage:
    """Stage that puts `Authorization: Bearer …` on requests to one origin.

    It is directly above the wire, so each attempt is signed: a function is asked for the token each time, and a rotated token
    is used from the next attempt on. The deadline of the call ends an async function; one that blocks can't be ended, but
    nothing is sent after the deadline. Redirects are not followed below it, so a token never goes with one.
    """

    def __init__(self, source: Secret | TokenFunction, own: Origin) -> None:  # a Secret holds a token that was checked
        self._source = source
        self._origin = own

    def __repr__(self) -> str:
        return f"Sign(origin={self._origin!r})"

    def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> Coroutine[Any, Any, httpx.Response]:
        if origin(request.url) == self._origin:
            context = context_of(request)
            source, context.token = context.token or self._source, None
            if callable(source):
                return self._asked(source, request, send, runtime)
            _sign(request, source)
        return send(request)

    async def _asked(
        self, source: TokenFunction, request: httpx.Request, send: Send, runtime: Runtime
    ) -> httpx.Response:
        # The frames of an error show no plain token: no variable of this one holds it.
        _sign(request, _secret(await self._ask(source, request, runtime)))
        return await send(request)

    async def token(self, request: httpx.Request, runtime: Runtime) -> Secret:
        """Return the token that a request would be signed with now."""
        source = self._source
        return _secret(await self._ask(source, request, runtime)) if callable(source) else source

    async def _ask(
        self,
        source: TokenFunction,
        request: httpx.Request,
        runtime: Runtime,
    ) -> str | Secret:
        deadline = context_of(request).deadline
        if deadline is None:
            return await runtime.awaited(source())
        try:
            return await runtime.awaited(source(), seconds=deadline.ends - runtime.now())
        except TimeoutError as error:
            now, deadline = runtime.now(), context_of(request).deadline or deadline
            if now < deadline.ends:  # an error of the function itself
                raise
            raise deadline.exceeded(request, doing="the function of token= has not returned") from error


def _sign(request: httpx.Request, token: Secret) -> None:
    """Put a token on a request, whose address must not hold one."""
    path = path_of(request)
    if "_" in path and any(is_token(segment) for segment in path.split("/")):
        raise ConfigurationError(
            "An API token stands in the place of a slug or an id: a URL with it would be in logs. Give the token as token=, or "
            "set $BUILDKITE_API_TOKEN. Nothing was sent."
        )
    request.headers["Authorization"] = f"Bearer {used_token(token.reveal())}"


def _secret(token: object) -> Secret:
    from buildkite_api.types import Secret

    return Secret(check_token(token))


def check_token(token: object) -> str:
    """Return a token in the form of a header; refuse one that can't be right, without showing it.

    Raises:
        ConfigurationError: it isn't a string, is empty, or holds characters that tokens don't have.
    """
    if not isinstance(token, str):
        token = _revealed(token)
    token = token.strip()
    if not token:
        raise ConfigurationError("The token is empty. Create one at https://buildkite.com/user/api-access-tokens.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            "The token holds a space, a line break or a character outside ASCII, which tokens don't have. Copy it again."
        )
    return token


def _revealed(token: object) -> str:
    from buildkite_api.types import Secret

    if not isinstance(token, Secret):
        raise ConfigurationError(f"The token is a {type(token).__name__}, not a string.")
    return token.reveal()
