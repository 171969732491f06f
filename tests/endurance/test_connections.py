"""Connections under load: 10,000 cancellations at random moments, 800 calls at once."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import Callable, Iterator

import anyio
import httpx
import pytest
import trio

from buildkite_ext import AsyncBuildkiteClient
from buildkite_ext.events import Event, RetryScheduled
from buildkite_ext.transport.http import AsyncHttpTransport
from buildkite_ext.transport.rates import ConnectionLimits

from ..transport.servers import Server, heads

CONNECTIONS = 25
CALLS = 10_000


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    from ..transport.servers import CERTIFICATE

    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    server = Server(_fickle, tls=request.param)
    yield server.url
    server.close()


def _fickle(connection: socket.socket) -> None:
    """Answer in pieces, at varying speed, and sometimes not to the end."""
    dice = random.Random(connection.getpeername()[1])
    for _ in heads(connection):
        time.sleep(dice.random() * 0.002)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 200)
        time.sleep(dice.random() * 0.002)
        if dice.random() < 0.02:
            return
        connection.sendall(b"x" * 300)


async def _get(transport: AsyncHttpTransport, url: str) -> None:
    response = await transport.handle_async_request(httpx.Request("GET", url))
    try:
        assert len(await response.aread()) == 500
    finally:
        await response.aclose()


async def _check(transport: AsyncHttpTransport, url: str) -> None:
    """Check that no connection is busy, and that as many requests as before may run at the same time."""
    assert transport.connections.busy == 0
    held = []
    with anyio.fail_after(60):
        while len(held) < CONNECTIONS:
            with contextlib.suppress(httpx.TransportError):
                held.append(await transport.handle_async_request(httpx.Request("GET", url)))
    for each in held:
        await each.aclose()
    assert transport.connections.busy == 0


@pytest.mark.parametrize("cancels", [1, 2])
def test_ten_thousand_cancellations_on_asyncio(url: str, cancels: int) -> None:
    dice = random.Random(cancels)
    logged: list[object] = []

    async def one(transport: AsyncHttpTransport) -> None:
        task = asyncio.create_task(_get(transport, url))
        await asyncio.sleep(dice.random() * 0.02)
        for _ in range(cancels):
            task.cancel()
            await asyncio.sleep(0 if dice.random() < 0.5 else dice.random() * 0.002)
        with contextlib.suppress(asyncio.CancelledError, httpx.TransportError):
            await task

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
        async with AsyncHttpTransport(limits=ConnectionLimits(max_connections=CONNECTIONS)) as transport:
            for _ in range(CALLS // 50):
                await asyncio.gather(*(one(transport) for _ in range(50)))
            await _check(transport, url)

    asyncio.run(main())
    assert logged == []


def test_ten_thousand_cancellations_on_trio(url: str) -> None:
    dice = random.Random(3)

    async def one(transport: AsyncHttpTransport) -> None:
        with trio.move_on_after(dice.random() * 0.02), contextlib.suppress(httpx.TransportError):
            await _get(transport, url)

    async def main() -> None:
        async with AsyncHttpTransport(limits=ConnectionLimits(max_connections=CONNECTIONS)) as transport:
            for _ in range(CALLS // 50):
                async with trio.open_nursery() as nursery:
                    for _ in range(50):
                        nursery.start_soon(one, transport)
            await _check(transport, url)

    trio.run(main)


def _builds(connection: socket.socket) -> None:
    for head in heads(connection):
        time.sleep(0.02)
        number = head.split(b" ")[1].rpartition(b"/")[2]
        body = b'{"number": %b}' % number
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_eight_hundred_calls_at_once_get_their_answers(backend: str) -> None:
    server = Server(_builds)
    retries: list[Event] = []
    found: list[int] = []

    def hook(event: Event) -> None:
        if isinstance(event, RetryScheduled):
            retries.append(event)

    async def main() -> None:
        options: dict[str, object] = {"token": "t", "base_url": server.url, "timeout": None, "on_event": hook}
        client: Callable[..., AsyncBuildkiteClient] = AsyncBuildkiteClient
        async with client("acme", **options) as buildkite, anyio.create_task_group() as group:

            async def one(number: int) -> None:
                assert (await buildkite.builds.get("web", number)).number == number
                found.append(number)

            for number in range(1, 801):
                group.start_soon(one, number)

    anyio.run(main, backend=backend)
    server.close()
    assert sorted(found) == list(range(1, 801))
    assert retries == []
