"""Transports of httpx that send requests to a simulator, for sync and async clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import lru_cache

import httpx

from ..urls import origin
from .api.request import ConnectionDropped, SimRequest, SimResponse
from .simulator import SimulatedOrganization

__all__ = ["AsyncSimulatorTransport", "SimulatorTransport"]

_CHUNK = 64 * 1024


class SimulatorTransport(httpx.BaseTransport):
    """Transport for `httpx.Client`.

    It reaches two hosts: the simulator's API and the origin of its artifacts.
    """

    def __init__(self, simulator: SimulatedOrganization) -> None:
        self._simulator = simulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _response(_answer(self._simulator, request, request.read()))


class AsyncSimulatorTransport(httpx.AsyncBaseTransport):
    """Transport for `httpx.AsyncClient`, on asyncio and trio."""

    def __init__(self, simulator: SimulatedOrganization) -> None:
        self._simulator = simulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        from anyio.lowlevel import checkpoint

        body = await request.aread()
        # Like a real request, this one lets other tasks run and can be cancelled.
        await checkpoint()
        return _response(_answer(self._simulator, request, body))


def _answer(simulator: SimulatedOrganization, request: httpx.Request, body: bytes) -> SimResponse:
    sim_request = SimRequest.of(
        request.method,
        request.url.raw_path.decode("ascii"),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
        body=body,
    )
    target = origin(request.url)
    if target == _origin(simulator.artifacts_url):
        return simulator.handle_artifact(sim_request)
    if target != _origin(simulator.base_url):
        raise httpx.ConnectError(
            f"the simulator is at {simulator.base_url}, its artifacts at {simulator.artifacts_url}, "
            f"and there is nothing at {request.url.scheme}://{request.url.host}",
            request=request,
        )
    try:
        return simulator.handle(sim_request)
    except ConnectionDropped as dropped:
        kind = httpx.ReadError if dropped.acted else httpx.ConnectError
        raise kind(str(dropped), request=request) from dropped


@lru_cache(maxsize=64)
def _origin(url: str) -> object:
    return origin(httpx.URL(url))


def _response(response: SimResponse) -> httpx.Response:
    headers = [(name, value.encode("utf-8")) for name, value in response.headers]
    return httpx.Response(
        response.status,
        headers=[(name.encode("ascii"), value) for name, value in headers],
        stream=_ChunkedBody(response.body),
    )


class _ChunkedBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Body that arrives in chunks, as from a socket."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), _CHUNK):
            yield self._body[start : start + _CHUNK]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk
