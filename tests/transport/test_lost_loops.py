"""Event loops that are closed, stopped or blocked while a call in them waits: callers in other loops and threads go on."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, Budget, BuildkiteClient, MemoryStore, RedisStore
from tests.core.fakes import FakeClock
from tests.webhooks.redis.server import RedisServer, a_server

PATIENCE = 30.0
"""Seconds after which a test fails."""


def build(_: httpx.Request) -> httpx.Response:
    headers = {f"RateLimit-{name}": value for name, value in (("Limit", "50"), ("Remaining", "40"), ("Reset", "60"))}
    return httpx.Response(200, headers=headers, json={"id": "b", "number": 1})


class Loop:
    """Event loop on a thread of its own, which a test may stop, close or block."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._freed = threading.Event()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def begin(self, function: Callable[[], Any]) -> asyncio.Task[Any]:
        """Begin a task."""
        begun: list[asyncio.Task[Any]] = []
        self._run(lambda: begun.append(self.loop.create_task(function())))
        return begun[0]

    def _run(self, function: Callable[[], object]) -> None:
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (function(), done.set()))
        assert done.wait(PATIENCE)

    def lose(self, how: str) -> None:
        if how == "blocked":
            self.loop.call_soon_threadsafe(self._freed.wait, PATIENCE)
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        if how == "closed":
            self.loop.close()

    def regain(self, how: str, task: asyncio.Task[Any]) -> Any:
        """Return what the task ends with when the loop runs again. A closed one never does."""
        if how == "closed":
            forget(task)
            return None
        if how == "stopped":
            self._thread = threading.Thread(target=self.loop.run_forever)
            self._thread.start()
        self._freed.set()
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(task, PATIENCE), self.loop).result(PATIENCE)

    def end(self) -> None:
        self._freed.set()
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(PATIENCE)
            self.loop.close()


def forget(task: asyncio.Task[Any]) -> None:
    """End a task whose loop is closed, as the garbage collector does."""
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    with contextlib.suppress(RuntimeError):  # anyio misses the loop
        task.get_coro().close()  # type: ignore[union-attr]


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.end()


class Opener:
    """Request that opens the window, and whose answer a test holds back, so that all others wait for it."""

    def __init__(self, store: Any) -> None:
        self._gate, self._inside = threading.Event(), threading.Event()
        self._client = BuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(self._answer))
        self._thread = threading.Thread(target=self._client.builds.get, args=("web", 1))
        self._thread.start()
        assert self._inside.wait(PATIENCE)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self._inside.set()
        assert self._gate.wait(PATIENCE)
        return build(request)

    def answer(self) -> None:
        self._gate.set()
        self._thread.join(PATIENCE)


def waiting(api: Any, number: int) -> None:
    """Wait until some requests wait for the limits."""
    ends = threading.Event()
    for _ in range(int(PATIENCE / 0.002)):
        if api.budget.waiting == number:
            return
        ends.wait(0.002)
    raise AssertionError(api.budget.waiting)


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    yield from a_server()


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return MemoryStore()
    return RedisStore(request.getfixturevalue("redis").url, prefix=request.node.name, timeout=PATIENCE)


@pytest.mark.parametrize("how", ["closed", "stopped", "blocked"])
def test_requests_of_a_lost_loop_hold_up_none_behind_them_at_the_limits(loop: Loop, how: str, store: Any) -> None:
    """The third of a line looks at it too: the second belongs to the same loop as the first."""
    opener = Opener(store)
    lost = AsyncBuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(build))
    api = BuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(build), timeout=PATIENCE)
    tasks = [loop.begin(lambda: lost.builds.get("web", 1)) for _ in range(3)]
    waiting(api, 3)
    loop.lose(how)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(api.builds.get("web", 1).number), daemon=True)
    thread.start()
    opener.answer()
    thread.join(PATIENCE)
    assert found == [1]
    for task in tasks:
        result = loop.regain(how, task) if task is tasks[0] or how != "stopped" else loop.regain("blocked", task)
        assert how == "closed" or result.number == 1
    assert api.budget.waiting == 0


def test_a_blocking_call_inside_a_loop_whose_tasks_wait_goes_on(store: Any) -> None:
    """It blocks the loop, and with it all that stand in front of it."""
    opener = Opener(store)
    lost = AsyncBuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(build))
    api = BuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(build), timeout=PATIENCE)

    async def main() -> list[int]:
        tasks = [asyncio.create_task(lost.builds.get("web", 1)) for _ in range(3)]
        await asyncio.to_thread(waiting, api, 3)
        answers = threading.Timer(0.05, opener.answer)
        answers.start()
        number = api.builds.get("web", 1).number
        answers.join(PATIENCE)
        return [number, *[build.number for build in await asyncio.gather(*tasks)]]

    assert asyncio.run(main()) == [1, 1, 1, 1]


