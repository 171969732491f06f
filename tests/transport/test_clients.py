"""Connections of the clients themselves: after a fork, in a second event loop, when calls are cancelled."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import socket
import traceback
from collections.abc import Callable

import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

from .servers import Server, heads

Start = Callable[..., Server]

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def builds(connection: socket.socket) -> None:
    """Answer with the build that was asked for."""
    for head in heads(connection):
        number = head.split(b" ")[1].rpartition(b"/")[2]
        body = b'{"id": "b%b", "number": %b, "state": "passed"}' % (number, number)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def in_child(function: Callable[[], None]) -> None:
    process = os.fork()
    if process == 0:
        status = 1
        try:
            function()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def numbers(client: BuildkiteClient, start: int) -> None:
    for number in range(start, start + 30):
        assert client.builds.get("web", number).number == number


@forks
class TestFork:
    @pytest.mark.parametrize("copied", [False, True], ids=["client", "copy"])
    def test_a_child_reads_its_own_answers(self, server: Start, copied: bool) -> None:
        client = BuildkiteClient("acme", token="t", base_url=server(builds).url)
        used = client.with_options(timeout=60) if copied else client
        numbers(used, 1)
        in_child(lambda: numbers(used, 1000))
        numbers(used, 2000)
        client.close()

    def test_processes_of_a_pool_read_their_own_answers(self, server: Start) -> None:
        context = multiprocessing.get_context("fork")
        with BuildkiteClient("acme", token="t", base_url=server(builds).url) as client:
            numbers(client, 1)
            processes = [context.Process(target=numbers, args=(client, start)) for start in range(1000, 5000, 1000)]
            for process in processes:
                process.start()
            numbers(client, 5000)
            for process in processes:
                process.join(60)
            assert [process.exitcode for process in processes] == [0] * 4

    def test_an_async_client_in_a_child(self, server: Start) -> None:
        client = AsyncBuildkiteClient("acme", token="t", base_url=server(builds).url)

        async def some(start: int) -> None:
            for number in range(start, start + 10):
                assert (await client.builds.get("web", number)).number == number

        asyncio.run(some(1))
        in_child(lambda: asyncio.run(some(1000)))
        asyncio.run(some(2000))
        asyncio.run(client.aclose())


def test_an_async_client_works_in_one_event_loop_after_the_other(server: Start) -> None:
    client = AsyncBuildkiteClient("acme", token="t", base_url=server(builds).url)

    async def get(number: int) -> int:
        return (await client.builds.get("web", number)).number

    assert [asyncio.run(get(number)) for number in range(1, 4)] == [1, 2, 3]


def test_cancelled_calls_leave_no_connection_busy(server: Start) -> None:
    moments = random.Random(8)

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", token="t", base_url=server(builds).url) as client:

            async def cancelled(number: int, times: int) -> None:
                call = asyncio.ensure_future(client.builds.get("web", number))
                await asyncio.sleep(moments.random() * 0.004)
                for _ in range(times):
                    call.cancel()
                    await asyncio.sleep(0)
                await asyncio.wait([call])
                if not call.cancelled():
                    assert (await call).number == number

            for times in (1, 2):
                for start in range(1, 200, 20):
                    await asyncio.gather(*(cancelled(start + each, times) for each in range(20)))
            assert (await client.builds.get("web", 9)).number == 9
            transport = client._requester._shared.api()
            assert transport.connections.busy == 0  # type: ignore[union-attr]

    asyncio.run(main())
