"""Time limits that share one timer of the event loop."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio

from buildkite_ext.webhooks import HandlerFailed, WebhookHandler
from buildkite_ext.webhooks.runtime.time_limits import TimeLimit

from .conftest import post
from .posting import NOW, SECRET, build_body

LONG = 60.0


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time is set by the test, and that counts its timers."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.timers = 0

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        self.timers += 1
        return super().call_at(when, callback, *args, context=context)

    async def advance(self, seconds: float) -> None:
        """Let tasks that were made begin, and then let time pass."""
        await asyncio.sleep(0)
        self.now += seconds
        for _ in range(5):
            await asyncio.sleep(0)


def run(scenario: Any) -> Loop:
    """Run a scenario in a loop of its own."""
    loop = Loop()
    try:
        loop.run_until_complete(scenario(loop))
    finally:
        loop.close()
    return loop


async def wait(limit: TimeLimit, event: asyncio.Event) -> str:
    with limit.move_on():
        await event.wait()
        return "in time"
    return "too late"


async def wait_in_scope(limit: TimeLimit, event: asyncio.Event) -> str:
    with limit.scope() as scope:
        await event.wait()
        return "in time"
    assert scope.cancelled_caught
    return "too late"


@pytest.mark.parametrize("waiting", [wait, wait_in_scope])
def test_each_wait_has_its_whole_time_and_all_have_one_timer(waiting: Any) -> None:
    async def scenario(loop: Loop) -> None:
        limit, event = TimeLimit(10), asyncio.Event()
        tasks = []
        for _ in range(4):  # at 0, 3, 6 and 9
            tasks.append(asyncio.create_task(waiting(limit, event)))
            await loop.advance(3)
        assert [task.done() for task in tasks] == [True, False, False, False]
        await loop.advance(2)
        assert [task.done() for task in tasks] == [True, True, False, False]
        event.set()
        assert await asyncio.gather(*tasks) == ["too late", "too late", "in time", "in time"]
        await loop.advance(LONG)
        for _ in range(100):
            assert await waiting(limit, event) == "in time"

    assert run(scenario).timers == 4  # one at a time: for 0, 3, 6, and after a pause


def test_a_task_that_someone_else_cancels_too_stays_cancelled() -> None:
    async def scenario(loop: Loop) -> None:
        task = asyncio.create_task(wait(TimeLimit(10), asyncio.Event()))
        await asyncio.sleep(0)
        task.cancel()
        loop.now += 10
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scenario)


def test_a_task_whose_wait_was_too_late_is_not_cancelled_afterwards() -> None:
    async def scenario(loop: Loop) -> None:
        async def twice() -> list[str]:
            results = [await wait(limit, asyncio.Event())]
            await asyncio.sleep(0)
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0
            return [*results, await wait(limit, asyncio.Event())]

        limit = TimeLimit(10)
        task = asyncio.create_task(twice())
        await loop.advance(0)
        await loop.advance(10)
        assert not task.done()
        await loop.advance(10)
        assert await task == ["too late", "too late"]

    run(scenario)


def test_an_error_of_the_wait_is_raised() -> None:
    async def scenario(loop: Loop) -> None:
        with pytest.raises(ValueError, match="of my own"), TimeLimit(10).move_on():
            raise ValueError("of my own")

    run(scenario)


def test_event_loops_in_several_threads_use_one_limit() -> None:
    limit = TimeLimit(0.01)
    results: list[str] = []

    def several() -> None:
        async def scenario() -> None:
            for _ in range(3):
                results.append(await wait(limit, asyncio.Event()))
                results.append(await wait_in_scope(limit, asyncio.Event()))

        asyncio.run(scenario())

    threads = [threading.Thread(target=several) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["too late"] * 18


@pytest.mark.parametrize("waiting", [wait, wait_in_scope])
def test_event_loops_that_take_turns_have_one_timer_each(waiting: Any) -> None:
    limit = TimeLimit(LONG)
    loops = [Loop(), Loop()]
    event = asyncio.Event()
    event.set()
    for _ in range(20):
        for loop in loops:
            assert loop.run_until_complete(waiting(limit, event)) == "in time"
    assert [loop.timers for loop in loops] == [1, 1]
    for loop in loops:
        loop.close()


def test_an_event_loop_that_has_ended_is_not_kept() -> None:
    """A server that runs each request in an event loop of its own would keep them all."""
    limit = TimeLimit(LONG)

    async def left() -> asyncio.Task[str]:
        task = asyncio.create_task(wait(limit, asyncio.Event()))
        await asyncio.sleep(0)
        return task

    async def ended() -> None:
        with limit.move_on():
            await asyncio.sleep(0)

    loop = Loop()
    references = [weakref.ref(loop)]
    task = loop.run_until_complete(left())
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    del task
    for _ in range(3):
        loop = Loop()
        references.append(weakref.ref(loop))
        loop.run_until_complete(ended())
        loop.close()
    del loop
    gc.collect()
    assert [reference() for reference in references] == [None] * 4


async def both_are_too_late() -> bool:
    limit = TimeLimit(0.001)
    with limit.move_on():
        await anyio.sleep(LONG)
    with limit.scope() as scope:
        await anyio.sleep(LONG)
    return scope.cancelled_caught


def test_on_trio() -> None:
    assert anyio.run(both_are_too_late, backend="trio")


def test_on_trio_as_a_guest_of_an_event_loop() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        trio.lowlevel.start_guest_run(
            both_are_too_late, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=ended.set_result
        )
        assert (await ended).unwrap()

    asyncio.run(scenario())


def test_what_a_handler_shields_is_ended_after_its_time_is_over() -> None:
    reports: list[Any] = []
    hooks = WebhookHandler(
        secret=SECRET, respond_after="handled", handler_timeout=0.01, now=lambda: NOW, on_delivery_event=reports.append
    )
    ended: list[str] = []

    @hooks.on("*")
    async def slow(event: Any) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.02)
            ended.append("shielded")
        await anyio.sleep(LONG)
        ended.append("never")

    assert asyncio.run(post(hooks, build_body())).status == 500
    assert ended == ["shielded"]
    (failed,) = [each for each in reports if isinstance(each, HandlerFailed)]
    assert str(failed.error).endswith("took longer than 0.01 s")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_handler_sees_its_deadline(backend: str) -> None:
    """Libraries that use anyio, such as httpx, may ask for it."""
    left: list[float] = []
    hooks = WebhookHandler(secret=SECRET, respond_after="handled", handler_timeout=LONG, now=lambda: NOW)

    @hooks.on("*")
    async def look(event: Any) -> None:
        left.append(anyio.current_effective_deadline() - anyio.current_time())
        with anyio.move_on_after(1):
            await anyio.lowlevel.checkpoint()
            left.append(anyio.current_effective_deadline() - anyio.current_time())

    assert anyio.run(post, hooks, build_body(), backend=backend).status == 200
    assert LONG / 2 < left[0] <= LONG
    assert left[1] <= 1
