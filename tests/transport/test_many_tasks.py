"""Budget and circuit breaker under many tasks and threads that begin, are cancelled and fail at any time."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import (
    AsyncBuildkiteClient,
    Budget,
    BuildkiteClient,
    Cache,
    CircuitBreaker,
    MemoryStore,
    Retry,
    errors,
)

from .virtual_time import TrioClock, client, run, simulated

TRIP = 0.15
WINDOW = 60.5


@dataclass(frozen=True)
class Task:
    """One call: when it begins, which client makes it, what it reads, and after how many seconds it is cancelled."""

    begins: float
    client: int
    reads: str
    patience: float | None


tasks = st.builds(
    Task,
    begins=st.sampled_from([0.0, 0.0, 0.1, 7.0, 59.9, 60.2, 61.0, 130.0]),
    client=st.integers(0, 3),
    reads=st.sampled_from(["build", "build", "pipeline", "nothing there"]),
    patience=st.sampled_from([None, None, None, 0.01, 0.1, 0.2, 5.0, 61.0]),
)


async def call(api: AsyncBuildkiteClient, task: Task) -> None:
    """Make a call."""
    await trio.sleep(task.begins)
    with trio.move_on_after(task.patience or float("inf")), suppress(errors.BuildkiteError):
        if task.reads == "pipeline":
            await api.pipelines.get("web")
        else:
            await api.builds.get("web", 1 if task.reads == "build" else 99)


async def all_of(clients: list[AsyncBuildkiteClient], plan: list[Task]) -> float:
    """Make calls, and return the seconds until all have ended."""
    began = trio.current_time()
    with trio.fail_after(100_000):
        async with trio.open_nursery() as nursery:
            for task in plan:
                nursery.start_soon(call, clients[task.client], task)
    return trio.current_time() - began


def four_clients(make: Callable[..., AsyncBuildkiteClient], **options: Any) -> list[AsyncBuildkiteClient]:
    """Return clients of one store: two alike, one in the background, and one that keeps and shares answers."""
    store = MemoryStore()
    own: list[dict[str, Any]] = [{}, {}, {"priority": "background"}, {"cache": Cache(), "coalesce": True}]
    return [make(store=store, **{**options, **each}) for each in own]


@given(st.lists(tasks, min_size=1, max_size=25), st.sampled_from([1, 3, 20, 50]), st.sampled_from([2, 10, 200]))
def test_whatever_tasks_do_none_is_refused_and_nothing_is_left_behind(
    plan: list[Task], user_limit: int, limit: int
) -> None:
    async def main() -> tuple[float, list[int], float]:
        simulator = simulated(rate_limit=limit, user_rate_limit=user_limit)
        _, transport = client(simulator)
        clients = four_clients(simulator.async_client, transport=transport)
        taken = await all_of(clients, plan)
        await trio.sleep(2 * WINDOW)
        return (
            taken,
            transport.statuses,
            await all_of(clients[:1], [Task(0.0, 0, "build", None)] * min(limit, user_limit)),
        )

    taken, statuses, after = run(main)
    assert 429 not in statuses
    # Those in the background leave gaps, but each window has room for as many as its limit.
    windows = -(-len(plan) // min(limit, user_limit))
    assert taken <= 130 + (windows + 1) * (WINDOW + 1)
    assert after == pytest.approx(TRIP * (1 if min(limit, user_limit) == 1 else 2))  # the next window has all its room


class Lying(httpx.AsyncBaseTransport):
    """API whose headers and bodies say anything, and whose connections end at any time."""

    def __init__(self, draw: Any) -> None:
        self._answers = itertools.cycle(draw)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        status, seconds, headers, body = next(self._answers)
        await trio.sleep(seconds)
        if status == 0:
            raise httpx.ReadError("reset")
        return httpx.Response(status, headers=headers, content=body)


numbers = st.sampled_from(["0", "1", "5", "60", "-7", "1000000000", "9" * 30, "soon", "1.5", ""])
limits = st.dictionaries(
    st.sampled_from(
        [
            f"RateLimit-{user}{name}"
            for user in ("", "User-")
            for name in ("Limit", "Remaining", "Reset", "Warning", "Scope")
        ]
    ),
    numbers,
)
bodies = st.sampled_from(
    [
        b'{"id": "b", "number": 1}',
        b"",
        b"<h1>slow down</h1>",
        b"null",
        b'{"scope": "rest", "reset": 3}',
        b'{"scope": 7, "reset": -1}',
        b'{"scope": "rest_user", "limit": 1, "current": 1e308, "reset": "3"}',
    ]
)
lies = st.tuples(st.sampled_from([200, 200, 200, 429, 500, 404, 0]), st.sampled_from([0.0, 0.1, 8.0]), limits, bodies)


@given(st.lists(tasks, min_size=1, max_size=25), st.lists(lies, min_size=1, max_size=12), st.sampled_from([None, 30.0]))
def test_whatever_an_api_says_of_its_limits_each_call_ends(
    plan: list[Task], answers: list[Any], max_wait: float | None
) -> None:
    async def main() -> tuple[int, list[int]]:
        lying = partial(AsyncBuildkiteClient, "acme", token="bkua_0123", transport=Lying(answers), clock=TrioClock())
        clients = four_clients(lying, budget=Budget(max_wait=max_wait))
        await all_of(clients, plan)
        await trio.sleep(4000)
        budget = clients[0].budget
        return budget.waiting, [
            each for each in (budget.user.remaining, budget.organization.remaining) if each is not None
        ]

    assert run(main) == (0, [])


# --- The circuit breaker --------------------------------------------------------------------------------------------------


def test_threads_and_tasks_send_one_probe_at_a_time() -> None:
    """The API is down all the time, so that whatever is sent once the circuit is open is a probe."""
    lock, at_once, sent = threading.Lock(), [0, 0], [0]

    def begin() -> None:
        with lock:
            sent[0] += 1
            at_once[0] += 1
            at_once[1] = max(at_once)

    def end() -> httpx.Response:
        with lock:
            at_once[0] -= 1
        return httpx.Response(500)

    def answer(_: httpx.Request) -> httpx.Response:
        begin()
        time.sleep(0.002)
        return end()

    async def answer_later(_: httpx.Request) -> httpx.Response:
        begin()
        try:
            await asyncio.sleep(0.002)
        finally:
            response = end()
        return response

    store = MemoryStore()
    options: dict[str, Any] = {
        "token": "bkua_0123",
        "store": store,
        "retry": Retry(attempts=1),
        "breaker": CircuitBreaker(open_for=0.005),
    }
    blocking = BuildkiteClient("acme", transport=httpx.MockTransport(answer), **options)
    for _ in range(5):
        with pytest.raises(errors.ServerError):
            blocking.builds.get("web", 1)
    sent[0] = 0

    def call_for_a_while() -> None:
        while sent[0] < 60:
            with suppress(errors.ServerError, errors.CircuitOpen):
                blocking.builds.get("web", 1)
            time.sleep(0.0005)

    async def call_in_tasks() -> None:
        api = AsyncBuildkiteClient("acme", transport=httpx.MockTransport(answer_later), **options)

        async def some(number: int) -> None:
            while sent[0] < 60:
                with suppress(errors.ServerError, errors.CircuitOpen, TimeoutError):
                    async with asyncio.timeout(0.001 if number % 2 else None):
                        await api.builds.get("web", 1)
                await asyncio.sleep(0.0005)

        await asyncio.gather(*(some(number) for number in range(20)))

    threads = [threading.Thread(target=call_for_a_while) for _ in range(10)]
    threads.append(threading.Thread(target=lambda: asyncio.run(call_in_tasks())))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert at_once == [0, 1]
