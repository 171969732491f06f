"""Cancellation at any time leaves no connection busy."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import random
import socket
import time
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
import trio

from buildkite_ext._cancellation import asyncio_task, guarded
from buildkite_ext.transport.http import AsyncHttpTransport
from buildkite_ext.transport.rates import ConnectionLimits

from .servers import Server, heads, mute

Start = Callable[..., Server]


def fickle(connection: socket.socket) -> None:
    """Answer in pieces, at varying speed, and sometimes not to the end."""
    dice = random.Random(connection.getpeername()[1])
    for _ in heads(connection):
        time.sleep(dice.random() * 0.002)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 200)
        time.sleep(dice.random() * 0.002)
        if dice.random() < 0.1:
            return
        connection.sendall(b"x" * 300)


async def get(transport: AsyncHttpTransport, url: str) -> int:
    response = await transport.handle_async_request(httpx.Request("GET", url))
    try:
        return len(await response.aread())
    finally:
        await response.aclose()


@pytest.mark.parametrize("cancels", [1, 2])
@pytest.mark.parametrize("tls", [False, True])
def test_native_cancels_leave_no_connection_busy(server: Start, tls: bool, cancels: int) -> None:
    url = server(fickle, tls=tls).url
    dice = random.Random(cancels)
    logged: list[dict[str, Any]] = []

    async def one(transport: AsyncHttpTransport) -> None:
        task = asyncio.create_task(get(transport, url))
        await asyncio.sleep(dice.random() * 0.008)
        for _ in range(cancels):
            task.cancel()
            await asyncio.sleep(0)
        with contextlib.suppress(asyncio.CancelledError, httpx.TransportError):
            assert await task == 500

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
        # fewer connections than requests: some are cancelled while they wait for one
        async with AsyncHttpTransport(limits=ConnectionLimits(max_connections=15)) as transport:
            for _ in range(10 if tls else 50):
                await asyncio.gather(*(one(transport) for _ in range(20)))
                assert transport.connections.busy == 0
            for _ in range(100):
                try:
                    assert await asyncio.wait_for(get(transport, url), 60) == 500
                    break
                except httpx.TransportError:
                    pass

    asyncio.run(main())
    assert logged == []


def test_native_cancels_on_uvloop_leave_no_connection_busy(server: Start) -> None:
    uvloop = pytest.importorskip("uvloop")
    url = server(fickle).url
    dice = random.Random(4)

    async def one(transport: AsyncHttpTransport) -> None:
        task = asyncio.create_task(get(transport, url))
        await asyncio.sleep(dice.random() * 0.008)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        with contextlib.suppress(asyncio.CancelledError, httpx.TransportError):
            assert await task == 500

    async def main() -> None:
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
        async with AsyncHttpTransport(limits=ConnectionLimits(max_connections=15)) as transport:
            for _ in range(20):
                await asyncio.gather(*(one(transport) for _ in range(20)))
            assert transport.connections.busy == 0

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def test_cancels_on_trio_leave_no_connection_busy(server: Start) -> None:
    url = server(fickle).url
    dice = random.Random(1)

    async def one(transport: AsyncHttpTransport) -> None:
        with trio.move_on_after(dice.random() * 0.008):
            with contextlib.suppress(httpx.TransportError):
                await get(transport, url)

    async def main() -> None:
        async with AsyncHttpTransport(limits=ConnectionLimits(max_connections=15)) as transport:
            for _ in range(50):
                async with trio.open_nursery() as nursery:
                    for _ in range(20):
                        nursery.start_soon(one, transport)
                assert transport.connections.busy == 0

    trio.run(main)


def test_a_cancelled_handshake_behind_a_proxy_leaves_no_connection(
    server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tunnel(connection: socket.socket) -> None:
        next(heads(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while connection.recv(65536):
            pass

    http_proxy, socks_proxy = server(tunnel), server(mute)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{http_proxy.address}")
    monkeypatch.setenv("HTTP_PROXY", f"socks5://{socks_proxy.address}")

    async def main() -> None:
        async with AsyncHttpTransport() as transport:
            for url in ("https://api.example.test/", "http://api.example.test/"):
                with anyio.move_on_after(0.2):
                    await get(transport, url)
                assert (transport.connections.busy, transport.connections.idle) == (0, 0)

    for backend in ("asyncio", "trio"):
        anyio.run(main, backend=backend)
    assert http_proxy.open_connections() == socks_proxy.open_connections() == 0


class TestGuarded:
    """The guard alone, on asyncio."""

    def test_the_caller_waits_for_the_end_however_often_it_is_cancelled(self) -> None:
        events: list[str] = []

        async def attempt() -> None:
            try:
                await asyncio.sleep(600)
            finally:
                with anyio.CancelScope(shield=True):
                    await asyncio.sleep(0.05)
                    events.append("cleaned up")

        async def main() -> None:
            task = asyncio.create_task(guarded(attempt))
            await asyncio.sleep(0)
            while not task.done():
                await asyncio.sleep(0.001)
                task.cancel("enough")
            with pytest.raises(asyncio.CancelledError, match="enough"):
                await task
            events.append("ended")

        asyncio.run(main())
        assert events == ["cleaned up", "ended"]

    def test_a_result_that_arrives_although_cancelled_is_discarded(self) -> None:
        discarded: list[int] = []

        async def attempt() -> int:
            with anyio.CancelScope(shield=True):
                await asyncio.sleep(0.01)
            return 7

        async def discard(result: int) -> None:
            await asyncio.sleep(0)
            discarded.append(result)

        async def main() -> None:
            task = asyncio.create_task(guarded(attempt, discard=discard))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert discarded == [7]

    def test_a_result_of_the_same_moment_is_discarded(self) -> None:
        """The attempt has ended when the cancel arrives, and the caller hasn't resumed."""
        discarded: list[int] = []

        async def discard(result: int) -> None:
            discarded.append(result)

        async def main() -> None:
            gate = asyncio.Event()

            async def attempt() -> int:
                await gate.wait()
                asyncio.get_running_loop().call_soon(task.cancel)
                return 7

            task = asyncio.create_task(guarded(attempt, discard=discard))
            await asyncio.sleep(0.01)
            gate.set()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert discarded == [7]

    def test_timeouts_of_asyncio_and_anyio_work(self) -> None:
        async def main() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await guarded(lambda: asyncio.sleep(600))
            with anyio.move_on_after(0.01) as scope:
                await guarded(lambda: asyncio.sleep(600))
            assert scope.cancelled_caught
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0
            await asyncio.sleep(0)

        asyncio.run(main())

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_the_limit_is_a_timeout_error(self, backend: str) -> None:
        async def main() -> None:
            with pytest.raises(TimeoutError):
                await guarded(lambda: anyio.sleep(600), seconds=0.01)
            assert await guarded(lambda: _value(5), seconds=60) == 5

        anyio.run(main, backend=backend)

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_errors_pass(self, backend: str) -> None:
        async def fail() -> None:
            raise KeyError("x")

        async def main() -> None:
            with pytest.raises(KeyError):
                await guarded(fail)

        anyio.run(main, backend=backend)

    def test_context_variables_are_set_in_the_attempt(self) -> None:
        variable = contextvars.ContextVar[str]("variable")

        async def main() -> str:
            variable.set("kept")
            return await guarded(lambda: _value(variable.get()))

        assert asyncio.run(main()) == "kept"

    def test_an_attempt_in_an_attempt_is_one_task(self) -> None:
        async def task() -> asyncio.Task[Any] | None:
            return asyncio_task()

        async def outer() -> bool:
            return await guarded(task) is asyncio_task()

        async def main() -> bool:
            assert await guarded(task) is not asyncio_task()
            return await guarded(outer)

        assert asyncio.run(main())


async def _value(value: Any) -> Any:
    await anyio.lowlevel.checkpoint()
    return value
