"""More requests than connections: each waits for its turn, and the wait is no attempt."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, DeadlineExceeded
from buildkite_ext.events import RetryScheduled
from buildkite_ext.transport.http import AsyncHttpTransport, HttpTransport
from buildkite_ext.transport.rates import ConnectionLimits

from .servers import HELLO, Server, answers, heads, mute

Start = Callable[..., Server]


def builds(connection: socket.socket) -> None:
    """Answer with the build that was asked for, after a while."""
    for head in heads(connection):
        time.sleep(0.002)
        number = head.split(b" ")[1].rpartition(b"/")[2]
        body = b'{"id": "b%b", "number": %b, "state": "passed"}' % (number, number)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def get_all(flavour: str, count: int, **options: Any) -> list[Any]:
    """Ask for the builds 1 to `count` at the same time, and return their numbers, or the errors."""
    options = {"token": "t", **options}
    numbers = range(1, count + 1)
    found: list[Any] = [None] * count

    async def one(client: AsyncBuildkiteClient, number: int) -> None:
        try:
            found[number - 1] = (await client.builds.get("web", number)).number
        except Exception as error:
            found[number - 1] = error

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", **options) as client, anyio.create_task_group() as group:
            for number in numbers:
                group.start_soon(one, client, number)

    if flavour == "blocking":
        with BuildkiteClient("acme", **options) as client, ThreadPoolExecutor(count) as pool:
            return [each.number for each in pool.map(lambda number: client.builds.get("web", number), numbers)]
    anyio.run(main, backend=flavour)
    return found


def retries(events: list[object]) -> Callable[[object], None]:
    """Return a hook that keeps the retries."""
    return lambda event: events.append(event) if isinstance(event, RetryScheduled) else None


def own(flavour: str, connections: int) -> Any:
    kind: Any = HttpTransport if flavour == "blocking" else AsyncHttpTransport
    return kind(limits=ConnectionLimits(max_connections=connections))


def test_all_get_their_answers(server: Start, flavour: str) -> None:
    api = server(builds)
    events: list[object] = []
    numbers = get_all(flavour, 150, base_url=api.url, transport=own(flavour, 3), timeout=None, on_event=retries(events))
    assert numbers == list(range(1, 151))
    assert events == []


def test_the_limits_of_a_client_bound_its_connections_and_the_wait_is_no_attempt(server: Start, flavour: str) -> None:
    api = server(builds)
    events: list[object] = []
    limits = ConnectionLimits(max_connections=2)
    numbers = get_all(flavour, 30, base_url=api.url, limits=limits, timeout=None, on_event=retries(events))
    assert numbers == list(range(1, 31))
    assert api.connections <= 2
    assert events == []


@pytest.mark.parametrize("timeout", [None, 60.0])
def test_only_the_deadline_limits_the_wait(flavour: str, timeout: float | None) -> None:
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"]["pool"])
        return httpx.Response(200, json={"number": 1})

    assert get_all(flavour, 1, transport=httpx.MockTransport(answer), timeout=timeout) == [1]
    (pool,) = seen
    assert (pool is None) if timeout is None else (30 < pool <= 60)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_call_whose_time_ends_in_the_queue(server: Start, backend: str) -> None:
    api = server(mute)
    events: list[object] = []
    found = get_all(backend, 5, base_url=api.url, transport=own(backend, 1), timeout=0.2, on_event=retries(events))
    assert [type(each) for each in found] == [DeadlineExceeded] * 5
    assert events == []


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_first_to_wait_is_the_first_to_go(server: Start, backend: str) -> None:
    api = server(answers(HELLO))
    order: list[int] = []

    async def one(transport: AsyncHttpTransport, number: int) -> None:
        response = await transport.handle_async_request(httpx.Request("GET", api.url))
        order.append(number)
        await response.aread()
        await response.aclose()

    async def main() -> None:
        async with own(backend, 1) as transport:
            held = await transport.handle_async_request(httpx.Request("GET", api.url))
            async with anyio.create_task_group() as group:
                for number in range(20):
                    group.start_soon(one, transport, number)
                    await anyio.wait_all_tasks_blocked()
                await held.aclose()

    anyio.run(main, backend=backend)
    assert order == list(range(20))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_no_turn_is_lost_when_those_who_wait_are_cancelled(server: Start, backend: str) -> None:
    api = server(answers(HELLO))
    moments = random.Random(5)

    async def one(transport: AsyncHttpTransport) -> None:
        with anyio.move_on_after(moments.random() * 0.02):
            response = await transport.handle_async_request(httpx.Request("GET", api.url))
            await response.aread()
            await response.aclose()

    async def main() -> None:
        async with own(backend, 2) as transport:
            for _ in range(10):
                async with anyio.create_task_group() as group:
                    for _ in range(20):
                        group.start_soon(one, transport)
            with anyio.fail_after(60):  # both turns are there
                held = [await transport.handle_async_request(httpx.Request("GET", api.url)) for _ in range(2)]
            for each in held:
                await each.aclose()

    anyio.run(main, backend=backend)


def test_an_answer_gives_its_turn_back_once(server: Start, flavour: str) -> None:
    """Closing an answer again and again lets no further request through."""
    api = server(answers(HELLO))

    async def main() -> None:
        async with own(flavour, 1) as transport:
            for _ in range(3):
                response = await transport.handle_async_request(httpx.Request("GET", api.url))
                await response.aread()
                for _ in range(3):
                    await response.stream.aclose()
            held = await transport.handle_async_request(httpx.Request("GET", api.url))
            with pytest.raises(httpx.PoolTimeout):
                await transport.handle_async_request(
                    httpx.Request("GET", api.url, extensions={"timeout": {"pool": 0.01}})
                )
            await held.aclose()

    def blocking() -> None:
        with own(flavour, 1) as transport:
            for _ in range(3):
                response = transport.handle_request(httpx.Request("GET", api.url))
                response.read()
                for _ in range(3):
                    response.stream.close()
            held = transport.handle_request(httpx.Request("GET", api.url))
            with pytest.raises(httpx.PoolTimeout):
                transport.handle_request(httpx.Request("GET", api.url, extensions={"timeout": {"pool": 0.01}}))
            held.close()

    if flavour == "blocking":
        blocking()
    else:
        anyio.run(main, backend=flavour)


def test_threads_that_wait_end_when_the_client_is_closed(server: Start) -> None:
    api = server(mute)
    client = BuildkiteClient("acme", token="t", base_url=api.url, transport=own("blocking", 1), retry=None)
    errors: list[Exception] = []

    def call() -> None:
        try:
            client.builds.get("web", 7)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    while api.connections == 0:
        time.sleep(0.005)
    client.close()
    for thread in threads:
        thread.join(20)
    assert len(errors) == 4
