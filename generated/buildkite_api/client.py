# Generated from spec/ by `make generate`: edit that, not this.

"""HTTP client of the endpoints."""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Any, Self

import httpx

from .decoding import Decoder

DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


class Client:
    """Pair of httpx clients, a blocking and an asynchronous one, each made at its first use; and the decoder of answers.

    The client holds no token: authenticate with `httpx_args={"auth": ...}`. Redirects are not followed by default.

    Args:
        base_url: The API's root, such as `https://api.buildkite.com`.
        decoder: Decoder of the answers; by default a tolerant one.
        headers: Sent with every request.
        cookies: Sent with every request.
        timeout: Seconds, or an `httpx.Timeout`; None waits for ever. By default 30 seconds, and 10 to connect.
        verify_ssl: As `verify` in httpx.
        follow_redirects: Follow redirects.
        httpx_args: Further arguments of `httpx.Client` and `httpx.AsyncClient`, such as `auth` or `transport`.

    Example:
        >>> from buildkite_api.api.meta import get_meta
        >>> transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"webhook_ips": ["192.0.2.7"]}))
        >>> with Client("https://api.buildkite.com", httpx_args={"transport": transport}) as client:
        ...     get_meta.sync(client=client)
        Meta(webhook_ips=['192.0.2.7'])
    """

    __slots__ = ("_async_client", "_client", "_settings", "decoder")

    def __init__(
        self,
        base_url: str,
        *,
        decoder: Decoder | None = None,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        timeout: httpx.Timeout | float | None = DEFAULT_TIMEOUT,
        verify_ssl: str | bool | ssl.SSLContext = True,
        follow_redirects: bool = False,
        httpx_args: dict[str, Any] | None = None,
    ) -> None:
        self.decoder = decoder if decoder is not None else Decoder()
        self._settings: dict[str, Any] = {
            "base_url": base_url,
            "headers": headers,
            "cookies": cookies,
            "timeout": timeout,
            "verify": verify_ssl,
            "follow_redirects": follow_redirects,
            **(httpx_args or {}),
        }
        self._client: httpx.Client | None = None
        self._async_client: httpx.AsyncClient | None = None

    def __repr__(self) -> str:
        return f"Client({str(self._settings['base_url'])!r})"

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Send blocking requests with this client, and ignore the other settings."""
        self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """Return the client of blocking requests."""
        if self._client is None:
            self._client = httpx.Client(**self._settings)
        return self._client

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Send asynchronous requests with this client, and ignore the other settings."""
        self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the client of asynchronous requests."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._settings)
        return self._async_client

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.get_httpx_client().__exit__(kind, error, traceback)

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.get_async_httpx_client().__aexit__(kind, error, traceback)


__all__ = ["DEFAULT_TIMEOUT", "Client"]
