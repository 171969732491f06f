"""Killed workers and cut connections: no delivery is lost, and only those that the guarantee allows are repeated.

`make endurance` sends 100,000 deliveries the first way and 20,000 in order, and prints what came of them.
"""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise

import pytest

from ...webhooks.redis.server import RedisServer
from ..webhooks.figures import LINE
from .fleet import Fleet, Line, repeats
from .receiver import LANES
from .worker import CONCURRENCY

Record = Callable[[str, object], None]
EVENTS = int(os.environ.get("BUILDKITE_EXT_REDIS_EVENTS", "100000"))
ORDERED_EVENTS = 20_000


@pytest.mark.timeout(900)
def test_no_delivery_is_lost_and_only_those_of_killed_workers_are_repeated(
    own_server: RedisServer, record_property: Record
) -> None:
    fleet = Fleet(own_server, partitions=1, ordered=False, seed=4)
    begun = time.monotonic()
    try:
        for _ in range(3):
            fleet.work()
        for part in range(2):
            fleet.receive(part * EVENTS // 2, EVENTS // 2, builds=LANES)
        fleet.run(kill_every=(0.5, 1.5), seconds=800)
        took = time.monotonic() - begun
        lines = fleet.handled()
        repeated = repeats(lines)
        record_property(
            LINE,
            f"{EVENTS} sent, {len({line.number for line in lines})} handled in {took:.1f} s ({EVENTS / took:.0f}/s in and "
            f"out), {len(fleet.killed)} workers killed, connections cut {fleet.cuts} times, {len(fleet.doubtful())} puts in "
            f"doubt, {len(repeated)} repeated: {len(repeated.keys() & fleet.doubtful())} of them in doubt",
        )
        assert fleet.accepted() == set(range(EVENTS))
        assert {line.number for line in lines} == set(range(EVENTS)), "lost"
        assert len(fleet.killed) >= 3
        blamed: Counter[int] = Counter()
        for number, found in repeated.items():
            if number in fleet.doubtful():
                continue  # appended twice, by a receiver that lost the answer: as when Buildkite sends again
            *earlier, _ = sorted(found, key=lambda line: line.at)
            for line in earlier:
                assert line.worker in fleet.killed, f"{number} was repeated without a kill: {found}"
                assert fleet.lines_of(line.worker) - line.position <= 3 * CONCURRENCY, (
                    f"{number} was long done: {found}"
                )
                blamed[line.worker] += 1
        assert all(times <= CONCURRENCY for times in blamed.values()), blamed
    finally:
        fleet.end()


@pytest.mark.timeout(900)
def test_a_builds_order_survives_kills_except_for_the_repeated_delivery(
    own_server: RedisServer, record_property: Record
) -> None:
    fleet = Fleet(own_server, partitions=8, ordered=True, seed=5)
    try:
        for _ in range(3):
            fleet.work()
        fleet.receive(0, ORDERED_EVENTS, builds=LANES)
        fleet.run(kill_every=(1.5, 3.0), seconds=800)
        lines = fleet.handled()
        repeated = repeats(lines)
        record_property(
            LINE,
            f"{ORDERED_EVENTS} sent, {len({line.number for line in lines})} handled in order, {len(fleet.killed)} workers killed, "
            f"connections cut {fleet.cuts} times, {len(repeated)} repeated",
        )
        assert {line.number for line in lines} == set(range(ORDERED_EVENTS)), "lost"
        assert len(fleet.killed) >= 3
        for build, journey in _by_build(lines).items():
            for before, after in pairwise(journey):
                assert after - before in (0, LANES), f"{build} went from {before} to {after}"
    finally:
        fleet.end()


def _by_build(lines: list[Line]) -> dict[str, list[int]]:
    """Return the numbers of each build in the order in which they were handled by all workers."""
    journeys = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.at):
        journeys[line.build].append(line.number)
    return journeys
