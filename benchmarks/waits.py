"""Waits: the requests that they take, and how late they see the ends of builds, in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .rows import Row, at_most

if TYPE_CHECKING:
    from buildkite_ext.simulation import Simulator

__all__ = ["TITLE", "measure"]

TITLE = "Waiting for builds"

BUILD = "/v2/organizations/acme/pipelines/web/builds/1"
PEER = "a loop over httpx, every 5 s"

SECONDS = tuple(1200 - early for early in range(0, 15, 2))
"""Lengths of the builds: twenty minutes, and up to 15 seconds less, so that some end just after a poll."""


def measure() -> list[Row]:
    """Return the rows of one wait for a build of twenty minutes."""
    ours, peer = [_ours(seconds) for seconds in SECONDS], [_peer(seconds) for seconds in SECONDS]
    costs = [
        max(60 * requests / seconds for (requests, _), seconds in zip(each, SECONDS, strict=True))
        for each in (ours, peer)
    ]
    late = [max(lateness for _, lateness in each) for each in (ours, peer)]
    work = "one wait, a build of 20 minutes"
    return [
        Row(f"{work}: requests a minute", costs[0], "/min", PEER, costs[1], goal=at_most(4, of="figure")),
        Row(f"{work}: its end is seen after", late[0], "s", PEER, late[1], goal=at_most(15, of="figure")),
        *(row for waits in (100, 1000) for row in _of_many(waits)),
    ]


def _of_many(waits: int) -> list[Row]:
    """Return the rows of many waits, of whose builds a tenth ends each minute, and twice as many others, and a tenth fails.

    The peer reads each build every 5 s: nothing has to be sent to count that.
    """
    from tests.transport.virtual_time import run
    from tests.watching.load import Load

    ours = waits / 10
    measured = run(Load(waits=waits, ours=ours, others=2 * ours, minutes=5).run)
    work = f"{waits:,} waits of a watcher, {ours:g} end a minute"
    reads = ours / 10  # of those that fail
    return [
        Row(
            f"{work}: lists a minute",
            measured.lists / 5,
            "/min",
            PEER,
            waits * 12,
            goal=at_most(15, of="figure"),
        ),
        Row(f"{work}: reads a minute, {reads:g} failed", measured.reads / 5, "/min"),
        Row(f"{work}: an end is seen after, median", measured.median, "s", PEER, 2.5, goal=at_most(4, of="figure")),
        Row(f"{work}: an end is seen after, at worst", measured.worst, "s", PEER, 5, goal=at_most(10, of="figure")),
    ]


def _ours(seconds: float) -> tuple[int, float]:
    """Return the requests of a wait, and the seconds after which it saw the end."""
    simulator = _simulator(seconds)
    with simulator.client() as buildkite:
        result = buildkite.builds.wait("web", 1)
    return result.requests, _late(simulator)


def _peer(seconds: float) -> tuple[int, float]:
    """Do what a script does that knows no better."""
    simulator = _simulator(seconds)
    headers = {"Authorization": f"Bearer {simulator.token}"}
    requests = 0
    with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url, headers=headers) as api:
        while True:
            requests += 1
            if api.get(BUILD).json()["state"] in ("passed", "failed", "canceled"):
                return requests, _late(simulator)
            simulator.clock.sleep(5)


def _simulator(seconds: float) -> Simulator:
    """Return an organization whose build 1 runs for some seconds."""
    from buildkite_ext.simulation import Simulator

    simulator = Simulator()
    simulator.pipeline("web").job("test", after=seconds).build()
    return simulator


def _late(simulator: Simulator) -> float:
    (build,) = simulator.pipeline("web").builds
    assert build.finished_at is not None
    return simulator.clock.time() - build.finished_at
