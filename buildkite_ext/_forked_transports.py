"""Transports that a forked process doesn't use. They are apart from `_in_process`, which is imported without httpx too."""

from __future__ import annotations

from collections.abc import Callable

import httpx

__all__ = ["AsyncUnforkedTransport", "UnforkedTransport"]


class UnforkedTransport(httpx.BaseTransport):
    """Transport that calls a function before each request.

    Args:
        transport: the transport.
        check: raises where the request may not be sent.
    """

    def __init__(self, transport: httpx.BaseTransport, check: Callable[[], None]) -> None:
        self._transport = transport
        self._check = check

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._check()
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()


class AsyncUnforkedTransport(httpx.AsyncBaseTransport):
    """The same for async code."""

    def __init__(self, transport: httpx.AsyncBaseTransport, check: Callable[[], None]) -> None:
        self._transport = transport
        self._check = check

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._check()
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()
