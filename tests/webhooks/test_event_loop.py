"""`receive_blocking` and `close`: deliveries for callers without an event loop, from any thread and process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from buildkite_ext.webhooks import BuildFinished, DeliveriesLost, DeliveryEvent, MemoryQueue, WebhookHandler

from .posting import NOW, SECRET, build_body, signed


@pytest.fixture
def reports() -> list[DeliveryEvent]:
    return []


@pytest.fixture
def hooks(reports: list[DeliveryEvent]) -> Iterator[WebhookHandler]:
    it = WebhookHandler(secret=SECRET, now=lambda: NOW, on_delivery_event=reports.append)
    yield it
    it.close()


def post(hooks: WebhookHandler, number: int = 1) -> int:
    body = build_body(number=number)
    return hooks.receive_blocking("POST", signed(body), body).status


def test_from_many_threads_at_once_each_is_handled_once(hooks: WebhookHandler) -> None:
    seen: list[int | None] = []

    @hooks.on("build.finished")
    async def note(event: BuildFinished) -> None:
        await asyncio.sleep(0)
        seen.append(event.build.number)

    numbers = [*range(100), *range(100)]
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda number: post(hooks, number), numbers))
    hooks.close()
    # The same delivery is refused while the first one is being accepted.
    assert set(statuses) <= {200, 503}
    assert sorted(seen) == list(range(100))


def test_the_response_comes_before_slow_handlers_and_close_waits_for_them(hooks: WebhookHandler) -> None:
    release, seen = threading.Event(), []

    @hooks.on("build.finished")
    def slow(event: BuildFinished) -> None:
        release.wait(60)
        seen.append(event.build.number)

    assert [post(hooks, number) for number in (1, 2, 3)] == [200, 200, 200]
    assert seen == []
    threading.Timer(0.05, release.set).start()
    hooks.close()
    assert sorted(seen) == [1, 2, 3]
    assert post(hooks, 4) == 503


def test_closing_reports_lost_deliveries(hooks: WebhookHandler, reports: list[DeliveryEvent]) -> None:
    @hooks.on("build.finished", timeout=60)
    async def stuck(event: BuildFinished) -> None:
        await asyncio.Event().wait()

    assert [post(hooks, number) for number in range(20)] == [200] * 20
    hooks.close(timeout=0.05)
    assert reports[-1] == DeliveriesLost(20)
    hooks.close()


def test_closing_waits_for_requests_that_are_being_handled() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, respond_after="handled")
    begun, release = threading.Event(), threading.Event()

    @hooks.on("*")
    def slow(event: object) -> None:
        begun.set()
        release.wait(60)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, hooks)
        assert begun.wait(60)
        threading.Timer(0.05, release.set).start()
        hooks.close()
        assert answer.result(10) == 200


def test_a_request_that_closing_cuts_off_is_not_accepted() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, respond_after="handled")
    begun = threading.Event()

    @hooks.on("*")
    async def stuck(event: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, hooks)
        assert begun.wait(60)
        hooks.close(timeout=0.01)
        assert answer.result(10) == 503


def test_a_full_queue_says_so() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, sink=MemoryQueue(2, workers=1))
    begun, release = threading.Event(), threading.Event()

    @hooks.on("*")
    def slow(event: object) -> None:
        begun.set()
        release.wait(60)

    assert post(hooks, 0) == 200
    assert begun.wait(60)
    assert [post(hooks, number) for number in range(1, 5)] == [200, 200, 503, 503]
    release.set()
    hooks.close()
    assert hooks.counts["handled"] == 3


def test_inside_the_running_loop_of_an_asgi_app(hooks: WebhookHandler) -> None:
    """A view that blocks causes no deadlock; both adapters of one handler use one queue."""
    seen: list[int | None] = []

    @hooks.on("build.finished")
    async def note(event: BuildFinished) -> None:
        seen.append(event.build.number)

    async def view(request: Request) -> Response:
        body = await request.body()
        answer = hooks.receive_blocking(request.method, request.headers, body)
        return Response(answer.body, answer.status)

    app = Starlette(routes=[Route("/view", view, methods=["POST"]), Mount("/door", hooks.asgi())])

    async def both(paths: list[str], first: int) -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hooks.test") as client:
            bodies = [build_body(number=number) for number in range(first, first + len(paths))]
            answers = [
                await client.post(path, content=body, headers=signed(body))
                for path, body in zip(paths, bodies, strict=True)
            ]
        await hooks.aclose()
        return [answer.status_code for answer in answers]

    assert asyncio.run(both(["/view", "/door/", "/view", "/door/"], 0)) == [200] * 4
    assert sorted(seen) == [0, 1, 2, 3]


def test_a_blocking_call_in_its_own_loop_raises() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, respond_after="handled")
    told: list[str] = []

    @hooks.on("*")
    async def nested(event: object) -> None:
        try:
            post(hooks, 2)
        except RuntimeError as error:
            told.append(str(error))

    assert post(hooks) == 200
    assert "use await hooks.receive" in told[0]
    hooks.close()


def test_stop_iteration_is_a_failure_of_the_handler(reports: list[DeliveryEvent]) -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, respond_after="handled", on_delivery_event=reports.append)

    @hooks.on("*")
    def careless(event: object) -> None:
        next(iter([]))

    assert post(hooks) == 500
    hooks.close()


def test_threads_limits_the_sync_handlers() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, threads=3)
    each, three = threading.Lock(), threading.Barrier(3)
    now, most = 0, 0

    @hooks.on("*")
    def count(event: object) -> None:
        nonlocal now, most
        with each:
            now += 1
            most = max(most, now)
        three.wait(60)
        with each:
            now -= 1

    assert {post(hooks, number) for number in range(30)} == {200}
    hooks.close()
    assert (most, hooks.counts["handled"]) == (3, 30)


def run(program: str, **more: Any) -> subprocess.CompletedProcess[str]:
    prelude = (
        "import asyncio, os, sys, threading, time\n"
        "from buildkite_ext.webhooks import WebhookHandler\n"
        "hooks = WebhookHandler(allow_unsigned=True)\n"
        "def say(text):\n"
        "    os.write(1, text.encode() + b'\\n')\n"  # at once: print writes text and end apart, and threads come between
        "def post(number):\n"
        '    body = b\'{"event": "ping", "number": %d}\' % number\n'
        "    return hooks.receive_blocking('POST', {'Content-Type': 'application/json'}, body).status\n"
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", prelude + program],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_end_of_the_process_waits_for_accepted_deliveries() -> None:
    done = run(
        "@hooks.on('*')\n"
        "async def slow(event):\n"
        "    await asyncio.sleep(0.05)\n"
        # asyncio resolves host names with this pool, so it must still take work.
        "    await asyncio.get_running_loop().getaddrinfo('127.0.0.1', 80)\n"
        "    say(f'handled {event.data[\"number\"]}')\n"
        "@hooks.on('*')\n"
        "def sync(event):\n"
        "    time.sleep(0.01)\n"
        "    say('sync')\n"
        "say(f'{post(1)} {post(2)}')\n"
    )
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "SIGTERM ends this process at once" in done.stderr
    assert sorted(done.stdout.splitlines()) == ["200 200", "handled 1", "handled 2", "sync", "sync"]


def test_a_sync_handler_that_never_returns_does_not_keep_the_process() -> None:
    begun = time.monotonic()
    done = run(
        "@hooks.on('*', timeout=0.05)\n"
        "def stuck(event):\n"
        "    threading.Event().wait()\n"
        "async def main():\n"
        "    app_like = await hooks.receive('POST', {'Content-Type': 'application/json'}, b'{\"event\": \"ping\"}')\n"
        "    await hooks.aclose()\n"
        "    print(app_like.status, hooks.counts['failed'])\n"
        "asyncio.run(main())\n"
    )
    assert (done.returncode, done.stdout) == (0, "200 1\n")
    assert time.monotonic() - begun < 60


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, as gunicorn does")
def test_a_forked_process_handles_its_own_deliveries_and_only_those() -> None:
    done = run(
        "held = threading.Event()\n"
        "@hooks.on('*', timeout=100)\n"
        "def note(event):\n"
        "    if event.data['number'] < 20: held.wait(60)\n"
        "    os.write(1, b'%d %d\\n' % (os.getpid() == parent, event.data['number']))\n"
        "parent = os.getpid()\n"
        # More than there are workers: some wait in the parent's queue when it forks.
        "assert {post(number) for number in range(12)} == {200}\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    held = threading.Event(); held.set()\n"
        "    assert post(20) == 200\n"
        "    sys.exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "held.set()\n"
        "assert post(21) == 200\n"
    )
    assert (done.returncode, done.stderr.count("\n")) == (0, 2)  # one a process
    assert "SIGTERM ends this process at once" in done.stderr
    expected = [f"1 {number}" for number in [*range(12), 21]] + ["0 20"]
    assert sorted(done.stdout.splitlines()) == sorted(expected)


def test_handlers_that_block_share_the_threads_for_which_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container with a limit on processes."""
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)
    seen: list[int | None] = []
    begun, ended = threading.Event(), threading.Event()

    @hooks.on("build.finished")
    def note(event: BuildFinished) -> None:
        if event.build.number == 1:
            begun.set()
            assert ended.wait(60)
        seen.append(event.build.number)

    assert post(hooks) == 200
    assert begun.wait(60)
    start = threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        if thread.name == "buildkite-webhooks-handler":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert [post(hooks, number) for number in (2, 3)] == [200, 200]
    ended.set()
    hooks.close()
    assert sorted(map(str, seen)) == ["1", "2", "3"]
