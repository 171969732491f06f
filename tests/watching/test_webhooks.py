"""Waits that webhooks wake: in this process, in another one by the store, and without any that arrives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buildkite_ext import MemoryStore, RedisStore, VirtualClock
from buildkite_ext.simulation import BuildChanged, Simulator
from buildkite_ext.stores.base import Store
from buildkite_ext.webhooks.testing import sample
from tests.webhooks.redis.server import RedisServer, a_server

NUMBER = 8
BUILDS = [f"acme/p{index}/1" for index in range(NUMBER)]


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    yield from a_server()


def delays(simulator: Simulator, receiving: Store, waiting: Store, *, lost: bool = False) -> tuple[list[float], int]:
    """Wait for builds while the webhooks of their changes arrive at a client with the one store.

    Returns:
        The seconds after which a client with the other store has seen their ends, and the number of its requests.
    """
    ends: dict[str, float] = {}
    receiver = simulator.client(store=receiving)
    pipelines = [simulator.pipeline(f"p{index}").job("test", after=100.0 + 90 * index) for index in range(NUMBER)]
    for pipeline in pipelines:
        pipeline.build()

    def deliver(change: object) -> None:
        if isinstance(change, BuildChanged) and change.after == "passed":
            slug = change.build.pipeline.slug
            ends[slug] = simulator.clock.time()
            url = f"{simulator.base_url}/v2/organizations/acme/pipelines/{slug}/builds/1"
            if not lost:
                receiver.builds.handle(sample("build.finished", {"build.url": url, "build.state": "passed"}))

    simulator.on_change(deliver)
    found: list[float] = []
    with simulator.client(store=waiting) as buildkite:
        watcher = buildkite.builds.watcher(webhooks=True)
        for result in watcher.as_finished(BUILDS):
            slug = (result.build.url or "").split("/")[-3]
            found.append(simulator.clock.time() - ends[slug])
        return found, watcher.requests


def test_a_webhook_in_this_process_wakes_its_wait() -> None:
    store = MemoryStore()
    found, requests = delays(simulated(), store, store)
    assert len(found) == NUMBER
    assert max(found) <= 3
    assert requests <= 90  # a look each 30 s, and a read for each build


def test_a_webhook_that_is_lost_costs_time_and_not_the_result() -> None:
    store = MemoryStore()
    found, _ = delays(simulated(), store, store, lost=True)
    assert len(found) == NUMBER
    assert max(found) <= 61


def test_a_webhook_in_another_process_wakes_a_wait_by_redis(server: RedisServer) -> None:
    url = server.url
    found, _ = delays(simulated(), RedisStore(url, timeout=20), RedisStore(url, timeout=20))
    assert len(found) == NUMBER
    assert max(found) <= 4


def test_without_redis_a_wait_polls_slowly() -> None:
    gone = "redis://127.0.0.1:1/0"
    found, _ = delays(simulated(), RedisStore(gone, timeout=0.2), RedisStore(gone, timeout=0.2))
    assert len(found) == NUMBER
    assert max(found) <= 61


@pytest.mark.parametrize("event", ["job.finished", "agent.connected", "ping"])
def test_other_events_wake_nothing(event: str) -> None:
    heard: list[str] = []
    store = MemoryStore()
    store.listen(heard.append)
    with Simulator().client(store=store) as buildkite:
        buildkite.builds.handle(sample(event))
    assert heard == []


@pytest.mark.parametrize("event", ["build.finished", "build.skipped", "build.running"])
def test_events_of_builds_name_their_build(event: str) -> None:
    heard: list[str] = []
    store = MemoryStore()
    stop = store.listen(heard.append)
    with Simulator().client(store=store) as buildkite:
        buildkite.builds.handle(sample(event))
        stop()
        buildkite.builds.handle(sample(event))
    assert heard == ["acme/web/1"]


def simulated() -> Simulator:
    """Return a simulator whose changes are delivered at each sleep, as a server's are."""

    class Clock(VirtualClock):
        simulator: Simulator

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            self.simulator.pipeline("p0")  # brings it to the time

    clock = Clock()
    clock.simulator = Simulator(clock=clock)
    return clock.simulator


@pytest.mark.parametrize("lost", [False, True])
def test_a_webhook_wakes_the_wait_for_one_build_and_a_lost_one_costs_time(lost: bool) -> None:
    simulator = simulated()
    store = MemoryStore()
    receiver = simulator.client(store=store)
    simulator.pipeline("p0").job("test", after=1000).build()
    ends: list[float] = []

    def deliver(change: object) -> None:
        if isinstance(change, BuildChanged) and change.after == "passed":
            ends.append(simulator.clock.time())
            url = f"{simulator.base_url}/v2/organizations/acme/pipelines/p0/builds/1"
            if not lost:
                receiver.builds.handle(sample("build.finished", {"build.url": url}))

    simulator.on_change(deliver)
    with simulator.client(store=store) as buildkite:
        result = buildkite.builds.wait("p0", 1, webhooks=True)
    assert result.passed
    assert simulator.clock.time() - ends[0] <= (61 if lost else 2)
    assert result.requests <= 20
