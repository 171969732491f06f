"""Virtual clock that several threads and tasks sleep by: the timeouts of each count its own time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import anyio
import pytest
import trio

from buildkite_ext import DeadlineExceeded, VirtualClock
from buildkite_ext.simulation import Fault, Simulator


@pytest.fixture
def simulator() -> Simulator:
    simulator = Simulator(clock=VirtualClock())
    simulator.pipeline("web").job("test", after=1000)
    return simulator


def in_a_thread(function: Callable[[float], object], seconds: float) -> None:
    thread = Thread(target=function, args=(seconds,))
    thread.start()
    thread.join()


def meanwhile(simulator: Simulator, what: str) -> None:
    """Let 600 seconds pass while a call runs."""
    clock = simulator.clock
    assert isinstance(clock, VirtualClock)
    if what == "another thread sleeps":
        in_a_thread(clock.sleep, 600)
    elif what == "another thread advances":
        in_a_thread(clock.advance, 600)
    else:
        clock.sleep(600)


@pytest.mark.parametrize("what", ["another thread sleeps", "another thread advances", "it sleeps"])
def test_a_call_counts_what_it_sleeps_itself_and_what_is_let_pass(simulator: Simulator, what: str) -> None:
    def token() -> str:
        meanwhile(simulator, what)
        return simulator.token

    with simulator.client(token=token) as buildkite:
        if what == "another thread sleeps":
            assert buildkite.pipelines.get("web").slug == "web"
            return
        with pytest.raises(DeadlineExceeded, match="took longer than the 120 s allowed"):
            buildkite.pipelines.get("web")


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
@pytest.mark.parametrize("own", [False, True], ids=["another task sleeps", "it sleeps"])
def test_an_async_call_counts_what_its_tasks_sleep(
    simulator: Simulator, run: Callable[[Callable[[], Awaitable[None]]], None], own: bool
) -> None:
    async def token() -> str:
        if own:
            await simulator.clock.asleep(600)
        else:
            slept.set()
            await woken.wait()
        return simulator.token

    async def other() -> None:
        await slept.wait()
        await simulator.clock.asleep(600)
        woken.set()

    async def main() -> None:
        async with simulator.async_client(token=token) as buildkite, anyio.create_task_group() as group:
            group.start_soon(other)
            if own:
                with pytest.raises(DeadlineExceeded):
                    await buildkite.pipelines.get("web")
                slept.set()
            else:
                assert (await buildkite.pipelines.get("web")).slug == "web"

    slept, woken = anyio.Event(), anyio.Event()  # of anyio, which takes them for any loop until one waits
    run(main) if run is trio.run else asyncio.run(main())


def test_a_slow_answer_counts_in_async_code_too(simulator: Simulator) -> None:
    simulator.faults.add(Fault("latency", seconds=600))

    async def main() -> None:
        async with simulator.async_client() as buildkite:
            with pytest.raises(DeadlineExceeded):
                await buildkite.pipelines.get("web")

    asyncio.run(main())


@pytest.mark.parametrize("what", ["another thread sleeps", "another thread advances"])
def test_a_wait_counts_what_it_sleeps_itself_and_what_is_let_pass(simulator: Simulator, what: str) -> None:
    build = simulator.pipeline("web").build()
    passing: Iterator[None] = iter([None])

    def token() -> str:
        for _ in passing:
            meanwhile(simulator, what)
        return simulator.token

    with simulator.client(token=token, timeout=None) as buildkite:
        if what == "another thread sleeps":
            assert buildkite.builds.wait("web", build.number, timeout=900).outcome == "passed"
            return
        with pytest.raises(DeadlineExceeded, match="still running after 900 s"):
            buildkite.builds.wait("web", build.number, timeout=900)


def test_threads_and_tasks_that_wait_at_the_same_time(simulator: Simulator) -> None:
    def blocking(count: int) -> set[str | None]:
        with simulator.client() as buildkite:
            return {buildkite.builds.wait("web", buildkite.builds.create("web").number).outcome for _ in range(count)}

    async def tasks(count: int) -> set[str | None]:
        async with simulator.async_client() as buildkite:

            async def one() -> str | None:
                build = await buildkite.builds.create("web")
                return (await buildkite.builds.wait("web", build.number)).outcome

            return set(await asyncio.gather(*(one() for _ in range(count))))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.05)  # a thread that has no turn for so long misses hours of virtual time
    try:
        with ThreadPoolExecutor(4) as pool:
            found = [pool.submit(blocking, 5) for _ in range(3)]
            found.append(pool.submit(lambda: asyncio.run(tasks(10))))
            assert [each.result() for each in found] == [{"passed"}] * 4
    finally:
        sys.setswitchinterval(interval)
