"""Load for a watcher in virtual time: builds of many pipelines that end at a steady rate, and waits for some of them."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass, field
from typing import Any

import httpx
import trio

from buildkite_ext.simulation import ListBehaviour, Simulator, Timing

from ..transport.virtual_time import TrioClock

__all__ = ["Load", "Measured"]


class _Sent(httpx.AsyncBaseTransport):
    """Transport that takes a round trip, and keeps when each request was sent."""

    def __init__(self, inner: httpx.AsyncBaseTransport, round_trip: float, late: float) -> None:
        self._inner = inner
        self._round_trip = round_trip
        self._late = late
        self._random = random.Random(3)
        self.lists: list[float] = []
        self.reads: list[float] = []
        self.statuses: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        (self.lists if request.url.path.endswith("/builds") else self.reads).append(trio.current_time())
        await trio.sleep(self._round_trip / 2)
        response = await self._inner.handle_async_request(request)
        self.statuses.append(response.status_code)
        await trio.sleep(self._round_trip / 2 + self._late * self._random.random())
        return response


@dataclass
class Measured:
    """What was measured.

    Attributes:
        delays: seconds between the moment at which the lists show an end, and the end of the wait for it.
        missed: builds whose end was shown for 30 seconds, and whose wait has not ended.
        lists, reads: number of requests for lists, and for single builds.
        most_lists: the largest number of requests for lists in a minute.
        statuses: the statuses of the answers.
    """

    delays: list[float] = field(default_factory=list[float])
    missed: list[str] = field(default_factory=list[str])
    lists: int = 0
    reads: int = 0
    most_lists: int = 0
    statuses: set[int] = field(default_factory=set[int])
    requests: float = 0.0

    @property
    def median(self) -> float:
        """Median of the delays."""
        return statistics.median(self.delays)

    @property
    def worst(self) -> float:
        """Longest delay."""
        return max(self.delays)

    def __str__(self) -> str:
        return (
            f"{len(self.delays)} ends: median {self.median:.1f} s, worst {self.worst:.1f} s, {len(self.missed)} missed; "
            f"{self.lists} lists, at most {self.most_lists} a minute, {self.reads} reads, {self.requests:.1f} a minute, "
            f"statuses {sorted(self.statuses)}"
        )


@dataclass(frozen=True)
class Load:
    """Load that stays as it is: as many builds are created as end.

    Args:
        waits: number of waits at any time.
        pipelines: number of pipelines.
        ours: builds a minute that end and are waited for.
        others: builds a minute that end and that nobody waits for.
        minutes: minutes that are measured, from the third minute on, when the search for all builds is over.
        lists: how the lists show the builds.
        round_trip: seconds that each request takes.
        late: maximum of further seconds until an answer arrives.
        failing: one of so many pipelines fails.
        branch: the branch of the builds that are waited for; those of others have another one.
        simulator: further options of the simulator.
    """

    waits: int = 1000
    pipelines: int = 50
    ours: float = 100
    others: float = 200
    minutes: float = 10
    lists: ListBehaviour = field(default_factory=ListBehaviour)
    round_trip: float = 0.3
    late: float = 0.0
    failing: int = 10
    branch: str = "main"
    simulator: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> Measured:
        """Run the load in virtual time, and return what was measured."""
        rnd = random.Random(7)
        simulator = Simulator(
            clock=TrioClock(),
            lists=self.lists,
            timing=Timing(pickup=0),
            rate_limit=200,
            user_rate_limit=50,
            **self.simulator,
        )
        lasts = self.waits / self.ours * 60
        pipelines = {
            f"p{number}": simulator.pipeline(f"p{number}").job(
                "test", after=lasts * rnd.uniform(0.8, 1.2), exit_status=int(number % self.failing == 0)
            )
            for number in range(self.pipelines)
        }
        transport = _Sent(simulator.async_transport(), self.round_trip, self.late)
        watcher = simulator.async_client(transport=transport).builds.watcher()
        measured = Measured()
        waited: dict[tuple[str, int], bool] = {}
        started = False
        begun = trio.current_time() + lasts * 1.3 + 120

        async def wait(slug: str, number: int) -> None:
            await watcher.wait(slug, number)
            waited[slug, number] = True
            delay = simulator.clock.time() - self.lists.visible_at(pipelines[slug].builds[number - 1])
            if trio.current_time() >= begun:
                measured.delays.append(delay)

        async def create(rate: float, branch: str, *, ours: bool) -> None:
            while True:
                await trio.sleep(rnd.expovariate(rate / 60))
                slug = rnd.choice(list(pipelines))
                build = pipelines[slug].build(branch=branch)
                if ours:
                    waited[slug, build.number] = False
                    if started:
                        tasks.start_soon(wait, slug, build.number)

        async with trio.open_nursery() as tasks:
            tasks.start_soon(lambda: create(self.ours, self.branch, ours=True))
            if self.others:
                tasks.start_soon(lambda: create(self.others, "main", ours=False))
            await trio.sleep(lasts * 1.3)
            started = True
            for slug, number in tuple(waited):
                if pipelines[slug].builds[number - 1].done:
                    del waited[slug, number]
                else:
                    tasks.start_soon(wait, slug, number)
            await trio.sleep(120 + self.minutes * 60)
            now = simulator.clock.time()
            for slug, number in (key for key, seen in waited.items() if not seen):
                build = pipelines[slug].builds[number - 1]
                if build.done and self.lists.visible_at(build) < now - 30:
                    measured.missed.append(f"{slug} #{number} {now - self.lists.visible_at(build):.1f}")
            tasks.cancel_scope.cancel()
        lists = [time for time in transport.lists if time >= begun]
        measured.lists, measured.reads = len(lists), sum(time >= begun for time in transport.reads)
        measured.requests = (measured.lists + measured.reads) / self.minutes
        measured.most_lists = max(sum(time <= each < time + 60 for each in lists) for time in lists)
        measured.statuses = set(transport.statuses)
        return measured
