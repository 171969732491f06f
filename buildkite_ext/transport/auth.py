"""Signing requests: to the API's own origin, and to no other."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import TYPE_CHECKING, TypeAlias

import httpx

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from buildkite_api.types import Secret

TokenSource: TypeAlias = "str | Secret | Callable[[], str | Secret] | Callable[[], Awaitable[str | Secret]]"
"""A token, or something that hands out the current one (async only for `AsyncBuildkiteClient`)."""

Origin = tuple[str, str, int | None]


class TokenAuth(httpx.Auth):
    """Puts `Authorization: Bearer …` on requests to one origin.

    It is an httpx.Auth rather than a stage of the pipeline, since a token put in below a redirect would follow it.
    A callable is asked for each request anew, so a rotated token is used from the next request on.
    """

    def __init__(self, source: TokenSource, origin: Origin) -> None:
        self._source = source
        self._origin = origin

    def __repr__(self) -> str:
        return f"TokenAuth(origin={self._origin!r})"

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if origin(request.url) == self._origin:
            token = self._source() if callable(self._source) else self._source
            if inspect.isawaitable(token):
                if inspect.iscoroutine(token):
                    token.close()
                raise ConfigurationError(
                    "token= gave something to await: BuildkiteClient takes a plain function, "
                    "AsyncBuildkiteClient an async one as well."
                )
            request.headers["Authorization"] = f"Bearer {check_token(token)}"
        yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if origin(request.url) == self._origin:
            token = self._source() if callable(self._source) else self._source
            if inspect.isawaitable(token):
                token = await token
            request.headers["Authorization"] = f"Bearer {check_token(token)}"
        yield request


def origin(url: httpx.URL) -> Origin:
    """Scheme, host and port, the port filled in where the scheme says it."""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def check_token(token: object) -> str:
    """The token as it goes into a header; refuses what could not be one, without showing it."""
    if not isinstance(token, str):
        token = _revealed(token)
    token = token.strip()
    if not token:
        raise ConfigurationError("The token is empty.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError("The token holds characters that no token has (a space, a line break, non-ASCII).")
    return token


def _revealed(token: object) -> str:
    from buildkite_api.types import Secret

    if not isinstance(token, Secret):
        raise ConfigurationError(f"The token is a {type(token).__name__}, not a string.")
    return token.reveal()
