"""A client made in a parent process and used in its children, as gunicorn, Celery and multiprocessing do."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from buildkite_ext import (
    AsyncBuildkiteClient,
    Budget,
    BuildkiteClient,
    Cache,
    ConfigurationError,
    MemoryStore,
    Retry,
    ServerError,
)
from tests.core.fakes import FakeClock

from .servers import Server, answers, heads, in_child

Start = Callable[..., Server]

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system"),
]


def builds(connection: socket.socket) -> None:
    """Answer with the build that was asked for."""
    for head in heads(connection):
        number = head.split(b" ")[1].rpartition(b"/")[2]
        body = b'{"id": "b%b", "number": %b, "state": "passed"}' % (number, number)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def numbers(client: BuildkiteClient, start: int, count: int = 20) -> None:
    for number in range(start, start + count):
        assert client.builds.get("web", number).number == number


def in_threads(client: BuildkiteClient, start: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda thread: numbers(client, start + 1000 * thread), range(4)))


def worker(function: Callable[[], object]) -> int:
    """Fork a worker as gunicorn's arbiter does, and return its process id."""
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


def success(process: int) -> bool:
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("used", [True, False], ids=["used", "unused"])
def test_workers_with_threads_beside_a_parent_that_goes_on(server: Start, used: bool) -> None:
    api = server(builds)
    with BuildkiteClient("acme", token="t", base_url=api.url) as client:
        if used:
            in_threads(client, 1)
        workers = [worker(lambda start=start: in_threads(client, start)) for start in (10_000, 20_000, 30_000)]
        in_threads(client, 40_000)
        # a worker that died is replaced
        killed = worker(lambda: signal.pause())
        os.kill(killed, signal.SIGKILL)
        assert not success(killed)
        workers.append(worker(lambda: in_threads(client, 50_000)))
        assert [success(each) for each in workers] == [True] * len(workers)
        numbers(client, 1)


def test_workers_that_are_forked_while_threads_of_the_parent_send(server: Start) -> None:
    api = server(builds)
    ended = threading.Event()
    faults: list[BaseException] = []

    def send(client: BuildkiteClient, start: int) -> None:
        try:
            while not ended.is_set():
                numbers(client, start, 5)
        except BaseException as error:
            faults.append(error)

    with BuildkiteClient("acme", token="t", base_url=api.url) as client:
        threads = [threading.Thread(target=send, args=(client, 1000 * each)) for each in range(1, 5)]
        for thread in threads:
            thread.start()
        workers = [worker(lambda start=start: numbers(client, start)) for start in range(10_000, 100_000, 10_000)]
        done = [success(each) for each in workers]
        ended.set()
        for thread in threads:
            thread.join()
    assert done == [True] * 9
    assert faults == []


def test_a_worker_that_forks_again(server: Start) -> None:
    """Celery's child processes may use multiprocessing themselves."""
    api = server(builds)
    with BuildkiteClient("acme", token="t", base_url=api.url) as client:
        numbers(client, 1)

        def work() -> None:
            numbers(client, 1000)
            in_child(lambda: numbers(client, 2000))
            numbers(client, 3000)
            client.close()

        in_child(work)
        numbers(client, 4000)


_client: BuildkiteClient
"""The client of a module, as tasks of Celery use it."""


def _task(number: int) -> int:
    return _client.builds.get("web", number).number


def test_tasks_in_a_pool_of_processes(server: Start) -> None:
    global _client
    with BuildkiteClient("acme", token="t", base_url=server(builds).url) as _client:
        assert _task(1) == 1
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(3, mp_context=context) as pool:
            assert list(pool.map(_task, range(100, 160))) == list(range(100, 160))
        with context.Pool(3) as old:
            assert old.map(_task, range(200, 260)) == list(range(200, 260))
        assert _task(2) == 2


def test_an_async_client_in_workers(server: Start) -> None:
    client = AsyncBuildkiteClient("acme", token="t", base_url=server(builds).url)

    async def some(start: int) -> None:
        found = await asyncio.gather(*(client.builds.get("web", start + each) for each in range(20)))
        assert [each.number for each in found] == list(range(start, start + 20))

    async def main() -> None:
        await some(1)
        # The child leaves this loop as it is, and begins one of its own.
        workers = [worker(lambda start=start: _in_new_loop(some(start))) for start in (1000, 2000, 3000)]
        await some(4000)
        assert [success(each) for each in workers] == [True] * len(workers)
        await some(5000)

    asyncio.run(main())


def _in_new_loop(coroutine: Any) -> None:
    asyncio._set_running_loop(None)
    asyncio.run(coroutine)


class TestOwnTransport:
    """transport=httpx.HTTPTransport() has connections of its own, which a child shares."""

    def test_one_that_was_used_is_refused_in_a_child(self, server: Start) -> None:
        transport = httpx.HTTPTransport()
        with BuildkiteClient("acme", token="t", base_url=server(builds).url, transport=transport) as client:
            numbers(client, 1)
            copy = client.with_options(timeout=5)

            def refused() -> None:
                for each in (client, copy):
                    with pytest.raises(ConfigurationError, match="Make the client in the child process"):
                        numbers(each, 1000)

            in_child(refused)
            in_child(lambda: in_child(refused))
            numbers(client, 2000)

    def test_one_that_was_not_used_works(self, server: Start) -> None:
        transport = httpx.HTTPTransport()
        with BuildkiteClient("acme", token="t", base_url=server(builds).url, transport=transport) as client:
            in_child(lambda: numbers(client, 1000))
            numbers(client, 1)

    def test_an_async_one(self, server: Start) -> None:
        transport = httpx.AsyncHTTPTransport()
        client = AsyncBuildkiteClient("acme", token="t", base_url=server(builds).url, transport=transport)

        async def get() -> None:
            await client.builds.get("web", 7)
            await client._requester._shared.api().aclose()  # type: ignore[union-attr]

        async def refused() -> None:
            with pytest.raises(ConfigurationError, match="Make the client in the child process"):
                await client.builds.get("web", 7)

        asyncio.run(get())
        in_child(lambda: asyncio.run(refused()))

    def test_a_mock_works_everywhere(self) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"number": 7}))
        with BuildkiteClient("acme", token="t", transport=transport) as client:
            assert client.builds.get("web", 7).number == 7
            in_child(lambda: client.builds.get("web", 7))


