"""Coalescing: identical reads that are on their way at the same time share one request, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest
import trio

from buildkite_ext import (
    AsyncBuildkiteClient,
    Budget,
    BuildkiteClient,
    Cache,
    CircuitOpen,
    DeadlineExceeded,
    MemoryStore,
    Retry,
    Runtime,
    Send,
    errors,
)
from tests.core.fakes import TOKEN, App, FakeClock, answer, build

from .virtual_time import TrioClock, client, run, simulated

TRIP = 0.15
ONCE = Retry(attempts=1)


class Held(httpx.AsyncBaseTransport):
    """Transport that answers when it is told to, and counts."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.open = anyio.Event()
        self.begun = anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.begun.set()
        await self.open.wait()
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(found, Exception):
            raise found
        return httpx.Response(
            found.status_code, headers=found.headers, content=found.content, extensions=found.extensions
        )


def over(transport: httpx.AsyncBaseTransport, **options: Any) -> AsyncBuildkiteClient:
    usual = {"token": TOKEN, "coalesce": True, "retry": ONCE, "budget": None}
    return AsyncBuildkiteClient("acme", transport=transport, **{**usual, **options})


async def all_of(
    calls: list[Callable[[], Awaitable[Any]]], ready: Callable[[], Awaitable[object]], *, ordered: bool = True
) -> list[Any]:
    """Make calls in tasks at the same time, begun in order, and return their results or errors."""
    results: list[Any] = [None] * len(calls)

    async def call(index: int) -> None:
        try:
            results[index] = await calls[index]()
        except Exception as error:
            results[index] = error

    async with anyio.create_task_group() as group:
        for index in range(len(calls)):
            group.start_soon(call, index)
            if ordered:
                await settle()
        await ready()
    return results


async def settle() -> None:
    """Let all tasks run until they wait."""
    await anyio.wait_all_tasks_blocked()