@pytest.mark.parametrize("how", ["closed", "stopped", "blocked"])
def test_a_request_of_a_lost_loop_holds_up_none_behind_it_at_the_limits(loop: Loop, how: str) -> None:
    store = MemoryStore()
    opener = Opener(store)
    lost = AsyncBuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(build))
    api = BuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(build), timeout=PATIENCE)
    task = loop.begin(lambda: lost.builds.get("web", 1))
    waiting(api, 1)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(api.builds.get("web", 1).number)) for _ in range(3)]
    for thread in threads[:2]:
        thread.start()
    waiting(api, 3)
    loop.lose(how)
    threads[2].start()
    opener.answer()
    for thread in threads:
        thread.join(PATIENCE)
    assert found == [1, 1, 1]
    result = loop.regain(how, task)
    assert how == "closed" or result.number == 1
    assert api.budget.waiting == 0
    assert api.budget.organization.remaining == 40


def test_a_loop_that_is_blocked_at_the_head_of_a_line_in_the_background_is_overtaken(loop: Loop) -> None:
    store = MemoryStore()
    opener = Opener(store)
    quiet = AsyncBuildkiteClient(
        "acme", token="t", store=store, transport=httpx.MockTransport(build), priority="background"
    )
    api = BuildkiteClient(
        "acme", token="t", store=store, transport=httpx.MockTransport(build), priority="background", timeout=PATIENCE
    )
    task = loop.begin(lambda: quiet.builds.get("web", 1))
    waiting(api, 1)
    loop.lose("blocked")
    thread = threading.Thread(target=api.builds.get, args=("web", 1))
    thread.start()
    waiting(api, 2)
    opener.answer()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert loop.regain("blocked", task).number == 1


def test_requests_on_their_way_of_a_lost_loop_count_for_a_minute_at_most(loop: Loop) -> None:
    """Else a limit would have less and less room."""
    clock, store, transport = FakeClock(), MemoryStore(), Held()
    api = BuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(build), clock=clock)
    lost = AsyncBuildkiteClient("acme", token="t", store=store, transport=transport, clock=clock)
    api.builds.get("web", 1)
    task = loop.begin(lambda: lost.builds.get("web", 1))
    assert transport.sent.wait(PATIENCE)
    loop.lose("closed")
    for seconds, on_their_way in ((0, 1), (59, 1), (1, 0)):
        clock.advance(seconds)
        api.builds.get("web", 1)
        assert api.budget.organization.remaining == 40 - on_their_way
    forget(task)  # ends it, long after that: Buildkite may have counted it
    api.builds.get("web", 1)
    assert api.budget.organization.remaining == 39


class Held(httpx.AsyncBaseTransport):
    """Transport whose first request is never answered."""

    def __init__(self) -> None:
        self.requests = 0
        self.sent = threading.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.requests == 1:
            self.sent.set()
            await asyncio.Event().wait()
        return build(request)


@pytest.mark.parametrize(
    ("how", "when"),
    [("closed", "before"), ("closed", "after"), ("stopped", "before"), ("stopped", "after"), ("blocked", "after")],
)
def test_calls_that_share_the_answer_to_a_request_of_a_lost_loop_send_their_own(
    loop: Loop, how: str, when: str
) -> None:
    """Their loop is lost before or after they have joined it."""
    transport = Held()
    api = AsyncBuildkiteClient("acme", token="t", transport=transport, coalesce=True, budget=None, timeout=PATIENCE)
    task = loop.begin(lambda: api.builds.get("web", 1))
    assert transport.sent.wait(PATIENCE)

    async def main() -> list[int]:
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(api.builds.get("web", 1)) for _ in range(3)]
            await asyncio.sleep(0.01)
            if when == "after":
                await asyncio.to_thread(loop.lose, how)
        return [call.result().number for call in calls]

    if when == "before":
        loop.lose(how)
    assert asyncio.run(main()) == [1, 1, 1]
    assert transport.requests == 2
    forget(task)


def test_a_reserve_of_one_client_holds_up_none_that_has_no_reserve() -> None:
    """The limit is exhausted for the client with a reserve, which waits. The others use what is left."""
    store, transport = MemoryStore(), httpx.MockTransport(build)
    careful = BuildkiteClient("acme", token="t", store=store, transport=transport, budget=Budget(reserve=45))
    api = BuildkiteClient("acme", token="t", store=store, transport=transport, timeout=PATIENCE)
    api.builds.get("web", 1)
    thread = threading.Thread(target=careful.builds.get, args=("web", 1), daemon=True)
    thread.start()
    waiting(api, 1)
    assert [api.builds.get("web", 1).number for _ in range(5)] == [1] * 5
    assert api.budget.waiting == 1