class TestStateThatTheParentWasChanging:
    """What another thread of the parent has begun, nobody ends in the child."""

    def _while_sending(self, client: BuildkiteClient, gate: Gate, in_the_child: Callable[[], object]) -> None:
        """Fork while another thread's request is on its way."""
        thread = threading.Thread(target=client.builds.get, args=("web", 1))
        thread.start()
        try:
            assert gate.inside.wait(60)
            in_child(in_the_child)
        finally:
            gate.open.set()
            thread.join(60)

    def test_a_probe_of_the_parent_is_none_of_the_child(self) -> None:
        clock, gate = FakeClock(), Gate(*[500] * 5)
        client = gate.client(clock=clock)
        for _ in range(5):
            with pytest.raises(ServerError):
                client.builds.get("web", 1)
        clock.advance(30)

        def probe() -> None:
            gate.open.set()
            numbers(client, 7, 3)

        self._while_sending(client, gate, probe)
        numbers(client, 7, 3)

    def test_a_question_of_the_parent_for_the_user_of_a_token_is_asked_again_in_the_child(self) -> None:
        gate, store = Gate(), MemoryStore()
        first, second = (gate.client(token=token, store=store) for token in ("bkua_1", "bkua_2"))
        gate.open.set()
        numbers(first, 1, 1)
        gate.open.clear()
        gate.inside.clear()

        def ask() -> None:
            gate.open.set()
            gate.paths.clear()
            numbers(second, 7, 2)
            assert gate.paths.count("/v2/access-token") == 1

        self._while_sending(second, gate, ask)
        assert gate.paths.count("/v2/access-token") == 1

    @pytest.mark.parametrize(
        "options", [{"coalesce": True}, {"cache": Cache()}, {"budget": Budget(reserve=48)}], ids=str
    )
    def test_a_request_of_the_parent_is_waited_for_by_none_in_the_child(self, options: Any) -> None:
        gate = Gate()
        client = gate.client(**options)

        def get() -> None:
            gate.open.set()
            assert client.budget.waiting == 0
            numbers(client, 1, 1)

        self._while_sending(client, gate, get)


class Gate:
    """API that answers first with some errors, and then holds each request until it is open."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self.open, self.inside = threading.Event(), threading.Event()
        self.paths: list[str] = []

    def client(self, **options: Any) -> BuildkiteClient:
        options = {"token": "bkua_0", "retry": Retry(attempts=1), **options}
        return BuildkiteClient("acme", transport=httpx.MockTransport(self), **options)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        if self._statuses:
            return httpx.Response(self._statuses.pop(0), json={"message": "down"})
        self.inside.set()
        assert self.open.wait(60)
        headers = {"RateLimit-Limit": "50", "RateLimit-Remaining": "49", "RateLimit-Reset": "60"}
        number = request.url.path.rpartition("/")[2]
        return httpx.Response(200, headers=headers, json={"number": int(number) if number.isdigit() else None})


@pytest.mark.parametrize(
    "module",
    ["buildkite_ext.transport.http", "buildkite_api.models", "buildkite_api.types", "buildkite_ext.error_responses"],
)
def test_a_fork_waits_for_what_another_thread_imports_for_a_call(server: Start, module: str) -> None:
    """The child would wait for ever for the lock of a module that a thread of its parent loads."""
    api = server(answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"))
    program = f"""
import os, signal, sys, threading, time
from buildkite_ext import BuildkiteClient, NotFound
begun = threading.Event()
class Slow:
    def find_spec(self, name, *_):
        if name == {module!r} and not begun.is_set():
            begun.set()
            time.sleep(0.2)
client = BuildkiteClient("acme", token="t", base_url={api.url!r}, retry=None)
def call():
    try:
        client.builds.get("web", 1)
    except NotFound:
        return 7
sys.modules.pop({module!r}, None)
sys.meta_path.insert(0, Slow())
thread = threading.Thread(target=call)
thread.start()
assert begun.wait(60)
child = os.fork()
if not child:
    signal.alarm(60)
    os._exit(call())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
thread.join()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("7\n", "")


def test_a_fork_does_not_wait_for_the_imports_of_others(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text("import forks\nforks.begun.set()\nforks.ended.wait(60)\n")
    (tmp_path / "forks.py").write_text("import threading\nbegun, ended = threading.Event(), threading.Event()\n")
    program = """
import os, threading, time
import buildkite_ext.client, forks
waited = []
time.sleep = waited.append
thread = threading.Thread(target=__import__, args=("endless",))
thread.start()
assert forks.begun.wait(60)
child = os.fork()
if not child:
    os._exit(0)
os.waitpid(child, 0)
forks.ended.set()
thread.join()
print(waited)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
