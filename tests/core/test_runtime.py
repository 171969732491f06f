"""Runtimes: sleeping, concurrency and interruption, in blocking and async code."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import threading
import time
from typing import Any

import anyio
import pytest

from buildkite_ext._sync import run
from buildkite_ext.clock import SystemClock
from buildkite_ext.runtime import AsyncRuntime, BlockingRuntime, Runtime

from .fakes import FakeClock

language: contextvars.ContextVar[str] = contextvars.ContextVar("language")


@pytest.fixture
def runtime(anyio_backend: str, clock: FakeClock) -> Runtime:
    return BlockingRuntime(clock) if anyio_backend == "blocking" else AsyncRuntime(clock)


async def test_a_batch_comes_back_in_order(runtime: Runtime) -> None:
    async def square(number: int) -> int:
        await runtime.sleep((7 * number) % 5)
        return number * number

    assert await runtime.map(square, range(8)) == [number * number for number in range(8)]


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_batch_without_room_for_its_threads_has_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if len(started) >= room:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    runtime = BlockingRuntime(FakeClock())
    language.set("de")

    async def work(number: int) -> tuple[str, int]:
        told = language.get()
        language.set("fr")
        await runtime.sleep(1)
        if number > 5:
            raise ValueError(number)
        return told, number

    assert run(runtime.map(work, range(6), at_once=3)) == [("de", number) for number in range(6)]
    assert len(started) == room
    with pytest.raises(ValueError, match=r"^6$"):
        run(runtime.map(work, [6, 7], at_once=2))


async def test_an_empty_batch_and_a_batch_of_one_need_no_help(runtime: Runtime) -> None:
    async def thread(_: int) -> int:
        return threading.get_ident()

    assert await runtime.map(thread, []) == []
    assert await runtime.map(thread, [1]) == [threading.get_ident()]


async def test_a_batch_inside_a_batch_comes_back_in_order(runtime: Runtime) -> None:
    async def times(pair: tuple[int, int]) -> int:
        await runtime.sleep(1)
        return pair[0] * pair[1]

    async def row(number: int) -> list[int]:
        return await runtime.map(times, [(number, other) for other in range(4)])

    assert await runtime.map(row, range(4)) == [[a * b for b in range(4)] for a in range(4)]


async def test_a_batch_runs_no_more_at_once_than_it_may(anyio_backend: str) -> None:
    runtime: Runtime = BlockingRuntime() if anyio_backend == "blocking" else AsyncRuntime()
    begun: list[int] = []
    now, most = 0, 0
    lock = threading.Lock()
    rest = threading.Event()

    async def work(number: int) -> int:
        nonlocal now, most
        with lock:
            begun.append(number)
            now += 1
            most = max(most, now)
            if number == 9:
                rest.set()
        if number == 0:  # the others don't wait for it
            while not rest.is_set():
                await runtime.sleep(0.001)
        await runtime.sleep(0.001)
        with lock:
            now -= 1
        return number

    assert await runtime.map(work, range(10), at_once=3) == list(range(10))
    assert most <= 3
    assert begun == list(range(10))


async def test_a_batch_that_has_failed_begins_nothing_more(runtime: Runtime) -> None:
    begun: list[int] = []

    async def fail(number: int) -> None:
        begun.append(number)
        raise KeyError(number)

    with pytest.raises(KeyError, match="0"):
        await runtime.map(fail, range(50), at_once=1)
    assert len(begun) <= 1


async def test_a_batch_sees_the_context_of_its_caller(runtime: Runtime) -> None:
    language.set("de")

    async def look(number: int) -> str:
        seen = language.get()
        language.set(str(number))
        return seen

    assert await runtime.map(look, range(3)) == ["de"] * 3
    assert language.get() == "de"


async def test_the_next_item_begins_when_any_ends(anyio_backend: str) -> None:
    """A slow item holds up none of the others."""
    runtime: Runtime = BlockingRuntime() if anyio_backend == "blocking" else AsyncRuntime()
    running: set[int] = set()
    most, done = 0, 0
    deadline = time.monotonic() + 60

    async def work(number: int) -> int:
        nonlocal most, done
        running.add(number)
        most = max(most, len(running))
        await runtime.sleep(0.001)
        while number == 0 and done < 19:
            assert time.monotonic() < deadline, f"only {done} of the others have ended"
            await runtime.sleep(0.001)
        running.remove(number)
        done += 1
        return -number

    assert await runtime.map(work, range(20), at_once=3) == [-number for number in range(20)]
    assert most == 3


@pytest.mark.parametrize("concurrency", [1, 2, 5, 6, 100])
async def test_any_number_at_once_gives_the_same_results_in_the_same_order(runtime: Runtime, concurrency: int) -> None:
    async def square(number: int) -> int:
        await runtime.sleep((7 * number) % 5)
        return number * number

    assert await runtime.map(square, range(6), at_once=concurrency) == [0, 1, 4, 9, 16, 25]
    assert await runtime.map(square, [], at_once=concurrency) == []


async def test_an_item_that_waited_for_its_turn_sees_the_context_of_the_caller(runtime: Runtime) -> None:
    language.set("de")

    async def look(number: int) -> str:
        seen = language.get()
        language.set(str(number))
        await runtime.sleep(1)
        return seen

    assert await runtime.map(look, range(9), at_once=2) == ["de"] * 9
    assert language.get() == "de"


async def test_no_item_begins_after_an_error(anyio_backend: str) -> None:
    runtime: Runtime = BlockingRuntime() if anyio_backend == "blocking" else AsyncRuntime()
    began: list[int] = []

    async def work(number: int) -> None:
        began.append(number)
        while len(began) < 2:
            await runtime.sleep(0.001)
        if number == 0:
            raise KeyError(number)
        await runtime.sleep(300)

    with pytest.raises(KeyError, match="0"):
        await runtime.map(work, range(50), at_once=2)
    assert sorted(began) == [0, 1]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_no_item_begins_after_a_cancellation(anyio_backend: str) -> None:
    runtime = AsyncRuntime()
    began: list[int] = []
    ended: list[int] = []

    async def work(number: int) -> None:
        began.append(number)
        if len(began) == 4:
            scope.cancel()
        try:
            await runtime.sleep(0 if number < 2 else 300)
        finally:
            ended.append(number)

    with anyio.CancelScope() as scope:
        await runtime.map(work, range(50), at_once=2)
    assert scope.cancelled_caught
    assert sorted(began) == sorted(ended) == [0, 1, 2, 3]


async def test_the_first_error_of_a_batch_is_raised_as_it_is(runtime: Runtime) -> None:
    async def fail(number: int) -> int:
        if number == 2:
            raise KeyError(number)
        return number

    with pytest.raises(KeyError, match="2"):
        await runtime.map(fail, range(4))


@pytest.mark.parametrize("number_of_them", [1, 9])
def test_a_batch_in_which_something_awaited_was_cancelled_says_so(number_of_them: int) -> None:
    """As a function for `token=` does that awaits a task which the program has cancelled."""
    runtime = AsyncRuntime(FakeClock())

    async def work(number: int) -> int:
        if number < number_of_them:
            task = asyncio.ensure_future(asyncio.sleep(300))
            task.cancel()
            await task
        return number

    with pytest.raises(RuntimeError, match="CancelledError, although nobody cancelled") as error:
        asyncio.run(asyncio.wait_for(runtime.map(work, range(9), at_once=2), 60))
    assert isinstance(error.value.__cause__, asyncio.CancelledError)


def test_a_batch_whose_task_is_cancelled_is_cancelled() -> None:
    runtime = AsyncRuntime()

    async def work(_: int) -> None:
        await runtime.sleep(300)

    async def main() -> bool:
        task = asyncio.ensure_future(runtime.map(work, range(9), at_once=2))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(main())


async def test_the_first_error_wakes_the_sleepers_of_its_batch(anyio_backend: str) -> None:
    runtime: Runtime = BlockingRuntime() if anyio_backend == "blocking" else AsyncRuntime()
    outcomes: list[str] = []

    async def nap(number: int) -> None:
        if number == 0:
            raise KeyError(number)
        try:
            await runtime.sleep(300)
            outcomes.append("slept")
        except BaseException:
            outcomes.append("woken")
            raise

    began = time.monotonic()
    with pytest.raises(KeyError):
        await runtime.map(nap, range(3))
    assert time.monotonic() - began < 60
    assert "slept" not in outcomes


async def test_the_first_error_wakes_the_sleepers_of_the_batches_inside(anyio_backend: str) -> None:
    runtime: Runtime = BlockingRuntime() if anyio_backend == "blocking" else AsyncRuntime()
    asleep = threading.Semaphore(0)

    async def nap(_: int) -> None:
        asleep.release()
        await runtime.sleep(300)

    async def outer(number: int) -> None:
        if number == 0:
            while anyio_backend != "blocking" and asleep._value < 2:
                await runtime.sleep(0.001)
            if anyio_backend == "blocking":
                asleep.acquire()
                asleep.acquire()
            raise KeyError(number)
        await runtime.map(nap, range(2))

    began = time.monotonic()
    with pytest.raises(KeyError):
        await runtime.map(outer, range(2))
    assert time.monotonic() - began < 60


def test_a_worker_that_nobody_waits_for_any_more_reads_no_further() -> None:
    """A download under way beside one that failed ends at its next chunk."""
    import httpx

    runtime = BlockingRuntime(FakeClock())
    began, failed = threading.Event(), threading.Event()

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            for count in range(10_000):
                yield b"x"
                began.set()
                if count and failed.wait(0.01):
                    time.sleep(0.001)  # else a busy machine reads to the end before the failure is noticed

    read = 0

    async def work(number: int) -> None:
        nonlocal read
        if number == 0:
            began.wait(60)
            failed.set()
            raise KeyError(number)
        async for chunk in runtime.chunks(httpx.Response(200, stream=Endless())):
            read += len(chunk)

    with pytest.raises(KeyError):
        run(runtime.map(work, range(2)))
    assert read < 5_000


@pytest.mark.parametrize("items", [3, 30])
def test_ctrl_c_ends_a_batch_at_once(items: int) -> None:
    runtime = BlockingRuntime(SystemClock())
    started = threading.Barrier(4)
    began: list[int] = []

    async def nap(number: int) -> None:
        began.append(number)
        started.wait(60)
        await runtime.sleep(300)

    def press() -> None:
        started.wait(60)
        time.sleep(0.05)
        signal.pthread_kill(main, signal.SIGINT)

    main = threading.get_ident()
    others = set(threading.enumerate())  # such as the idle threads of a webhook handler of another test
    thread = threading.Thread(target=press)
    thread.start()
    before = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(runtime.map(nap, range(items), at_once=3))
    assert time.monotonic() - before < 60
    assert sorted(began) == [0, 1, 2]
    thread.join()
    deadline = time.monotonic() + 60
    while set(threading.enumerate()) - others:
        assert time.monotonic() < deadline, "a worker sleeps on after Ctrl-C"
        time.sleep(0.01)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_cancelling_the_task_cancels_the_batch(anyio_backend: str) -> None:
    runtime = AsyncRuntime()
    cancelled = []

    async def nap(number: int) -> None:
        started.append(number)
        if len(started) == 3:
            scope.cancel()
        try:
            await runtime.sleep(300)
        except BaseException:
            cancelled.append(number)
            raise

    started: list[int] = []
    with anyio.CancelScope() as scope:
        await runtime.map(nap, range(3))
    assert sorted(cancelled) == [0, 1, 2]


async def test_what_blocks_is_run_where_it_holds_nobody_up(runtime: Runtime, anyio_backend: str) -> None:
    here = threading.get_ident()
    assert (await runtime.offload(threading.get_ident) == here) is (anyio_backend == "blocking")


async def test_the_clock_that_was_passed_is_the_one_that_is_slept_by(runtime: Runtime, clock: FakeClock) -> None:
    before = runtime.now()
    await runtime.sleep(3600)
    assert runtime.now() - before == 3600
    assert clock.sleeps == [3600]
