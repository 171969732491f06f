"""Hundreds of calls keep no more memory than a few, and an answer that a mock gives again stays as it is."""

from __future__ import annotations

import gc
import logging
import socket
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import anyio
import httpx
import pytest
from buildkite_api.api.builds import get_build

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, BuildNotFound

from .servers import Server, heads

pytestmark = pytest.mark.usefixtures("small_heap")

Start = Callable[..., Server]

BUILD = b'{"id": "b1", "number": 1, "state": "passed", "message": "Release"}'
CALLS = 100


@pytest.fixture(autouse=True)
def without_lines(caplog: pytest.LogCaptureFixture) -> None:
    """Let no call write to the log: pytest would keep its lines, if a test before this one has left the level low."""
    caplog.set_level(logging.WARNING, "buildkite_ext")


def answer(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/404"):
        return httpx.Response(404, json={"message": "No build found"})
    is_list = request.method == "GET" and request.url.path.endswith("/builds")
    return httpx.Response(200, content=b"[" + BUILD + b"]" if is_list else BUILD)


KINDS: dict[str, Callable[[Any], Any]] = {
    "get": lambda client: client.builds.get("web", 1),
    "first of a list": lambda client: client.builds.list("web", branch="main").first(),
    "all of a list": lambda client: client.builds.list("web", branch="main").all(),
    "create": lambda client: client.builds.create("web", branch="main", env={"A": "1"}),
    "call": lambda client: client.call(get_build, "acme", "web", 1),
    "request": lambda client: client.request("GET", "organizations/{org}/pipelines/web/builds/1"),
}


def kept(flavour: str, work: Callable[[Any], Any], **options: Any) -> tuple[int, int]:
    """Return the objects and the bytes that CALLS calls keep: the least of five times, since other threads may take memory meanwhile."""
    options = {"token": "t", **options}
    counts: list[tuple[int, int]] = []

    def count() -> None:
        gc.collect()
        counts.append((len(gc.get_objects()), tracemalloc.get_traced_memory()[0]))

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", **options) as client:
            for _ in range(5):
                count()
                for _ in range(CALLS):
                    await work(client)
            count()

    tracemalloc.start()
    try:
        if flavour != "blocking":
            anyio.run(main, backend=flavour)
        else:
            with BuildkiteClient("acme", **options) as client:
                for _ in range(5):
                    count()
                    for _ in range(CALLS):
                        work(client)
                count()
    finally:
        tracemalloc.stop()
    differences = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(counts)]
    return min(objects for objects, _ in differences), min(size for _, size in differences)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flavour", ["blocking", "asyncio"])
def test_calls_keep_nothing(flavour: str, kind: str) -> None:
    objects, size = kept(flavour, KINDS[kind], transport=httpx.MockTransport(answer))
    assert objects < CALLS // 2
    assert size < 100 * CALLS


def test_calls_that_fail_keep_nothing() -> None:
    def work(client: BuildkiteClient) -> None:
        with pytest.raises(BuildNotFound):
            client.builds.get("web", 404)

    objects, size = kept("blocking", work, transport=httpx.MockTransport(answer))
    assert objects < CALLS // 2
    assert size < 100 * CALLS


def test_calls_over_sockets_keep_nothing(flavour: str, server: Start) -> None:
    def serve(connection: socket.socket) -> None:
        for _ in heads(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BUILD), BUILD))

    objects, size = kept(flavour, KINDS["get"], base_url=server(serve).url)
    assert objects < CALLS // 2
    assert size < 100 * CALLS


@pytest.mark.parametrize("flavour", ["blocking", "asyncio", "trio"])
def test_an_answer_that_a_mock_gives_again_stays_as_it_is(flavour: str) -> None:
    """Each call has an answer of its own."""
    again = httpx.Response(200, content=BUILD, headers={"Transfer-Encoding": "chunked", "X-Own": "1"})
    transport = httpx.MockTransport(lambda _: again)
    path = "organizations/acme/pipelines/web/builds/{}"

    async def main() -> list[httpx.Response]:
        async with AsyncBuildkiteClient("acme", token="t", transport=transport) as client:
            return [await client.request("GET", path.format(number)) for number in (1, 2)]

    if flavour == "blocking":
        with BuildkiteClient("acme", token="t", transport=transport) as client:
            first, second = (client.request("GET", path.format(number)) for number in (1, 2))
    else:
        first, second = anyio.run(main, backend=flavour)
    assert [each.request.url.path[-1] for each in (first, second)] == ["1", "2"]
    first.headers["X-Own"] = "2"
    assert first.content == second.content == BUILD
    assert second.headers["X-Own"] == again.headers["X-Own"] == "1"
    assert "Transfer-Encoding" not in second.headers
    assert again.headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("flavour", ["blocking", "asyncio", "trio"])
def test_a_chunked_answer_has_the_length_that_it_has(flavour: str, server: Start) -> None:
    def serve(connection: socket.socket) -> None:
        for _ in heads(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(BUILD), BUILD))

    url = server(serve).url

    async def main() -> httpx.Response:
        async with AsyncBuildkiteClient("acme", token="t", base_url=url) as client:
            return await client.request("GET", "organizations/acme")

    if flavour == "blocking":
        with BuildkiteClient("acme", token="t", base_url=url) as client:
            answered = client.request("GET", "organizations/acme")
    else:
        answered = anyio.run(main, backend=flavour)
    assert answered.content == BUILD
    assert answered.headers["Content-Length"] == str(len(BUILD))
    assert "Transfer-Encoding" not in answered.headers
    assert answered.is_closed
    assert answered.elapsed.total_seconds() > 0
