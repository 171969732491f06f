"""A request with budget, breaker, cache and events on, beside bare httpx: one at a time, 10 and 100 at the same time.

The answers come from a mock transport, so that the CPU time is that of the clients. The build is running, so that each call is
a request although a cache is asked first.
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

TITLE = "A request with budget, breaker, cache and events on"

_REQUESTS = 200
_BUILD = {"id": "b1", "number": 7, "state": "running", "url": "https://api.buildkite.test/", "jobs": []}
_URL = "https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/7"
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
    return [row for concurrent in (1, 10, 100) for row in _rows(concurrent, telemetry)]


def _rows(concurrent: int, telemetry: OpenTelemetry) -> list[Row]:
    with asyncio.Runner() as runner:
        bare = httpx.AsyncClient(transport=_transport())
        off, on = _client(), _client(telemetry=telemetry)
        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "httpx": lambda: _bare(bare),
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
    work = f"builds.get, {concurrent} at the same time"
    return [
        compared(f"{work}, telemetry off", each, "telemetry off", "httpx", goal=at_most(1.25)),
        compared(f"{work}, telemetry on", each, "telemetry on", "httpx"),
    ]


async def _many(way: Callable[[], Awaitable[object]], concurrent: int) -> None:
    async def some() -> None:
        for _ in range(_REQUESTS // concurrent):
            await way()

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrent):
            group.create_task(some())


async def _bare(client: httpx.AsyncClient) -> object:
    answer = await client.get(_URL, headers={"Authorization": "Bearer bkua_benchmark"})
    return json.loads(answer.content)


def _client(**options: Any) -> AsyncBuildkiteClient:
    return AsyncBuildkiteClient(
        "acme",
        token="bkua_benchmark",
        transport=_transport(),
        store=MemoryStore(),
        cache=Cache(),
        on_event=lambda _: None,
        **options,
    )


def _transport() -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(200, json=_BUILD, headers=_LIMITS))