# --- In tasks ---------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_identical_reads_share_one_request(anyio_backend: str) -> None:
    transport = Held(answer(build(7), X_Request_Id="r1"))
    api = over(transport)

    async def ready() -> None:
        await settle()
        transport.open.set()

    calls: list[Callable[[], Awaitable[Any]]] = [lambda: api.builds.get("web", 7)] * 20
    builds = await all_of(calls, ready)
    assert "CacheStage(None, coalesce=True)" in map(repr, api._requester.stages)
    assert [each.number for each in builds] == [7] * 20
    assert len({id(each) for each in builds}) == 20
    assert len(transport.requests) == 1
    assert api.cache.stats.shared == 19
    await api.builds.get("web", 7)
    assert len(transport.requests) == 2  # nothing is kept


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("first", [True, False], ids=["the first", "another"])
@pytest.mark.parametrize("cache", [None, Cache()], ids=["", "cache"])
async def test_what_a_stage_does_to_an_answer_stays_with_its_caller(
    anyio_backend: str, first: bool, cache: Cache | None
) -> None:
    async def spoils(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        response = await send(request)
        response.headers["X-Request-Id"] = "spoilt"
        response.extensions["reason_phrase"] = b"Spoilt"
        response._content = b'{"message": "spoilt"}'
        response.status_code = 422
        response.request.headers["Authorization"] = "spoilt"
        return response

    transport = Held(answer(build(7), X_Request_Id="r1"))
    api = over(transport, cache=cache)
    spoilt = api.with_options(stages=[spoils])

    async def ready() -> None:
        await settle()
        transport.open.set()

    clients = [spoilt, api, api] if first else [api, spoilt, api]
    path = "organizations/{org}/pipelines/web/builds/7"
    found = await all_of([lambda one=each: one.request("GET", path) for each in clients], ready)  # type: ignore[misc]
    assert len(transport.requests) == 1
    for one, each in zip(clients, found, strict=True):
        if one is spoilt:
            assert isinstance(each, errors.InvalidRequest)
        else:
            assert (each.status_code, each.json()["number"], each.headers["X-Request-Id"]) == (200, 7, "r1")
            assert (each.reason_phrase, "spoilt" in repr(each.request.headers)) == ("OK", False)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_it_is_off_by_default(anyio_backend: str) -> None:
    transport = Held(answer(build(7)))
    api = over(transport, coalesce=False)

    async def ready() -> None:
        await settle()
        transport.open.set()

    await all_of([lambda: api.builds.get("web", 7)] * 3, ready)
    assert len(transport.requests) == 3


ALIKE: dict[str, Callable[[AsyncBuildkiteClient], Awaitable[Any]]] = {
    "another build": lambda api: api.builds.get("web", 8),
    "another query": lambda api: api.builds.get("web", 7, exclude_jobs=True),
    "another token": lambda api: api.with_options(token="bkua_other").builds.get("web", 7),
    "another policy of retries": lambda api: api.with_options(retry=Retry(attempts=2)).builds.get("web", 7),
    "another priority": lambda api: api.with_options(priority="background").builds.get("web", 7),
    "another limit of bytes": lambda api: api.with_options(max_body=10_000).builds.get("web", 7),
}
"""Calls that differ from `builds.get("web", 7)`, and two of which share a request with each other."""

NEVER_SHARED: dict[str, Callable[[AsyncBuildkiteClient], Awaitable[Any]]] = {
    "a header": lambda api: api.request("GET", "organizations/{org}/pipelines/web/builds/7", headers={"X-A": "1"}),
    "a copy that doesn't share": lambda api: api.with_options(coalesce=False).builds.get("web", 7),
    "a wait": lambda api: api.builds.wait("web", 7, timeout=5),
    "a log": lambda api: api.jobs.log_text("web", 7, "j"),
    "an environment": lambda api: api.jobs.env("web", 7, "j"),
    "HEAD": lambda api: api.jobs.log_size("web", 7, "j"),
    "a write": lambda api: api.builds.rebuild("web", 7),
}


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("other", "sent"),
    [*[(each, 2) for each in ALIKE.values()], *[(each, 3) for each in NEVER_SHARED.values()]],
    ids=[*ALIKE, *NEVER_SHARED],
)
async def test_requests_that_differ_are_sent_each(other: Any, sent: int, anyio_backend: str) -> None:
    done = build(7, state="passed", finished_at="2026-01-05T10:00:00Z")
    transport = Held(answer(done))
    api = over(transport)
    seen = 0

    async def ready() -> None:
        nonlocal seen
        await settle()
        seen = len(transport.requests)
        transport.open.set()

    await all_of([lambda: api.builds.get("web", 7), lambda: other(api), lambda: other(api)], ready)
    assert seen == sent
    assert api.cache.stats.shared == 3 - sent


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_error_answer_is_an_error_of_its_own_for_each(anyio_backend: str) -> None:
    transport = Held(answer({"message": "No build found"}, 404))
    api = over(transport)

    async def ready() -> None:
        await settle()
        transport.open.set()

    found = await all_of([lambda: api.builds.get("web", 7)] * 5, ready)
    assert [type(each) for each in found] == [errors.BuildNotFound] * 5
    assert len({id(each) for each in found}) == len({id(each.response) for each in found}) == 5
    assert len(transport.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("refused"), errors.ConnectionFailed),
        (httpx.ReadError("reset"), errors.ResponseLost),
        (httpx.RemoteProtocolError("cut"), errors.ResponseLost),
    ],
)
async def test_a_lost_request_is_an_error_of_its_own_for_each(
    failure: Exception,
    kind: type[Exception],
    anyio_backend: str,
) -> None:
    transport = Held(failure)
    api = over(transport)

    async def ready() -> None:
        await settle()
        transport.open.set()

    found = await all_of([lambda: api.builds.get("web", 7)] * 5, ready)
    assert [type(each) for each in found] == [kind] * 5
    assert len({id(each) for each in found}) == 5
    assert len({str(each) for each in found}) == 1
    assert all(each.__cause__ is failure for each in found)
    assert len(transport.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_failure_counts_once_for_the_circuit(anyio_backend: str) -> None:
    transport = Held(answer({"message": "oops"}, 500))
    transport.open.set()
    api = over(transport)
    for _ in range(4):
        await all_of([lambda: api.builds.get("web", 7)] * 6, settle, ordered=False)
    assert len(transport.requests) == 4
    found = await all_of([lambda: api.builds.get("web", 7)] * 2, settle, ordered=False)
    assert CircuitOpen not in {type(each) for each in found}
    assert {type(each) for each in await all_of([lambda: api.builds.get("web", 7)] * 2, settle, ordered=False)} == {
        CircuitOpen
    }


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("cancelled", [0, 1, 2], ids=["the one that sends", "the first that waits", "the last"])
async def test_a_cancelled_caller_takes_nobody_with_it(cancelled: int, anyio_backend: str) -> None:
    transport = Held(answer(build(7)))
    api = over(transport)
    results: dict[int, int] = {}
    scopes = [anyio.CancelScope() for _ in range(4)]

    async def call(index: int) -> None:
        with scopes[index]:
            results[index] = (await api.builds.get("web", 7)).number

    async with anyio.create_task_group() as group:
        for index in range(4):
            group.start_soon(call, index)
            await settle()
        assert len(transport.requests) == 1
        scopes[cancelled].cancel()
        await settle()
        assert len(transport.requests) == (2 if cancelled == 0 else 1)
        transport.open.set()
    assert results == {index: 7 for index in range(4) if index != cancelled}


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_asyncio_task_that_is_cancelled_takes_nobody_with_it(anyio_backend: str) -> None:
    import asyncio

    transport = Held(answer(build(7)))
    api = over(transport)
    tasks = []
    for _ in range(5):
        tasks.append(asyncio.create_task(api.builds.get("web", 7)))
        await settle()
    for index in (0, 1, 3):
        tasks[index].cancel()
        await settle()
    transport.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in found] == [True, True, False, True, False]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_each_caller_has_its_own_deadline(anyio_backend: str) -> None:
    transport = Held(answer(build(7)))
    api = over(transport)
    hasty = api.with_options(timeout=0.3)

    async def ready() -> None:
        await settle()
        with pytest.raises(
            DeadlineExceeded, match=r"0\.3 s .*: an identical request was sent before and isn't answered\."
        ):
            await hasty.builds.get("web", 7)
        assert len(transport.requests) == 1
        transport.open.set()

    (found,) = await all_of([lambda: api.builds.get("web", 7)], ready)
    assert found.number == 7


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_after_the_deadline_of_the_one_that_sends_another_one_sends(anyio_backend: str) -> None:
    transport = Held(answer(build(7)))
    api = over(transport)
    hasty = api.with_options(timeout=0.3)

    async def ready() -> None:
        while len(transport.requests) < 2:  # noqa: ASYNC110  # the deadline of another task is waited for
            await anyio.sleep(0.005)
        await settle()
        transport.open.set()

    found = await all_of([lambda: hasty.builds.get("web", 7), *[lambda: api.builds.get("web", 7)] * 3], ready)
    assert type(found[0]) is DeadlineExceeded
    assert [each.number for each in found[1:]] == [7] * 3
    assert len(transport.requests) == 2


