"""Calls that wait when their client is closed, and what calls that send nothing leave of the limits."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from buildkite_ext import (
    AsyncBuildkiteClient,
    Budget,
    BuildkiteClient,
    BuildkiteError,
    Cache,
    CircuitBreaker,
    ClientClosed,
    MemoryStore,
    RateLimitWait,
    RedisStore,
    Retry,
    RetryScheduled,
    ServerError,
)
from buildkite_ext.transport.rates import ConnectionLimits
from tests.webhooks.redis.server import RedisServer, a_server

from .servers import Server, heads

PATIENCE = 30.0
"""Seconds after which a test fails."""

BUILD = {"id": "b", "number": 1, "state": "running"}


def answered(
    status: int = 200, remaining: int = 40, retry_after: str | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    told = {"RateLimit-Limit": "50", "RateLimit-Remaining": str(remaining), "RateLimit-Reset": "200"}
    if retry_after is not None:
        told["Retry-After"] = retry_after
    return lambda _: httpx.Response(status, headers=told, json=BUILD if status == 200 else {"message": "no"})


WAITS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "limit": answered(remaining=0),
    "503": answered(503, retry_after="200"),
    "429": answered(429),
    "circuit": answered(500),
}


@pytest.mark.parametrize("place", WAITS)
def test_closing_ends_calls_that_wait(flavour: str, place: str) -> None:
    waits = threading.Event()
    calls: list[httpx.Request] = []

    def notice(event: object) -> None:
        if isinstance(event, RateLimitWait | RetryScheduled):
            waits.set()

    async def stage(request: httpx.Request, send: Any, runtime: Any) -> httpx.Response:
        calls.append(request)
        if place == "circuit" and len(calls) == 2:
            waits.set()  # the circuit refuses it, and the wait for the build continues
        return await send(request)  # type: ignore[no-any-return]

    kind: Any = BuildkiteClient if flavour == "blocking" else AsyncBuildkiteClient
    client = kind(
        "acme",
        token="t",
        store=MemoryStore(),
        transport=httpx.MockTransport(WAITS[place]),
        retry=None if place == "circuit" else Retry(),
        breaker=CircuitBreaker(failures=1, open_for=300),
        on_event=notice,
        stages=[stage],
        timeout=1000,
    )
    ended: list[BaseException] = []

    def call() -> Any:
        if place == "circuit" and calls:
            return client.builds.wait("web", 1, timeout=1000)
        return client.builds.get("web", 1)

    def in_thread() -> None:
        while not ended:
            try:
                call()
            except ServerError:
                pass
            except BuildkiteError as error:
                ended.append(error)

    async def in_task() -> None:
        while not ended:
            try:
                await call()
            except ServerError:
                pass
            except BuildkiteError as error:
                ended.append(error)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(in_task)
            assert await anyio.to_thread.run_sync(waits.wait, PATIENCE)
            with anyio.fail_after(PATIENCE):
                await client.aclose()

    if flavour == "blocking":
        thread = threading.Thread(target=in_thread, daemon=True)
        thread.start()
        assert waits.wait(PATIENCE)
        client.close()
        thread.join(PATIENCE)
    else:
        anyio.run(main, backend=flavour)
    assert [type(error) for error in ended] == [ClientClosed]
    assert client.budget.waiting == 0


@pytest.mark.parametrize("place", ["limit", "circuit", "cache"])
def test_a_call_after_the_end_of_a_client_asks_nothing(place: str) -> None:
    """The limit is exhausted, the circuit is open, or the answer is kept."""
    answer = {"limit": answered(remaining=0), "circuit": answered(500), "cache": answered()}[place]
    client = BuildkiteClient(
        "acme",
        token="t",
        store=MemoryStore(),
        transport=httpx.MockTransport(answer),
        retry=None,
        budget=Budget(max_wait=0),
        breaker=CircuitBreaker(failures=1),
        cache=Cache(),
    )
    with contextlib.suppress(ServerError):
        client.pipelines.get("web")
    client.close()
    with pytest.raises(ClientClosed):
        client.pipelines.get("web")


# --- Calls that send nothing -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    yield from a_server()


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return MemoryStore()
    return RedisStore(request.getfixturevalue("redis").url, prefix=request.node.name, timeout=PATIENCE)


def left_of(store: Any) -> int | None:
    """Return what is left of the limit after one more request, which Buildkite takes for the second."""
    other = BuildkiteClient("acme", token="t", store=store, transport=httpx.MockTransport(answered(remaining=39)))
    other.builds.get("web", 1)
    return other.budget.organization.remaining


class Refusal(Exception):
    """What a part of the user's program raises before a request is sent."""


@pytest.mark.parametrize("what", ["token", "bad token", "stage", "closed"])
def test_calls_that_send_nothing_leave_the_limits_as_they_are(store: Any, what: str) -> None:
    fails: list[bool] = []

    def token() -> str:
        if fails and what == "token":
            raise Refusal
        return "a b" if fails and what == "bad token" else "t"

    async def stage(request: httpx.Request, send: Any, runtime: Any) -> httpx.Response:
        if fails and what == "stage":
            raise Refusal
        return await send(request)  # type: ignore[no-any-return]

    client = BuildkiteClient(
        "acme", token=token, store=store, transport=httpx.MockTransport(answered()), stages=[stage], breaker=None
    )
    client.builds.get("web", 1)
    fails.append(True)
    if what == "closed":
        client.close()
    for _ in range(5):
        with pytest.raises((Refusal, BuildkiteError)):
            client.builds.get("web", 1)
    assert left_of(store) == 39


class Lost(httpx.BaseTransport):
    """Transport that fails as one of the user's may, perhaps after it has sent the request."""

    def __init__(self) -> None:
        self.requests = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.requests > 1:
            raise Refusal
        return answered()(request)


def test_a_request_that_an_unknown_transport_may_have_sent_counts(store: Any) -> None:
    client = BuildkiteClient("acme", token="t", store=store, transport=Lost(), breaker=None)
    client.builds.get("web", 1)
    for _ in range(5):
        with pytest.raises(Refusal):
            client.builds.get("web", 1)
    assert left_of(store) == 35


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_requests_that_are_cancelled_before_they_have_a_connection_do_not_count(
    server: Callable[..., Server], backend: str
) -> None:
    """The first one is on its way, and holds the only connection. It counts."""
    reached = threading.Event()

    def serve(connection: socket.socket) -> None:
        for number, _ in enumerate(heads(connection)):
            if number:
                reached.set()
                continue
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nRateLimit-Limit: 50\r\nRateLimit-Remaining: 40\r\nRateLimit-Reset: 200\r\n"
                b"Content-Length: 12\r\n\r\n" + b'{"number":1}'
            )

    api = server(serve)

    async def main() -> None:
        client = AsyncBuildkiteClient(
            "acme", token="t", base_url=api.url, store=MemoryStore(), limits=ConnectionLimits(max_connections=1)
        )
        await client.builds.get("web", 1)
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(client.builds.get, "web", 1)
            assert await anyio.to_thread.run_sync(reached.wait, PATIENCE)
            group.cancel_scope.cancel()
        assert client.budget.organization.remaining == 39
        await client.aclose()

    anyio.run(main, backend=backend)
