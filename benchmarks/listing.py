"""Listing 2,000 builds of 30 jobs over 20 pages at 100 ms latency, beside httpx by hand that decodes.

The requests of a way are the same in each round: ours reads a page of 100 and then the slice behind it, 21 in all.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

from . import bodies
from .rows import Row, at_most, compared, rounds_of
from .server import PATH, running

TITLE = "Lists"

BUILDS, JOBS, LATENCY, AT_ONCE = 2000, 30, 0.1, 8

_ROUNDS = 7
_AUTH = {"Authorization": "Bearer bench-token"}


def measure() -> list[Row]:
    """Measure the reading of the whole list, 8 pages at once."""
    with running(_builds(), LATENCY) as base:
        ways: dict[str, Callable[[], int]] = {
            "httpx": lambda: asyncio.run(_bare(base)),
            ".all(), sync": lambda: _ours(base, _all),
            "iteration, sync": lambda: _ours(base, _iterated),
            ".all(), async": lambda: asyncio.run(_ours_async(base, _all_async)),
            "iteration, async": lambda: asyncio.run(_ours_async(base, _iterated_async)),
        }
        taken = rounds_of({name: partial(_checked, way) for name, way in ways.items()}, _ROUNDS)
    return [
        compared(f"2,000 builds × 30 jobs, {name}", taken, name, "httpx", goal=at_most(1.2, "wall"), by="wall")
        for name in ways
        if name != "httpx"
    ]


def _checked(way: Callable[[], int]) -> None:
    count = way()
    assert count == BUILDS, count


def _builds() -> list[dict[str, Any]]:
    """Return builds, newest first, each created a minute before the one above it."""
    rng, now = random.Random(BUILDS), datetime(2026, 1, 5, tzinfo=UTC)
    builds = [bodies.build(rng, number, JOBS) for number in range(BUILDS, 0, -1)]
    for age, build in enumerate(builds):
        build["created_at"] = (now - timedelta(minutes=age)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return builds


def _ours(base: str, read: Callable[[Any], int]) -> int:
    with BuildkiteClient("acme", token="bench-token", base_url=base) as buildkite:
        return read(buildkite.builds.list("web", concurrency=AT_ONCE))


def _all(items: Any) -> int:
    return len(items.all())


def _iterated(items: Any) -> int:
    return sum(1 for _ in items)


async def _ours_async(base: str, read: Callable[[Any], Any]) -> int:
    async with AsyncBuildkiteClient("acme", token="bench-token", base_url=base) as buildkite:
        count: int = await read(buildkite.builds.list("web", concurrency=AT_ONCE))
        return count


async def _all_async(items: Any) -> int:
    return len(await items.all())


async def _iterated_async(items: Any) -> int:
    count = 0
    async for _ in items:
        count += 1
    return count


async def _bare(base: str) -> int:
    """Read the first page, and then as many at once as ours, each decoded as it comes and kept."""
    async with httpx.AsyncClient(headers=_AUTH) as client:
        first = await client.get(f"{base}{PATH}", params={"per_page": 100})
        last = int(httpx.URL(first.links["last"]["url"]).params["page"])
        gate = asyncio.Semaphore(AT_ONCE)

        async def page(number: int) -> list[Any]:
            async with gate:
                response = await client.get(f"{base}{PATH}", params={"per_page": 100, "page": number})
                builds: list[Any] = json.loads(response.content)
                return builds

        pages = [json.loads(first.content), *await asyncio.gather(*map(page, range(2, last + 1)))]
        return sum(map(len, pages))


if __name__ == "__main__":
    for row in measure():
        print(row)
