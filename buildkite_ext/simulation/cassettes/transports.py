"""Transports of httpx that answer from a cassette."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import httpx

from .codings import decoded

__all__ = ["AsyncReplayTransport", "ReplayTransport"]


class _Recorded(Protocol):
    """Answer that was recorded."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...

    @property
    def content(self) -> bytes: ...


_Answer = Callable[[str, str, bytes], _Recorded]
"""Function that takes a method, a URL and a body, and returns the answer."""


class ReplayTransport(httpx.BaseTransport):
    """Transport for sync clients."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _response(self._answer(request.method, str(request.url), decoded(request.read(), request.headers)))


class AsyncReplayTransport(httpx.AsyncBaseTransport):
    """Transport for async clients, on asyncio and trio."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        from anyio.lowlevel import checkpoint

        body = decoded(await request.aread(), request.headers)
        await checkpoint()
        return _response(self._answer(request.method, str(request.url), body))


def _response(found: _Recorded) -> httpx.Response:
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in found.headers]
    return httpx.Response(found.status, headers=headers, stream=httpx.ByteStream(found.content))
