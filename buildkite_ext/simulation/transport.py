"""Transports of httpx that send requests to a simulator, for sync and async clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import lru_cache

import httpx

from ..clock import EpochClock
from ..urls import origin
from .api.request import Arrival, ConnectionDropped, SimRequest, SimResponse
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
        response = _answer(self._simulator, request, request.read())
        if response.arrival is None:
            return _response(response, _ChunkedBody(response.body))
        clock = self._simulator.clock
        for seconds in _until_body(response.arrival, request):
            clock.sleep(seconds)
        return _response(response, _SlowBody(response, response.arrival, request, clock))


class AsyncSimulatorTransport(httpx.AsyncBaseTransport):
    """Transport for `httpx.AsyncClient`, on asyncio and trio."""

    def __init__(self, simulator: SimulatedOrganization) -> None:
        self._simulator = simulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        from anyio.lowlevel import checkpoint

        body = await request.aread()
        # Like a real request, this one lets other tasks run and can be cancelled.
        await checkpoint()
        response = _answer(self._simulator, request, body)
        if response.arrival is None:
            return _response(response, _ChunkedBody(response.body))
        clock = self._simulator.clock
        for seconds in _until_body(response.arrival, request):
            await clock.asleep(seconds)
        return _response(response, _SlowBody(response, response.arrival, request, clock))


def _until_body(arrival: Arrival, request: httpx.Request) -> Iterator[float]:
    """Yield the seconds to pass before an answer's head is there.

    Raises:
        httpx.ReadTimeout: one pause is longer than the request may wait for bytes.
    """
    for seconds in arrival.before_body():
        yield from _pause(seconds, request)


def _pause(seconds: float, request: httpx.Request) -> Iterator[float]:
    longest = request.extensions.get("timeout", {}).get("read")
    if longest is not None and seconds > longest:
        yield longest
        raise httpx.ReadTimeout(f"the simulator sent nothing for {longest} seconds", request=request)
    yield seconds


def _answer(simulator: SimulatedOrganization, request: httpx.Request, body: bytes) -> SimResponse:
    sim_request = SimRequest.of(
        request.method,
        request.url.raw_path.decode("ascii"),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
        body=body,
    )
    target = origin(request.url)
    at_artifacts = target == _origin(simulator.artifacts_url)
    if not at_artifacts and target != _origin(simulator.base_url):
        raise httpx.ConnectError(
            f"the simulator is at {simulator.base_url}, its artifacts at {simulator.artifacts_url}, "
            f"and there is nothing at {request.url.scheme}://{request.url.host}",
            request=request,
        )
    try:
        return simulator.handle_artifact(sim_request) if at_artifacts else simulator.handle(sim_request)
    except ConnectionDropped as dropped:
        kind = httpx.ReadError if dropped.acted else httpx.ConnectError
        raise kind(str(dropped), request=request) from dropped


@lru_cache(maxsize=64)
def _origin(url: str) -> object:
    return origin(httpx.URL(url))


def _response(response: SimResponse, body: _ChunkedBody | _SlowBody) -> httpx.Response:
    headers = [(name.encode("ascii"), value.encode("utf-8")) for name, value in response.headers]
    return httpx.Response(response.status, headers=headers, stream=body)


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


class _SlowBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Body that arrives with pauses, by the simulator's clock, or ends too early."""

    def __init__(self, response: SimResponse, arrival: Arrival, request: httpx.Request, clock: EpochClock) -> None:
        self._response = response
        self._arrival = arrival
        self._request = request
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        for each in self._steps():
            if isinstance(each, bytes):
                yield each
            else:
                self._clock.sleep(each)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for each in self._steps():
            if isinstance(each, bytes):
                yield each
            else:
                await self._clock.asleep(each)

    def _steps(self) -> Iterator[float | bytes]:
        """Yield the pieces, and the seconds to pass before them."""
        body = self._response.body
        for seconds, piece in self._arrival.of_body(body):
            if seconds:
                yield from _pause(seconds, self._request)
            yield piece
        if self._arrival.cuts(body):
            raise httpx.RemoteProtocolError(
                f"the simulator closed the connection after {self._arrival.length} of {len(body)} bytes of the body",
                request=self._request,
            )