class Slow(Held):
    """Transport each of whose answers takes some seconds of a clock."""

    def __init__(self, clock: FakeClock, seconds: float, *answers: httpx.Response | Exception) -> None:
        super().__init__(*answers)
        self._clock = clock
        self._seconds = seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        finally:
            self._clock.advance(self._seconds)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_the_one_that_sends_next_keeps_its_own_deadline(anyio_backend: str) -> None:
    clock = FakeClock()
    transport = Slow(clock, 10, httpx.ReadTimeout("slow"), answer(build(7)))
    hasty = over(transport, clock=clock).with_options(timeout=10)
    next_one = hasty.with_options(timeout=15)

    async def ready() -> None:
        await settle()
        transport.open.set()

    found = await all_of([lambda: hasty.builds.get("web", 7), lambda: next_one.builds.get("web", 7)], ready)
    assert [type(each) for each in found] == [DeadlineExceeded] * 2
    assert "15 s" in str(found[1])
    assert len(transport.requests) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_attempt_that_the_deadline_of_its_caller_cut_off_is_not_shared(anyio_backend: str) -> None:
    transport, clock = Held(httpx.ReadTimeout("slow"), answer(build(7))), FakeClock()
    hasty = over(transport, clock=clock).with_options(timeout=5)
    patient = hasty.with_options(timeout=100)

    async def ready() -> None:
        await settle()
        clock.advance(5)
        transport.open.set()

    found = await all_of([lambda: hasty.builds.get("web", 7), lambda: patient.builds.get("web", 7)], ready)
    assert type(found[0]) is DeadlineExceeded
    assert found[1].number == 7
    assert len(transport.requests) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_loss_without_a_timeout_is_shared(anyio_backend: str) -> None:
    transport = Held(httpx.ReadError("reset"))
    api = over(transport, timeout=None)

    async def ready() -> None:
        await settle()
        transport.open.set()

    found = await all_of([lambda: api.builds.get("web", 7)] * 2, ready)
    assert [type(each) for each in found] == [errors.ResponseLost] * 2
    assert len(transport.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_shared_answer_tells_its_protocol_and_reason(anyio_backend: str) -> None:
    told = {"http_version": b"HTTP/2", "reason_phrase": b"Fine"}
    transport = Held(httpx.Response(200, json=build(7), extensions=told))
    api = over(transport)

    async def ready() -> None:
        await settle()
        transport.open.set()

    path = "organizations/{org}/pipelines/web/builds/7"
    found = await all_of([lambda: api.request("GET", path)] * 2, ready)
    assert [(each.http_version, each.reason_phrase) for each in found] == [("HTTP/2", "Fine")] * 2
    assert len(transport.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_error_of_the_transport_s_own_is_not_shared(anyio_backend: str) -> None:
    transport = Held(KeyError("bug"), answer(build(7)))
    api = over(transport)

    async def ready() -> None:
        await settle()
        transport.open.set()

    found = await all_of([lambda: api.builds.get("web", 7)] * 3, ready)
    assert type(found[0]) is KeyError
    assert [each.number for each in found[1:]] == [7, 7]
    assert len(transport.requests) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    "change",
    [
        lambda api: api.jobs.retry("web", 7, "j"),
        lambda api: api.cache.invalidate("web", 7),
        lambda api: api.cache.clear(),
        lambda api: api.with_options(coalesce=False).builds.rebuild("web", 7),
    ],
)
async def test_a_read_that_was_begun_before_a_change_is_not_joined(change: Any, anyio_backend: str) -> None:
    transport = Held(answer(build(7)))
    api = over(transport)

    async def ready() -> None:
        await settle()
        open_now, transport.open = transport.open, anyio.Event()
        transport.open.set()
        await change(api)
        transport.open = anyio.Event()
        before = len(transport.requests)
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(api.builds.get, "web", 7)
            await settle()
            assert len(transport.requests) == before + 1
            transport.open.set()
            open_now.set()

    found = await all_of([lambda: api.builds.get("web", 7)] * 2, ready)
    assert [each.number for each in found] == [7, 7]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_list_of_builds_that_was_begun_before_a_create_is_not_joined(anyio_backend: str) -> None:
    transport = Held(answer([build(7)]))
    api = over(transport)
    path = "organizations/{org}/pipelines/web/builds"

    async def ready() -> None:
        await settle()
        held, transport.open = transport.open, anyio.Event()
        transport.open.set()
        await api.request("POST", path, json={"commit": "HEAD", "branch": "main"})
        await api.request("GET", path)
        held.set()

    await all_of([lambda: api.request("GET", path)] * 2, ready)
    assert [request.method for request in transport.requests] == ["GET", "POST", "GET"]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_answer_to_a_token_that_changed_meanwhile_is_not_shared(anyio_backend: str) -> None:
    tokens = iter(["bkua_old", "bkua_new", "bkua_old", "bkua_old"])
    transport = Held(answer(build(7)))
    api = over(transport, token=lambda: next(tokens))

    async def ready() -> None:
        await settle()
        assert len(transport.requests) == 1
        transport.open.set()

    found = await all_of([lambda: api.builds.get("web", 7)] * 2, ready)
    assert [each.number for each in found] == [7, 7]
    assert [each.headers["Authorization"] for each in transport.requests] == ["Bearer bkua_new", "Bearer bkua_old"]
    assert api.cache.stats.shared == 0


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_hook_that_makes_the_same_call_doesn_t_wait_for_itself(anyio_backend: str) -> None:
    transport = Held(answer(build(7)))
    transport.open.set()
    api = over(transport)
    depth = 0

    async def token() -> str:
        nonlocal depth
        depth += 1
        if depth == 1:
            await api.builds.get("web", 7)
        return TOKEN

    calling = api.with_options(token=token)
    api = calling
    with anyio.fail_after(20):
        assert (await calling.builds.get("web", 7)).number == 7


# --- In virtual time --------------------------------------------------------------------------------------------------


def test_100_tasks_in_a_fresh_window_take_one_round_trip_and_one_request() -> None:
    async def main() -> tuple[float, int]:
        api, transport = client(simulated(rate_limit=200, user_rate_limit=50), coalesce=True, cache=Cache())
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(api.builds.get, "web", 1)
        return trio.current_time() - began, len(transport.statuses)

    assert run(main) == (pytest.approx(TRIP), 1)


def test_a_shared_answer_is_like_that_of_a_request_of_its_own() -> None:
    async def main() -> list[httpx.Response]:
        api, _ = client(simulated(), coalesce=True)
        found: list[httpx.Response] = []

        async def call(after: float) -> None:
            await trio.sleep(after)
            found.append(await api.request("GET", "organizations/{org}/pipelines/web/builds/1"))

        async with trio.open_nursery() as nursery:
            for after in (0.0, 0.05):
                nursery.start_soon(call, after)
        assert api.cache.stats.shared == 1
        return found

    sent, shared = sorted(run(main), key=lambda each: -each.elapsed)
    assert (sent.elapsed.total_seconds(), shared.elapsed.total_seconds()) == pytest.approx((TRIP, TRIP - 0.05))
    assert (shared.status_code, shared.content, shared.headers) == (sent.status_code, sent.content, sent.headers)
    assert shared.extensions == sent.extensions
    assert shared.extensions is not sent.extensions
    assert shared.request is not sent.request


def test_the_time_in_which_the_other_request_waits_for_the_limit_doesn_t_count_for_a_default_timeout() -> None:
    async def main() -> tuple[list[Any], int]:
        api, transport = client(simulated(user_rate_limit=3), coalesce=True)
        for _ in range(3):
            await api.builds.get("web", 1)
        found: list[Any] = []

        async def call(each: AsyncBuildkiteClient) -> None:
            try:
                found.append((await each.builds.get("web", 1)).number)
            except errors.BuildkiteError as error:
                found.append(type(error))

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(call, api)
        return found, len(transport.statuses)

    assert run(main) == ([1, 1, 1], 4)


@pytest.mark.parametrize("policy", [None, Budget()], ids=["no budget", "budget"])
def test_a_default_timeout_doesn_t_count_the_rest_of_a_429_either(policy: Budget | None) -> None:
    async def main() -> tuple[list[Any], int]:
        simulator = simulated(user_rate_limit=3)
        others, _ = client(simulator)
        for _ in range(3):
            await others.builds.get("web", 1)
        api, transport = client(simulator, coalesce=True, budget=policy, store=MemoryStore())
        found: list[Any] = []

        async def call(after: float) -> None:
            await trio.sleep(after)
            try:
                found.append((await api.builds.get("web", 1)).number)
            except errors.BuildkiteError as error:
                found.append(error)

        async with trio.open_nursery() as nursery:
            for after in (0.0, 1.0, 10.0):
                nursery.start_soon(call, after)
        return found, len(transport.statuses)

    assert run(main) == ([1, 1, 1], 2)


class Exhausted(httpx.AsyncBaseTransport):
    """Transport in virtual time whose first answer tells that the limit is exhausted. The next ones take some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.sent: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await trio.sleep(self._seconds if self.sent else 0.0)
        self.sent.append(trio.current_time())
        told = {"RateLimit-Limit": "9", "RateLimit-Remaining": "0", "RateLimit-Reset": "60"}
        return httpx.Response(200, json=build(1), headers=told)


def test_a_default_timeout_counts_from_the_end_of_the_wait_for_the_limit_for_each() -> None:
    async def main() -> tuple[int, int]:
        transport = Exhausted(130)
        api = AsyncBuildkiteClient("acme", token=TOKEN, transport=transport, clock=TrioClock(), coalesce=True)
        await api.builds.get("web", 1)
        late = 0

        async def call(after: float) -> None:
            nonlocal late
            await trio.sleep(after)
            with pytest.raises(DeadlineExceeded):
                await api.builds.get("web", 1)
            late += 1

        async with trio.open_nursery() as nursery:
            for after in (0.0, 40.0):
                nursery.start_soon(call, after)
        return late, len(transport.sent)

    assert run(main) == (2, 2)


def test_without_a_timeout_an_answer_is_shared_too() -> None:
    async def main() -> tuple[list[int], int]:
        api, transport = client(simulated(), coalesce=True, timeout=None)
        found: list[int] = []

        async def call() -> None:
            found.append((await api.builds.get("web", 1)).number)

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(call)
        return found, len(transport.statuses)

    assert run(main) == ([1, 1, 1], 1)


# --- On threads -------------------------------------------------------------------------------------------------------


class Gate:
    """Server that answers when it is told to."""

    def __init__(self, *answers: Any) -> None:
        self.app = App(*answers)
        self.begun = threading.Event()
        self.open = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.begun.set()
        assert self.open.wait(60)
        with self._lock:
            return self.app(request)


def threads(count: int, function: Callable[[], Any]) -> tuple[list[threading.Thread], list[Any]]:
    results: list[Any] = []

    def work() -> None:
        try:
            results.append(function())
        except Exception as error:
            results.append(error)

    started = [threading.Thread(target=work) for _ in range(count)]
    for each in started:
        each.start()
    return started, results


def waiting(api: BuildkiteClient, count: int) -> None:
    """Wait until some threads wait for the request of another one."""
    flights = api._requester._shared.flights
    while sum(len(flight.signals) for flight in list(flights._flights.values())) < count:
        threading.Event().wait(0.002)


@pytest.mark.parametrize("clock", [None, FakeClock()], ids=["real time", "a clock of its own"])
def test_threads_share_one_request(clock: Any) -> None:
    gate = Gate(answer(build(7)))
    api = BuildkiteClient(
        "acme", token=TOKEN, transport=httpx.MockTransport(gate), coalesce=True, budget=None, clock=clock
    )
    started, results = threads(8, lambda: api.builds.get("web", 7))
    waiting(api, 7)
    gate.open.set()
    for each in started:
        each.join(60)
    assert [each.number for each in results] == [7] * 8
    assert len({id(each) for each in results}) == 8
    assert len(gate.app.requests) == 1


def test_threads_get_errors_of_their_own() -> None:
    gate = Gate(httpx.ReadError("reset"))
    api = BuildkiteClient(
        "acme", token=TOKEN, transport=httpx.MockTransport(gate), coalesce=True, budget=None, retry=ONCE
    )
    started, results = threads(5, lambda: api.builds.get("web", 7))
    waiting(api, 4)
    gate.open.set()
    for each in started:
        each.join(60)
    assert [type(each) for each in results] == [errors.ResponseLost] * 5
    assert len({id(each) for each in results}) == 5
    assert len(gate.app.requests) == 1


def test_a_thread_has_its_own_deadline() -> None:
    gate = Gate(answer(build(7)))
    api = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(gate), coalesce=True, budget=None)
    started, results = threads(1, lambda: api.builds.get("web", 7))
    assert gate.begun.wait(60)
    with pytest.raises(DeadlineExceeded, match="identical request"):
        api.with_options(timeout=0.3).builds.get("web", 7)
    gate.open.set()
    started[0].join(60)
    assert results[0].number == 7
    assert len(gate.app.requests) == 1


def test_a_function_of_the_token_that_calls_the_client_doesn_t_wait_for_itself() -> None:
    app = App(answer(build(7)))
    made: list[BuildkiteClient] = []
    calls: list[int] = []

    def token() -> str:
        calls.append(1)
        if len(calls) == 2:  # below the stage that lets requests wait
            made[0].builds.get("web", 7)
        return TOKEN

    api = BuildkiteClient("acme", token=token, transport=httpx.MockTransport(app), coalesce=True, budget=None)
    made.append(api)
    assert api.builds.get("web", 7).number == 7
    assert len(app.requests) == 2
