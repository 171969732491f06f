"""Following large logs over sockets: an answer that is still arriving is left without a connection that stays busy."""

from __future__ import annotations

import contextlib
import gc
import json
import re
import socket
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, errors

from .servers import Server, heads

pytestmark = pytest.mark.usefixtures("small_heap")

LINES = 200_000
LINE = b"%099d\n"


def send_log(connection: socket.socket) -> None:
    for first in range(0, LINES, 1000):
        connection.sendall(b"".join(LINE % number for number in range(first, first + 1000)))


def send_part(connection: socket.socket) -> None:
    """Send the beginning, and the rest when the client has waited for long."""
    connection.sendall(b"".join(LINE % number for number in range(20)))
    connection.settimeout(20)
    try:
        connection.recv(1)  # the client closes the connection
    except TimeoutError:
        send_log(connection)


def job_with(send: Callable[[socket.socket], None], state: str = "running") -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        for head in heads(connection):
            if re.match(rb"GET \S+/log ", head):
                size = LINES * 100
                place = b"Content-Range: bytes 0-%d/%d" % (size - 1, size)
                connection.sendall(b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\n%s\r\n\r\n" % (size, place))
                send(connection)
            else:
                job = {
                    "id": "j",
                    "name": "test",
                    "type": "script",
                    "state": state,
                    "started_at": "2026-01-05T09:00:00Z",
                }
                body = json.dumps(job).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    return serve


def blocking_break(client: BuildkiteClient) -> None:
    for line in client.jobs.follow("web", 7, "j"):
        assert int(line.text) == 0
        break


def blocking_close(client: BuildkiteClient) -> None:
    with client.jobs.follow("web", 7, "j") as lines:
        assert int(next(lines).text) == 0


def blocking_error(client: BuildkiteClient) -> None:
    with contextlib.suppress(ZeroDivisionError):
        for line in client.jobs.follow("web", 7, "j"):
            assert 1 / int(line.text)
    gc.collect()


@pytest.mark.parametrize("leave", [blocking_break, blocking_close, blocking_error])
def test_a_large_answer_that_is_left_frees_its_connection(
    server: Callable[..., Server], leave: Callable[[BuildkiteClient], None]
) -> None:
    served = server(job_with(send_log))
    with BuildkiteClient("acme", token="t", base_url=served.url) as client:
        leave(client)
        assert served.open_connections() == 0
        assert client.jobs.get("web", 7, "j").id == "j"


async def async_break(client: AsyncBuildkiteClient) -> None:
    async for line in client.jobs.follow("web", 7, "j"):
        assert int(line.text) == 0
        break


async def async_close(client: AsyncBuildkiteClient) -> None:
    lines = client.jobs.follow("web", 7, "j")
    assert int((await anext(lines)).text) == 0
    await lines.aclose()


async def async_cancelled_between_lines(client: AsyncBuildkiteClient) -> None:
    with anyio.CancelScope() as scope:
        async for line in client.jobs.follow("web", 7, "j"):
            assert int(line.text) == 0
            scope.cancel()
            await anyio.sleep(60)
    assert scope.cancelled_caught


async def async_cancelled_while_reading(client: AsyncBuildkiteClient) -> None:
    with anyio.CancelScope() as scope:
        async for line in client.jobs.follow("web", 7, "j"):
            if int(line.text) == 5000:
                scope.cancel()
    assert scope.cancelled_caught


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    "leave", [async_break, async_close, async_cancelled_between_lines, async_cancelled_while_reading]
)
def test_a_large_answer_that_is_left_frees_its_connection_in_an_event_loop(
    server: Callable[..., Server], backend: str, leave: Callable[[AsyncBuildkiteClient], Any]
) -> None:
    served = server(job_with(send_log))

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", token="t", base_url=served.url) as client:
            await leave(client)
            gc.collect()
            assert await anyio.to_thread.run_sync(served.open_connections) == 0
            assert (await client.jobs.get("web", 7, "j")).id == "j"

    anyio.run(main, backend=backend)


def test_the_time_allowed_holds_for_a_log_that_stops_arriving(server: Callable[..., Server], flavour: str) -> None:
    served = server(job_with(send_part))
    found: list[int] = []

    async def follow() -> None:
        async with AsyncBuildkiteClient("acme", token="t", base_url=served.url) as client:
            async for line in client.jobs.follow("web", 7, "j", timeout=1):
                found.append(int(line.text))

    def follow_blocking() -> None:
        with BuildkiteClient("acme", token="t", base_url=served.url) as client:
            for line in client.jobs.follow("web", 7, "j", timeout=1):
                found.append(int(line.text))

    with pytest.raises(errors.DeadlineExceeded, match="timeout="):
        follow_blocking() if flavour == "blocking" else anyio.run(follow, backend=flavour)
    assert found == list(range(20))
