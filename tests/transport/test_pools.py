"""Connections by process and by event loop."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import socket
import threading
import warnings
from collections.abc import Callable

import anyio
import httpx
import pytest
import trio

from buildkite_ext.transport.http import AsyncHttpTransport, HttpTransport

from .servers import Server, heads, in_child

Start = Callable[..., Server]

pytestmark = [
    pytest.mark.usefixtures("small_heap"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system"),
]


def echo(connection: socket.socket) -> None:
    """Answer with the port of the client and the path of the request."""
    port = connection.getpeername()[1]
    for head in heads(connection):
        body = f"{port} {head.split(b' ')[1].decode()}".encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def ask(transport: HttpTransport, url: str, path: str = "x") -> str:
    """Return the port of the connection that was used."""
    response = transport.handle_request(httpx.Request("GET", url + path))
    port, asked = response.read().decode().split()
    response.close()
    assert asked == f"/{path}"
    return port


async def aask(transport: AsyncHttpTransport, url: str, path: str = "x") -> str:
    response = await transport.handle_async_request(httpx.Request("GET", url + path))
    port, asked = (await response.aread()).decode().split()
    await response.aclose()
    assert asked == f"/{path}"
    return port


class TestFork:
    @pytest.mark.parametrize("tls", [False, True])
    def test_blocking_code(self, server: Start, tls: bool) -> None:
        url = server(echo, tls=tls).url
        with HttpTransport() as transport:
            mine = ask(transport, url)

            def child() -> None:
                assert transport.connections.idle == 0
                theirs = {ask(transport, url, f"child{n}") for n in range(20)}
                assert len(theirs) == 1
                assert mine not in theirs
                transport.close()

            in_child(child)
            assert ask(transport, url, "parent") == mine

    def test_a_lock_held_by_another_thread(self, server: Start) -> None:
        url = server(echo).url
        with HttpTransport() as transport, transport._lock:
            in_child(lambda: ask(transport, url))

    @pytest.mark.parametrize("tls", [False, True])
    def test_async_code(self, server: Start, tls: bool) -> None:
        url = server(echo, tls=tls).url

        async def main() -> None:
            async with AsyncHttpTransport() as transport:
                mine = await aask(transport, url)
                half_read = await transport.handle_async_request(httpx.Request("GET", url))

                async def child_main() -> None:
                    await half_read.aclose()
                    theirs = {await aask(transport, url, f"child{n}") for n in range(5)}
                    assert len(theirs) == 1
                    assert mine not in theirs
                    await transport.aclose()

                in_child(lambda: asyncio.run(child_main()))
                with anyio.fail_after(60):
                    await half_read.aread()
                    await half_read.aclose()
                    assert await aask(transport, url, "parent") == mine

        asyncio.run(main())

    def test_a_child_that_ends_the_parents_loop_leaves_its_connections(self, server: Start) -> None:
        url = server(echo).url

        async def main() -> None:
            async with AsyncHttpTransport() as transport:
                mine = await aask(transport, url)
                loop = asyncio.get_running_loop()
                process = os.fork()
                if process == 0:
                    try:
                        await transport.aclose()
                        await loop.shutdown_asyncgens()
                    finally:
                        os._exit(0)
                await anyio.to_thread.run_sync(os.waitpid, process, 0)
                with anyio.fail_after(60):
                    assert await aask(transport, url, "parent") == mine

        asyncio.run(main())

    def test_multiprocessing(self, server: Start) -> None:
        url = server(echo).url
        with HttpTransport() as transport:
            mine = ask(transport, url)
            context = multiprocessing.get_context("fork")
            results: multiprocessing.SimpleQueue[set[str]] = context.SimpleQueue()

            def work(number: int) -> None:
                results.put({ask(transport, url, f"{number}/{n}") for n in range(30)})

            processes = [context.Process(target=work, args=(number,)) for number in range(4)]
            for process in processes:
                process.start()
            for n in range(30):
                assert ask(transport, url, f"parent/{n}") == mine
            for process in processes:
                process.join(60)
                assert process.exitcode == 0
            ports = [results.get() for _ in processes]
            assert len(set().union(*ports)) == 4  # one connection each, none of them shared
            assert mine not in set().union(*ports)


class TestLoops:
    def test_two_loops_in_two_threads_keep_their_connections(self, server: Start) -> None:
        echoing = server(echo)
        transport = AsyncHttpTransport()
        turns = threading.Barrier(2, timeout=60)
        ports: list[set[str]] = []

        def run() -> None:
            async def main() -> None:
                used = set()
                for n in range(10):
                    turns.wait()
                    used.add(await aask(transport, echoing.url, str(n)))
                ports.append(used)
                turns.wait()
                await transport.aclose()

            asyncio.run(main())

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [len(each) for each in ports] == [1, 1]
        assert ports[0] != ports[1]
        assert echoing.open_connections() == 0

    def test_aclose_leaves_the_connections_of_another_loop(self, server: Start) -> None:
        url = server(echo).url

        async def main() -> None:
            transport = AsyncHttpTransport()
            mine = await aask(transport, url)
            await anyio.to_thread.run_sync(lambda: asyncio.run(transport.aclose()))
            await anyio.to_thread.run_sync(lambda: trio.run(transport.aclose))
            assert await aask(transport, url) == mine
            await transport.aclose()
            assert (transport.connections.busy, transport.connections.idle) == (0, 0)
            assert await aask(transport, url) != mine

        asyncio.run(main())

    @pytest.mark.parametrize("tls", [False, True])
    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_a_loop_that_ends_closes_its_connections(self, server: Start, backend: str, tls: bool) -> None:
        echoing = server(echo, tls=tls)
        transport = AsyncHttpTransport()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for n in range(3):
                anyio.run(aask, transport, echoing.url, str(n), backend=backend)
                assert transport.connections.idle == 0
                gc.collect()
        assert [str(each.message) for each in caught if each.category is not DeprecationWarning] == []
        assert echoing.connections == 3
        assert echoing.open_connections() == 0

    @pytest.mark.parametrize("tls", [False, True])
    def test_a_loop_that_was_closed_without_its_end(self, server: Start, tls: bool) -> None:
        echoing = server(echo, tls=tls)
        transport = AsyncHttpTransport()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for n in range(3):
                loop = asyncio.new_event_loop()
                loop.run_until_complete(aask(transport, echoing.url, str(n)))
                loop.close()
            asyncio.run(transport.aclose())
            gc.collect()
        assert [str(each.message) for each in caught if each.category is not DeprecationWarning] == []
        assert echoing.open_connections() == 0

    def test_a_loop_that_ends_in_the_middle_of_an_answer(self, server: Start) -> None:
        def slow(connection: socket.socket) -> None:
            next(heads(connection))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            begun.set()
            connection.recv(1)

        begun = threading.Event()
        slowly = server(slow)
        transport = AsyncHttpTransport()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")

            async def main() -> None:
                task = asyncio.create_task(aask(transport, slowly.url))
                await asyncio.to_thread(begun.wait, 60)
                assert not task.done()

            asyncio.run(main())
            gc.collect()
        assert [str(each.message) for each in caught if each.category is not DeprecationWarning] == []
        assert slowly.open_connections() == 0

    def test_a_transport_that_is_dropped_closes_its_connections(self, server: Start) -> None:
        echoing = server(echo)

        async def main() -> None:
            await aask(AsyncHttpTransport(), echoing.url)
            gc.collect()
            await asyncio.sleep(0)

        asyncio.run(main())
        assert echoing.open_connections() == 0
