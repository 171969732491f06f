"""Tasks in virtual time: a simulator with round trips, whose clock jumps whenever all tasks sleep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import trio
import trio.testing

from buildkite_ext import AsyncBuildkiteClient
from buildkite_ext.simulation import Simulator

T = TypeVar("T")

START = 1_767_603_600.0


class TrioClock:
    """Clock of the event loop that runs."""

    def monotonic(self) -> float:
        try:
            return trio.current_time()
        except RuntimeError:  # outside of the loop
            return 0.0

    def time(self) -> float:
        return START + self.monotonic()

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)

    async def asleep(self, seconds: float) -> None:
        await trio.sleep(seconds)


class RoundTrips(httpx.AsyncBaseTransport):
    """Transport whose requests take `there` seconds and whose answers take `back`."""

    def __init__(self, inner: httpx.AsyncBaseTransport, there: float, back: float) -> None:
        self._inner = inner
        self._there = there
        self._back = back
        self.statuses: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await trio.sleep(self._there)
        response = await self._inner.handle_async_request(request)
        self.statuses.append(response.status_code)
        await trio.sleep(self._back)
        return response


def simulated(**options: Any) -> Simulator:
    """Return a simulator of the loop's time with a pipeline of one build."""
    simulator = Simulator(clock=TrioClock(), **options)
    simulator.pipeline("web").build()
    return simulator


def client(
    simulator: Simulator, *, round_trip: float = 0.15, **options: Any
) -> tuple[AsyncBuildkiteClient, RoundTrips]:
    """Return a client whose requests take a round trip, and its transport."""
    transport = RoundTrips(simulator.async_transport(), round_trip / 2, round_trip / 2)
    return simulator.async_client(transport=transport, **options), transport


def run(main: Callable[[], Awaitable[T]]) -> T:
    """Run a function in virtual time, from 1,000 s on."""
    clock = trio.testing.MockClock(autojump_threshold=0)
    clock.jump(1000)
    return trio.run(main, clock=clock)
