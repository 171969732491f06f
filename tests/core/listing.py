"""A list of builds, newest first, that may grow while it is read, and ends where Buildkite lists no deeper."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio.lowlevel
import httpx

from .fakes import answer, build

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
TOO_DEEP = "Listing builds this deep is not supported. Narrow your search by branch or created_from."


class Listing:
    """Serves pages of builds.

    Args:
        count: how many builds there are at the beginning.
        apart: seconds between two of them.
        size: the most builds that a page has.
        last: whether answers name the last page.
        growth: how many builds are created before each request; none after the end of it.
        depth: how many builds deep it lists.
        seconds_only: whether `created_to` is compared to the second, or exactly.
        skew: seconds by which the clock of the `Date` header differs; None for no such header.
        later: seconds between the last build and the first request.
    """

    def __init__(
        self,
        count: int,
        *,
        apart: float = 10.0,
        size: int = 100,
        last: bool = True,
        growth: Iterable[int] = (),
        depth: int | None = None,
        seconds_only: bool = False,
        skew: float | None = None,
        later: float = 0.0,
    ) -> None:
        self.now = START + timedelta(seconds=later)
        self.skew = skew
        self.builds = [
            (number, START - timedelta(seconds=apart * (count - number + 1))) for number in range(1, count + 1)
        ]
        self.size = size
        self.last = last
        self.growth = iter(growth)
        self.depth = depth
        self.seconds_only = seconds_only
        self.expected: list[int] | None = None
        self.requests: list[httpx.Request] = []
        self.pages: list[int] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.now += timedelta(milliseconds=50)
            if self.expected is not None:  # grows after it was read first
                for _ in range(next(self.growth, 0)):
                    self.now += timedelta(milliseconds=1)
                    self.builds.append((self.builds[-1][0] + 1 if self.builds else 1, self.now))
            found = sorted(self._found(request.url.params), reverse=True)
            if self.expected is None:
                self.expected = [number for number, _ in found]
            return self._page(request, found)

    def _found(self, params: httpx.QueryParams) -> list[tuple[int, datetime]]:
        if "created_to" not in params:
            return self.builds
        bound = datetime.fromisoformat(params["created_to"])
        if self.seconds_only:
            bound = bound.replace(microsecond=0)
        return [(number, moment) for number, moment in self.builds if moment < bound]

    def _page(self, request: httpx.Request, found: list[tuple[int, datetime]]) -> httpx.Response:
        params = request.url.params
        size = min(self.size, int(params.get("per_page", "30")))
        page = int(params.get("page", "1"))
        self.requests.append(request)
        self.pages.append(page)
        if self.depth is not None and page * size > self.depth:
            return answer({"message": TOO_DEEP}, 400)
        pages = max(1, -(-len(found) // size))
        rels: dict[str, int] = {}
        if page < pages:
            rels["next"] = page + 1
        if 1 < page <= pages + 1:
            rels["prev"] = page - 1
        if pages > 1 and page <= pages and self.last:
            rels["last"] = pages
        shown = found[(page - 1) * size : page * size]
        body = [build(number, created_at=moment.isoformat().replace("+00:00", "Z")) for number, moment in shown]
        links = ", ".join(f'<{request.url.copy_set_param("page", to)}>; rel="{rel}"' for rel, to in rels.items())
        headers = {"Link": links} if links else {}
        if self.skew is not None:
            headers["Date"] = format_datetime(self.now + timedelta(seconds=self.skew), usegmt=True)
        return httpx.Response(200, json=body, headers=headers)


def in_some_order(
    listing: Callable[[httpx.Request], httpx.Response], delays: Iterable[int]
) -> Callable[[httpx.Request], Awaitable[httpx.Response]]:
    """Server that answers concurrent requests in another order than they were sent in."""
    steps = iter(delays)

    async def serve(request: httpx.Request) -> Any:
        for _ in range(next(steps, 0)):
            await anyio.lowlevel.checkpoint()
        return listing(request)

    return serve
