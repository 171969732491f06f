"""Listing 2,000 builds over 20 pages at 100 ms latency: ours, pybuildkite, and httpx by hand.

python -m benchmarks.listing
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import httpx
from pybuildkite.buildkite import Buildkite

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

from .bodies import page_of_builds
from .server import PATH, running
from .table import Row

BUILDS, PER_PAGE, JOBS, LATENCY = 2000, 100, 3, 0.1


def measure(rounds: int = 3) -> list[Row]:
    """The best of some rounds of each way, in seconds, beside one another in one run."""
    with running(_pages(), LATENCY) as base:
        ways: dict[str, Callable[[str], int]] = {
            "httpx by hand, a page at a time": _bare,
            "pybuildkite, a page at a time": _pybuildkite,
            "BuildkiteClient, a page at a time": lambda base: _ours(base, 1),
            "httpx by hand, 8 pages at once": lambda base: asyncio.run(_bare_at_once(base)),
            "BuildkiteClient, 8 pages at once": lambda base: _ours(base, 8),
            "AsyncBuildkiteClient, 8 pages at once": lambda base: asyncio.run(_ours_async(base, 8)),
        }
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(rounds):
            for name, way in ways.items():
                begun = time.perf_counter()
                count = way(base)
                best[name] = min(best[name], time.perf_counter() - begun)
                assert count == BUILDS, (name, count)
    one, many = best["httpx by hand, a page at a time"], best["httpx by hand, 8 pages at once"]
    return [Row(name, taken, many if "at once" in name else one) for name, taken in best.items()]


def _pages() -> list[bytes]:
    builds = json.loads(page_of_builds(BUILDS, JOBS))
    return [json.dumps(builds[at : at + PER_PAGE]).encode() for at in range(0, BUILDS, PER_PAGE)]


def _ours(base: str, concurrency: int) -> int:
    with BuildkiteClient("acme", token="bench", base_url=base) as buildkite:
        return sum(1 for _ in buildkite.builds.list("web", concurrency=concurrency))


async def _ours_async(base: str, concurrency: int) -> int:
    async with AsyncBuildkiteClient("acme", token="bench", base_url=base) as buildkite:
        return len([build async for build in buildkite.builds.list("web", concurrency=concurrency)])


def _bare(base: str) -> int:
    count, url = 0, f"{base}{PATH}?per_page=100"
    with httpx.Client(headers={"Authorization": "Bearer bench"}) as client:
        while url:
            response = client.get(url)
            response.raise_for_status()
            count += len(response.json())
            url = response.links.get("next", {}).get("url", "")
    return count


async def _bare_at_once(base: str) -> int:
    async with httpx.AsyncClient(headers={"Authorization": "Bearer bench"}) as client:
        first = await client.get(f"{base}{PATH}", params={"per_page": 100})
        last = int(httpx.URL(first.links["last"]["url"]).params["page"])
        gate = asyncio.Semaphore(8)

        async def page(number: int) -> int:
            async with gate:
                response = await client.get(f"{base}{PATH}", params={"per_page": 100, "page": number})
                return len(response.json())

        return len(first.json()) + sum(await asyncio.gather(*map(page, range(2, last + 1))))


def _pybuildkite(base: str) -> int:
    buildkite = Buildkite()
    buildkite.base_url = f"{base}/v2/"
    buildkite.set_access_token("bench")
    count, number = 0, 1
    while number:
        answer = buildkite.builds().list_all_for_pipeline("acme", "web", page=number, with_pagination=True)
        count += len(answer.body)
        number = answer.next_page or 0
    return count


if __name__ == "__main__":
    for row in measure():
        print(row)
