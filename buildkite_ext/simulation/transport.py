"""The simulator as httpx transports, blocking and async. The only module here that imports httpx."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import httpx

from .api.request import ConnectionDropped, SimRequest, SimResponse

if TYPE_CHECKING:
    from .simulator import Simulator

CHUNK = 64 * 1024


class SimulatorTransport(httpx.BaseTransport):
    """Hands the requests of an `httpx.Client` to a simulator.

    There are two hosts: the simulator's API and the origin of its artifacts. No other can be reached.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _response(_answer(self._simulator, request, request.read()))


class AsyncSimulatorTransport(httpx.AsyncBaseTransport):
    """The same for an `httpx.AsyncClient`, on asyncio and trio."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        from anyio.lowlevel import checkpoint

        body = await request.aread()
        # A real request lets other tasks run, and can be cancelled.
        await checkpoint()
        return _response(_answer(self._simulator, request, body))


def _answer(simulator: Simulator, request: httpx.Request, body: bytes) -> SimResponse:
    asked = SimRequest.of(
        request.method,
        request.url.raw_path.decode("ascii"),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
        body=body,
    )
    origin = _origin(request.url)
    if origin == _origin(httpx.URL(simulator.artifacts_url)):
        return simulator.handle_artifact(asked)
    if origin != _origin(httpx.URL(simulator.base_url)):
        raise httpx.ConnectError(
            f"the simulator is at {simulator.base_url}, its artifacts at {simulator.artifacts_url}, "
            f"and there is nothing at {request.url.scheme}://{request.url.host}",
            request=request,
        )
    try:
        return simulator.handle(asked)
    except ConnectionDropped as dropped:
        kind = httpx.ReadError if dropped.acted else httpx.ConnectError
        raise kind(str(dropped), request=request) from dropped


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _response(response: SimResponse) -> httpx.Response:
    headers = [(name, value.encode("utf-8")) for name, value in response.headers]
    return httpx.Response(
        response.status,
        headers=[(name.encode("ascii"), value) for name, value in headers],
        stream=_Body(response.body),
    )


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in chunks, as one from a socket does."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), CHUNK):
            yield self._body[start : start + CHUNK]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk
