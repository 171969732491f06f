"""A body that is still arriving when its process is forked: the parent reads on, and a child opens a connection of its own."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import socket
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, ConfigurationError, errors
from buildkite_ext.models import Artifact

from .servers import Server, heads, in_child

Start = Callable[..., Server]

pytestmark = [
    pytest.mark.usefixtures("small_heap"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system"),
]

LINES = 40_000
LOG = b"".join(b"%099d\n" % number for number in range(LINES))
STARTED, FINISHED = "2026-01-05T09:00:00Z", "2026-01-05T09:01:00Z"
FAST: Any = {"poll_interval": 0.01, "timeout": 60}


def reply(connection: socket.socket, status: bytes, body: bytes, *headers: bytes) -> None:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)


def buildkite(connection: socket.socket) -> None:
    """Serve a finished job, its build and its log."""
    job = {"id": "j", "name": "test", "type": "script", "state": "passed", "started_at": STARTED}
    job["finished_at"] = FINISHED
    for head in heads(connection):
        path = head.split(b" ")[1].partition(b"?")[0]
        if path.endswith(b"/log"):
            asked = re.search(rb"(?i)range: bytes=-(\d+)", head)
            assert asked is not None
            part = LOG[-int(asked[1]) :]
            place = b"Content-Range: bytes %d-%d/%d" % (len(LOG) - len(part), len(LOG) - 1, len(LOG))
            reply(connection, b"206 Partial Content", part, place, b"Content-Type: text/plain")
        else:
            build = {"id": "b", "number": 7, "state": "passed", "finished_at": FINISHED, "jobs": [job]}
            found = job if b"/jobs/" in path else build
            reply(connection, b"200 OK", json.dumps(found).encode(), b"Content-Type: application/json")


def fork(function: Callable[[], object]) -> int:
    """Run `function` in a child process beside this one, and return its process id."""
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
    return process


def assert_success(process: int) -> None:
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def in_new_thread(function: Callable[[], object]) -> None:
    """Run `function` in a thread, where no event loop runs."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if faults:
        raise faults[0]


def assert_rest(lines: Iterator[Any], first: int = 1) -> None:
    assert [int(line.text) for line in lines] == list(range(first, LINES))


async def assert_async_rest(lines: AsyncIterator[Any], first: int = 1) -> None:
    assert [int(line.text) async for line in lines] == list(range(first, LINES))


FOLLOW: list[Callable[[Any], Any]] = [
    lambda client: client.jobs.follow("web", 7, "j", **FAST),
    lambda client: client.builds.follow("web", 7, **FAST),
]


@pytest.mark.parametrize("follow", FOLLOW, ids=["job", "build"])
def test_both_processes_follow_a_log_to_its_end(server: Start, follow: Callable[[Any], Any]) -> None:
    with BuildkiteClient("acme", token="t", base_url=server(buildkite).url) as client:
        lines = follow(client)
        assert int(next(lines).text) == 0
        child = fork(lambda: assert_rest(lines))
        assert_rest(lines)
        assert_success(child)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("follow", FOLLOW, ids=["job", "build"])
def test_both_processes_follow_a_log_in_event_loops(server: Start, backend: str, follow: Callable[[Any], Any]) -> None:
    api = server(buildkite)

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", token="t", base_url=api.url) as client:
            lines = follow(client)
            assert int((await anext(lines)).text) == 0
            child = fork(lambda: in_new_thread(lambda: anyio.run(assert_async_rest, lines, backend=backend)))
            await assert_async_rest(lines)
            assert_success(child)

    anyio.run(main, backend=backend)


def test_a_child_that_may_not_ask_again_gets_an_error(server: Start) -> None:
    with BuildkiteClient("acme", token="t", base_url=server(buildkite).url, retry=None) as client:
        lines = client.jobs.follow("web", 7, "j", **FAST)
        assert int(next(lines).text) == 0

        def refused() -> None:
            with pytest.raises(errors.ResponseLost, match="opened before this process was forked"):
                list(lines)

        in_child(refused)
        in_child(lambda: in_child(refused))
        assert_rest(lines)


