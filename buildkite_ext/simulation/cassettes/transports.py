"""Transports of httpx that answer from a cassette."""

from __future__ import annotations

import httpx

from .replayer import Interaction, Replayer

__all__ = ["AsyncReplayTransport", "ReplayTransport"]


class ReplayTransport(httpx.BaseTransport):
    """Transport for sync clients."""

    def __init__(self, replayer: Replayer) -> None:
        self._replayer = replayer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _response(self._replayer.answer(request.method, str(request.url), request.read()))


class AsyncReplayTransport(httpx.AsyncBaseTransport):
    """Transport for async clients, on asyncio and trio."""

    def __init__(self, replayer: Replayer) -> None:
        self._replayer = replayer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        from anyio.lowlevel import checkpoint

        body = await request.aread()
        await checkpoint()
        return _response(self._replayer.answer(request.method, str(request.url), body))


def _response(found: Interaction) -> httpx.Response:
    return httpx.Response(found.status, headers=list(found.headers), stream=httpx.ByteStream(found.content))
