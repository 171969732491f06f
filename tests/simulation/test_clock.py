"""Time of the simulator."""

from __future__ import annotations

import gc
import math
import threading
import time
from weakref import ref

import anyio
import pytest

import buildkite_ext
from buildkite_ext import ConfigurationError
from buildkite_ext.simulation import Simulator, SystemClock, VirtualClock

from .helpers import build, connect, create


def test_virtual_time_passes_only_by_sleeping() -> None:
    clock = VirtualClock(1000)
    before = time.monotonic()
    clock.sleep(3600)
    assert clock.advance(0.5) == clock.time() == 4600.5
    assert time.monotonic() - before < 60
    for wrong in (clock.sleep, clock.advance):
        with pytest.raises(ValueError, match="never goes back"):
            wrong(-1)


@pytest.mark.parametrize("seconds", [math.inf, math.nan, 1e308, 1e12])
def test_virtual_time_ends_with_the_year_9999(seconds: float) -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test")
    clock = simulator.clock
    assert isinstance(clock, VirtualClock)
    with pytest.raises(ValueError, match="has to stay within the year 9999, where dates end"):
        clock.advance(seconds)
    with pytest.raises(ConfigurationError, match="not beyond the year 9999"):
        VirtualClock(seconds)
    clock.advance(253_402_300_700 - clock.time())
    assert web.build(branch="main").state == "scheduled"
    clock.advance(60)
    with simulator.client() as buildkite:
        assert [build.state for build in buildkite.builds.list(pipeline="web")] == ["passed"]


def test_virtual_time_sleeps_no_longer_than_real_time() -> None:
    clock = VirtualClock(0)
    clock.sleep(math.inf)
    assert clock.time() == 1e9


def test_virtual_time_is_safe_between_threads() -> None:
    clock = VirtualClock(0)

    def walk() -> None:
        for _ in range(1000):
            clock.sleep(1)

    threads = [threading.Thread(target=walk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.time() == 8000


@pytest.mark.anyio
async def test_virtual_time_lets_other_tasks_run() -> None:
    clock = VirtualClock(0)
    seen: list[str] = []

    async def walk(name: str) -> None:
        for _ in range(3):
            seen.append(name)
            await clock.asleep(1)

    async with anyio.create_task_group() as group:
        group.start_soon(walk, "a")
        group.start_soon(walk, "b")
    assert clock.time() == 6
    assert seen != sorted(seen)


@pytest.mark.anyio
async def test_real_time_is_the_time_of_the_machine() -> None:
    clock = SystemClock()
    before = clock.time()
    assert abs(before - time.time()) < 60
    clock.sleep(0.01)
    await clock.asleep(0.01)
    assert clock.time() - before >= 0.02


def test_builds_proceed_in_real_time() -> None:
    simulator = Simulator(clock=SystemClock())
    simulator.pipeline("web").job("test", after=0)
    with connect(simulator) as api:
        create(api)
        assert build(api)["state"] == "scheduled"
        simulator.clock.sleep(1.1)
        assert build(api)["state"] == "passed"


def test_the_number_of_requests_does_not_change_the_history() -> None:
    def history(steps: int) -> list[tuple[float, str]]:
        simulator = Simulator()
        web = simulator.pipeline("web").job("a", after=7, exit_status=[1, 0], automatic_retries=1).job("b", after=3)
        made = web.wait().job("c", after=2).build()
        for _ in range(steps):
            simulator.clock.sleep(60 / steps)
            assert web.builds
        return list(made.history)

    assert history(1) == history(600)


def test_what_a_test_holds_is_as_it_is_at_the_time_of_the_clock() -> None:
    simulator = Simulator()
    made = simulator.pipeline("web").job("test", after=60, log="3 passed\n").build()
    seen = [made.state]
    for _ in range(2):
        simulator.clock.sleep(45)
        seen.append(made.state)
    assert seen == ["scheduled", "running", "passed"]
    assert made.jobs[0].exit_status == 0


def test_a_clock_keeps_no_simulator() -> None:
    clock = VirtualClock()
    gone = ref(Simulator(clock=clock))
    gc.collect()
    assert gone() is None
    clock.sleep(1)


def test_a_listener_of_a_clock_can_be_removed() -> None:
    clock, seen = VirtualClock(0), list[float]()
    remove = clock.on_advance(lambda: seen.append(clock.time()))
    clock.sleep(5)
    remove()
    clock.sleep(5)
    assert seen == [5]


def test_a_clock_that_only_measures_dates_no_builds() -> None:
    class Stopwatch:
        def monotonic(self) -> float:
            return 12.5

        def sleep(self, seconds: float) -> None: ...

        async def asleep(self, seconds: float) -> None: ...

    with pytest.raises(TypeError, match="only measures"):
        Simulator(clock=Stopwatch())  # type: ignore[arg-type]


def test_the_clock_of_a_client_dates_a_simulator() -> None:
    simulator = Simulator(clock=buildkite_ext.SystemClock())
    simulator.pipeline("web").job("test")
    with simulator.client() as client:
        created = client.builds.create("web", commit="HEAD", branch="main").created_at
    assert created is not None
    assert created.year >= 2026


def test_a_client_measures_by_the_clock_of_its_simulator() -> None:
    class Calendar:
        def __init__(self) -> None:
            self.seconds = 1_800_000_000.0

        def time(self) -> float:
            return self.seconds

        def monotonic(self) -> float:
            return self.seconds

        def sleep(self, seconds: float) -> None:
            self.seconds += seconds

        async def asleep(self, seconds: float) -> None:
            self.sleep(seconds)

    clock = Calendar()
    simulator = Simulator(clock=clock)
    simulator.pipeline("web").job("test", after=60)
    with simulator.client() as client:
        number = client.builds.create("web", commit="HEAD", branch="main").number
        assert client.builds.wait("web", number).outcome == "passed"
    assert clock.seconds > 1_800_000_060
