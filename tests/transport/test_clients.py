"""Connections of the clients themselves: after a fork, in a second event loop, when calls are cancelled."""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import os
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, ResponseLost, VirtualClock
from buildkite_ext.models import Artifact

from .servers import Server, heads, in_child

Start = Callable[..., Server]

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def builds(connection: socket.socket) -> None:
    """Answer with the build that was asked for."""
    for head in heads(connection):
        number = head.split(b" ")[1].rpartition(b"/")[2]
        body = b'{"id": "b%b", "number": %b, "state": "passed"}' % (number, number)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


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


class Storage:
    """API and storage of one artifact, whose bytes come slowly."""

    def __init__(self, server: Start, pieces: int, pause: float) -> None:
        self.pieces = pieces
        self.pause = pause
        self.requests: list[bytes] = []
        self.storage = server(self.artifact).url
        self.url = server(self.api).url

    def api(self, connection: socket.socket) -> None:
        for _ in heads(connection):
            head = f"HTTP/1.1 302 Found\r\nLocation: {self.storage}x\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(head.encode())

    def artifact(self, connection: socket.socket) -> None:
        for head in heads(connection):
            self.requests.append(head)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.pieces)
            for _ in range(self.pieces):
                connection.sendall(b"x")
                time.sleep(self.pause)


def artifact(size: int) -> Artifact:
    return Artifact.from_dict({"id": "a", "job_id": "j", "path": "x", "filename": "x", "file_size": size})


@pytest.mark.parametrize("flavor", ["sync", "asyncio", "trio"])
def test_a_download_may_take_longer_than_a_call(server: Start, tmp_path: Path, flavor: str) -> None:
    storage = Storage(server, pieces=12, pause=0.1)
    wanted = artifact(12)
    options: dict[str, Any] = {"token": "t", "base_url": storage.url, "timeout": 0.7}
    if flavor == "sync":
        with BuildkiteClient("acme", **options) as client:
            written = client.artifacts.download(wanted, to=tmp_path)
    else:

        async def main() -> Path:
            async with AsyncBuildkiteClient("acme", **options) as client:
                return await client.artifacts.download(wanted, to=tmp_path)

        written = anyio.run(main, backend=flavor)
    assert written.read_bytes() == b"x" * 12
    assert len(storage.requests) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_virtual_time_does_not_end_a_call_that_takes_real_time(backend: str) -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await anyio.sleep(0.5)
        return httpx.Response(200, json={"id": "b", "number": 7})

    async def main() -> int:
        transport = httpx.MockTransport(slow)
        async with AsyncBuildkiteClient(
            "acme", token="t", transport=transport, clock=VirtualClock(), timeout=0.05
        ) as client:
            return (await client.builds.get("web", 7)).number

    assert anyio.run(main, backend=backend) == 7


@forks
def test_a_tool_that_wraps_the_transports_of_httpx_mixes_no_answers(
    server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def wrapped(method: Any) -> Any:
        @functools.wraps(method)
        def send(self: Any, request: httpx.Request) -> Any:
            seen.append(request.url.path)
            return method(self, request)

        return send

    for kind, name in ((httpx.HTTPTransport, "handle_request"), (httpx.AsyncHTTPTransport, "handle_async_request")):
        monkeypatch.setattr(kind, name, wrapped(getattr(kind, name)))
    url = server(builds).url
    with BuildkiteClient("acme", token="t", base_url=url) as client:
        numbers(client, 1)
        in_child(lambda: numbers(client, 1000))
        numbers(client, 2000)
    assert len(seen) == 60
    shared = AsyncBuildkiteClient("acme", token="t", base_url=url)

    async def get(number: int) -> int:
        async with shared.with_options():
            found = (await shared.builds.get("web", number)).number
        await shared._requester._shared.api().aclose()  # type: ignore[union-attr]
        return found

    assert [asyncio.run(get(number)) for number in (1, 2)] == [1, 2]


@pytest.mark.parametrize("flavor", ["sync", "asyncio"])
def test_the_cause_of_a_lost_answer_holds_no_token(server: Start, flavor: str) -> None:
    def truncated(connection: socket.socket) -> None:
        for _ in heads(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            return

    options: dict[str, Any] = {"token": "bkua_secret", "base_url": server(truncated).url, "retry": None}

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", **options) as client:
            await client.builds.get("web", 7)

    def call() -> None:
        if flavor == "asyncio":
            return asyncio.run(main())
        with BuildkiteClient("acme", **options) as client:
            client.builds.get("web", 7)
        return None

    with pytest.raises(ResponseLost) as lost:
        call()
    causes: list[BaseException | None] = [lost.value]
    while causes[-1] is not None:
        causes.append(causes[-1].__cause__ or causes[-1].__context__)
    for cause in causes:
        request = getattr(cause, "_request", None)
        assert request is None or "Authorization" not in request.headers
