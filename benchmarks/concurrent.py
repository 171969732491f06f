"""A request with budget, breaker, cache and events on, beside bare httpx: one at a time, 10 and 100 at the same time.

Over loopback sockets a request costs what it does in a program, and the goal holds there. Over a mock transport nothing is sent,
so that these rows tell what the parts of the client cost; they have no goal. The build is running, so that each call is a request
although a cache is asked first.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from buildkite_ext import AsyncBuildkiteClient, Cache, MemoryStore
from buildkite_ext.telemetry import OpenTelemetry

from .rows import Row, Taken, at_most, compared, rounds_of
from .server import PATH, running

TITLE = "A request with budget, breaker, cache and events on"

_REQUESTS = 200
_MOCKED = "https://api.buildkite.com"
_BUILD = {
    "id": "b1",
    "number": 7,
    "state": "running",
    "url": "https://api.buildkite.test/",
    "created_at": "2026-01-05T10:00:00Z",
    "jobs": [],
}
_LIMITS = {
    f"RateLimit-{kind}{name}": value
    for kind in ("", "User-")
    for name, value in (("Limit", "1000000"), ("Remaining", "1000000"), ("Reset", "60"))
}


def measure() -> list[Row]:
    """Measure requests of an async client at three degrees of concurrency, with telemetry off and on."""
    logging.getLogger("buildkite_ext").setLevel(logging.WARNING)
    telemetry = OpenTelemetry(
        tracer_provider=TracerProvider(shutdown_on_exit=False),
        meter_provider=MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False),
    )
    with running([_BUILD], 0) as server:
        over_sockets = [row for concurrent in (1, 10, 100) for row in _rows(concurrent, telemetry, server)]
    return [*over_sockets, *(row for concurrent in (1, 10, 100) for row in _rows(concurrent, telemetry, None))]


def _rows(concurrent: int, telemetry: OpenTelemetry, server: str | None) -> list[Row]:
    """Measure requests to a server, or over a mock transport if there is none."""
    with asyncio.Runner() as runner:
        bare = httpx.AsyncClient(transport=_transport(server))
        off, on = _client(server), _client(server, telemetry=telemetry)
        url = f"{_MOCKED if server is None else server}{PATH}/7"
        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "httpx": lambda: _bare(bare, url),
            "telemetry off": lambda: off.builds.get("web", 7),
            "telemetry on": lambda: on.builds.get("web", 7),
        }

        def run(way: Callable[[], Awaitable[object]]) -> Callable[[], object]:
            return lambda: runner.run(_many(way, concurrent))

        taken = rounds_of({name: run(way) for name, way in ways.items()}, 7, often=1)
        for client in (off, on):
            runner.run(client.aclose())
        runner.run(bare.aclose())
    each = {name: [Taken(one.cpu / _REQUESTS, one.wall / _REQUESTS) for one in runs] for name, runs in taken.items()}
    work = f"builds.get over {'a mock' if server is None else 'loopback sockets'}, {concurrent} at the same time"
    return [
        compared(
            f"{work}, telemetry off", each, "telemetry off", "httpx", goal=None if server is None else at_most(1.25)
        ),
        compared(f"{work}, telemetry on", each, "telemetry on", "httpx"),
    ]


async def _many(way: Callable[[], Awaitable[object]], concurrent: int) -> None:
    async def some() -> None:
        for _ in range(_REQUESTS // concurrent):
            await way()

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrent):
            group.create_task(some())


async def _bare(client: httpx.AsyncClient, url: str) -> object:
    answer = await client.get(url, headers={"Authorization": "Bearer bkua_benchmark"})
    return json.loads(answer.content)


def _client(server: str | None, **options: Any) -> AsyncBuildkiteClient:
    return AsyncBuildkiteClient(
        "acme",
        token="bkua_benchmark",
        base_url=_MOCKED if server is None else server,
        transport=_transport(server),
        store=MemoryStore(),
        cache=Cache(),
        on_event=lambda _: None,
        **options,
    )


def _transport(server: str | None) -> httpx.MockTransport | None:
    return (
        None if server is not None else httpx.MockTransport(lambda _: httpx.Response(200, json=_BUILD, headers=_LIMITS))
    )