@pytest.mark.parametrize("leave", ["close", "delete"])
def test_a_child_that_leaves_a_log_leaves_the_connection_to_its_parent(server: Start, leave: str) -> None:
    with BuildkiteClient("acme", token="t", base_url=server(buildkite).url) as client:
        held = [client.jobs.follow("web", 7, "j", **FAST)]
        assert int(next(held[0]).text) == 0

        def left() -> None:
            if leave == "close":
                held[0].close()
            held.clear()
            gc.collect()
            assert client.jobs.get("web", 7, "j").id == "j"

        in_child(left)
        assert_rest(held[0])


def test_a_transport_of_httpx_gives_an_error_in_a_child(server: Start) -> None:
    transport = httpx.HTTPTransport()
    with BuildkiteClient("acme", token="t", base_url=server(buildkite).url, transport=transport) as client:
        lines = client.jobs.follow("web", 7, "j", **FAST)
        assert int(next(lines).text) == 0

        def refused() -> None:
            with pytest.raises(ConfigurationError, match="Make the client in the child process"):
                list(lines)

        in_child(refused)
        assert_rest(lines)


CONTENT = bytes(range(256)) * 8000


class _Storage:
    """Server of one artifact, behind a redirect to a storage of another origin."""

    def __init__(self, start: Start) -> None:
        self._storage = start(self._store)
        self.url = start(self._redirect).url

    def _store(self, connection: socket.socket) -> None:
        for _ in heads(connection):
            reply(connection, b"200 OK", CONTENT)

    def _redirect(self, connection: socket.socket) -> None:
        for _ in heads(connection):
            reply(connection, b"302 Found", b"", b"Location: " + self._storage.url.encode() + b"stored")


ARTIFACT = Artifact.from_dict(
    {
        "id": "a",
        "job_id": "j",
        "state": "finished",
        "path": "big.bin",
        "filename": "big.bin",
        "file_size": len(CONTENT),
        "sha1sum": hashlib.sha1(CONTENT).hexdigest(),
        "url": "https://api.test/v2/organizations/acme/pipelines/web/builds/7/jobs/j/artifacts/a",
        "download_url": "https://api.test/v2/organizations/acme/pipelines/web/builds/7/jobs/j/artifacts/a/download",
    }
)


class _ForksOnce:
    """Progress that forks at the first bytes. The parent waits for its child, which goes on with the download too."""

    def __init__(self) -> None:
        self.is_child = False
        self.child: int | None = None

    def __call__(self, _: object) -> None:
        if self.child is None:
            self.child = os.fork()
            self.is_child = self.child == 0
            if not self.is_child:
                assert_success(self.child)


@pytest.mark.parametrize("retry", [True, False], ids=["again", "error"])
def test_a_download_that_is_forked_is_complete_in_both_processes(server: Start, tmp_path: Path, retry: bool) -> None:
    forks = _ForksOnce()
    options: Any = {} if retry else {"retry": None}
    target = tmp_path / "big.bin"
    with BuildkiteClient("acme", token="t", base_url=_Storage(server).url, **options) as client:
        status = 1
        try:
            failed: errors.ResponseLost | None = None
            try:
                client.artifacts.download(ARTIFACT, to=target, on_progress=forks)
            except errors.ResponseLost as error:
                failed = error
            if forks.is_child and not retry:
                assert "opened before this process was forked" in str(failed)
                assert not target.exists()
            else:
                assert failed is None
                assert target.read_bytes() == CONTENT
            status = 0
        except BaseException:
            if not forks.is_child:
                raise
            traceback.print_exc()
        finally:
            if forks.is_child:
                gc.collect()
                os._exit(status)
    assert [path.name for path in tmp_path.iterdir()] == ["big.bin"]


def pages(connection: socket.socket) -> None:
    """Serve three pages of builds."""
    for head in heads(connection):
        found = re.search(rb"[?&]page=(\d)", head)
        page = int(found[1]) if found else 1
        target = head.split(b" ")[1].partition(b"?")[0]
        following = [b'Link: <%s?page=%d>; rel="next"' % (target, page + 1)] if page < 3 else []
        body = json.dumps([{"id": f"b{page}", "number": page}]).encode()
        reply(connection, b"200 OK", body, b"Content-Type: application/json", *following)


def test_both_processes_read_on_in_a_list(server: Start) -> None:
    with BuildkiteClient("acme", token="t", base_url=server(pages).url) as client:
        builds = iter(client.builds.list("web"))
        assert next(builds).number == 1

        def rest() -> None:
            assert [build.number for build in builds] == [2, 3]

        child = fork(rest)
        rest()
        assert_success(child)
