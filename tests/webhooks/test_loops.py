"""The event loops of deliveries: what was answered 200 is handled, however soon the loop of its request ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from asgiref.sync import async_to_sync
from starlette.applications import Starlette
from starlette.routing import Mount

from buildkite_ext import ConfigurationError
from buildkite_ext.webhooks import (
    DeliveriesLost,
    DeliveryEvent,
    HandlerFailed,
    MemoryQueue,
    WebhookEvent,
    WebhookHandler,
)
from buildkite_ext.webhooks.runtime.lifecycle import sudden_end

from .conftest import post, until
from .posting import NOW, SECRET, build_body, signed


@pytest.fixture
def reports() -> list[DeliveryEvent]:
    return []


@pytest.fixture
def queued(reports: list[DeliveryEvent]) -> WebhookHandler:
    """A handler that responds before its handlers have run."""
    return WebhookHandler(secret=SECRET, now=lambda: NOW, on_delivery_event=reports.append)


def note(hooks: WebhookHandler) -> list[int]:
    """Register a handler that takes a moment, and return the list of builds that it has handled."""
    handled: list[int] = []

    @hooks.on("build.*")
    async def slow(event: Any) -> None:
        await asyncio.sleep(0.01)
        handled.append(event.build.number)

    return handled


def each_in_its_own_loop(hooks: WebhookHandler) -> list[int]:
    return [asyncio.run(post(hooks, build_body(number=number))).status for number in range(40)]


def each_by_asgiref(hooks: WebhookHandler) -> list[int]:
    """What Django and Flask do with an async view under a WSGI server."""
    return [async_to_sync(post)(hooks, build_body(number=number)).status for number in range(40)]


def each_in_a_thread(hooks: WebhookHandler) -> list[int]:
    statuses: list[int] = []

    def one(number: int) -> None:
        statuses.append(asyncio.run(post(hooks, build_body(number=number))).status)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def each_on_trio(hooks: WebhookHandler) -> list[int]:
    return [anyio.run(post, hooks, build_body(number=number), backend="trio").status for number in range(40)]


def each_as_mangum_sends_it(hooks: WebhookHandler) -> list[int]:
    """An ASGI app without a lifespan, in a loop per request."""
    return [asyncio.run(request(hooks.asgi(), number)) for number in range(40)]


def mounted(hooks: WebhookHandler) -> list[int]:
    """A mount in an app that doesn't pass a lifespan on."""
    app = Starlette(routes=[Mount("/", app=hooks.asgi())])
    return [asyncio.run(request(app, number)) for number in range(40)]


async def request(app: Any, number: int) -> int:
    """Send one request to an ASGI app, until its call ends."""
    body = build_body(number=number)
    headers = [(name.lower().encode(), value.encode()) for name, value in signed(body).items()]
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    return status


@pytest.mark.parametrize(
    "send_40",
    [each_in_its_own_loop, each_by_asgiref, each_in_a_thread, each_on_trio, each_as_mangum_sends_it, mounted],
)
@pytest.mark.parametrize("ordered", [False, True])
def test_each_accepted_delivery_is_handled(
    send_40: Callable[[WebhookHandler], list[int]], ordered: bool, reports: list[DeliveryEvent]
) -> None:
    queue = MemoryQueue(ordered=ordered)
    hooks = WebhookHandler(secret=SECRET, sink=queue, now=lambda: NOW, on_delivery_event=reports.append)
    handled = note(hooks)
    assert send_40(hooks) == [200] * 40
    hooks.close()
    assert sorted(handled) == list(range(40))
    assert not any(isinstance(event, DeliveriesLost) for event in reports)


def test_a_call_of_an_asgi_app_without_a_lifespan_ends_when_its_delivery_is_handled(queued: WebhookHandler) -> None:
    """Servers wait for such calls before they end, and a platform such as Lambda before it stops the process."""
    handled = note(queued)
    assert asyncio.run(request(queued.asgi(), 7)) == 200
    assert handled == [7]
    queued.close()


def test_a_call_that_a_server_cancels_leaves_its_delivery_in_the_queue(queued: WebhookHandler) -> None:
    begun, release = threading.Event(), threading.Event()
    handled: list[WebhookEvent] = []

    @queued.on("*")
    def slow(event: WebhookEvent) -> None:
        begun.set()
        release.wait(60)
        handled.append(event)

    async def scenario() -> None:
        call = asyncio.create_task(request(queued.asgi(), 7))
        await until(begun.is_set)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(scenario())
    release.set()
    queued.close()
    assert len(handled) == 1


def test_a_delivery_lost_at_the_end_releases_the_call_that_waits_for_it(
    queued: WebhookHandler, reports: list[DeliveryEvent]
) -> None:
    @queued.on("*")
    async def never(event: WebhookEvent) -> None:
        await asyncio.sleep(3600)

    async def scenario() -> int:
        call = asyncio.create_task(request(queued.asgi(), 7))
        await until(lambda: queued.counts["accepted"])
        await queued.aclose(0.01)
        return await call

    assert asyncio.run(scenario()) == 200
    assert [event for event in reports if isinstance(event, DeliveriesLost)] == [DeliveriesLost(1)]


@pytest.mark.parametrize("ordered", [False, True])
def test_deliveries_lost_at_the_end_are_gone_and_the_next_start_takes_new_ones(
    ordered: bool, reports: list[DeliveryEvent]
) -> None:
    hooks = WebhookHandler(
        secret=SECRET,
        sink=MemoryQueue(ordered=ordered, workers=2),
        close_timeout=0.01,
        now=lambda: NOW,
        on_delivery_event=reports.append,
    )
    handled: list[int] = []

    @hooks.on("build.*")
    async def handle(event: Any) -> None:
        if event.build.number < 10:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if event.build.number:
                    raise
        handled.append(event.build.number)

    async def serve(numbers: range) -> list[int]:
        async with hooks.lifespan():
            statuses = [await request(hooks.asgi(), number) for number in numbers]
            await asyncio.sleep(0)
        return statuses

    assert asyncio.run(serve(range(6))) == [200] * 6
    assert asyncio.run(serve(range(10, 13))) == [200] * 3
    # The first one was finished while the receiver closed, so it isn't lost.
    assert handled == [0, 10, 11, 12]
    assert [event for event in reports if isinstance(event, DeliveriesLost)] == [DeliveriesLost(5)]
    assert hooks.counts == {"accepted": 9, "handled": 4, "lost": 5}


def test_what_is_left_when_nobody_waits_for_the_end_of_a_lifespan_is_reported(reports: list[DeliveryEvent]) -> None:
    """A second Ctrl-C, or the time limit of a server."""
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, on_delivery_event=reports.append)

    @hooks.on("build.*")
    async def handle(event: Any) -> None:
        await asyncio.sleep(3600 if event.build.number < 10 else 0)

    async def serve(number: int) -> None:
        async with hooks.lifespan():
            assert await request(hooks.asgi(), number) == 200
            await asyncio.sleep(0)
            if number < 10:
                asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)  # type: ignore[union-attr]

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(serve(1))
    asyncio.run(serve(10))
    assert hooks.counts == {"accepted": 2, "handled": 1, "lost": 1}


class Odd(BaseException):
    """Error that isn't an Exception, such as those of test frameworks."""


def cancel_myself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def cancelled_at_once() -> None:
    cancel_myself()
    await asyncio.sleep(0)


async def cancelled_at_its_end() -> None:
    cancel_myself()


async def cancelled_twice_with_an_error() -> None:
    cancel_myself()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
    cancel_myself()
    raise ValueError("of my own")


async def odd() -> None:
    raise Odd


@pytest.mark.parametrize("ends", [cancelled_at_once, cancelled_at_its_end, cancelled_twice_with_an_error, odd])
@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("timeout", [None, 60.0])
def test_a_handler_that_cancels_itself_fails_alone(
    ends: Callable[[], Any], once: bool, timeout: float | None, reports: list[DeliveryEvent]
) -> None:
    hooks = WebhookHandler(
        secret=SECRET, sink=MemoryQueue(workers=2), now=lambda: NOW, on_delivery_event=reports.append
    )
    handled: list[str] = []

    @hooks.on("build.*", once=once, timeout=timeout)
    async def first(event: Any) -> None:
        if event.build.number in (1, 3):
            await ends()
            return
        await asyncio.sleep(0.001)
        handled.append(f"first {event.build.number}")

    @hooks.on("build.*")
    async def second(event: Any) -> None:
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        handled.append(f"second {event.build.number}")

    async def serve() -> None:
        async with hooks.lifespan():
            for number in range(6):
                assert await request(hooks.asgi(), number) == 200

    asyncio.run(serve())
    expected = [f"second {number}" for number in range(6)]
    assert sorted(handled) == sorted([*expected, *(f"first {number}" for number in (0, 2, 4, 5))])
    assert hooks.counts == {"accepted": 6, "handled": 4, "failed": 2}
    failed = [event for event in reports if isinstance(event, HandlerFailed)]
    assert [event.handler.rpartition(".")[2] for event in failed] == ["first", "first"]


def test_a_handler_that_catches_its_own_cancellation_has_not_failed() -> None:
    hooks = WebhookHandler(secret=SECRET, sink=MemoryQueue(workers=1), now=lambda: NOW)

    @hooks.on("build.*")
    async def handle(event: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        cancel_myself()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)

    async def serve() -> None:
        async with hooks.lifespan():
            for number in range(3):
                await request(hooks.asgi(), number)

    asyncio.run(serve())
    assert hooks.counts == {"accepted": 3, "handled": 3}


def test_within_a_lifespan_handlers_run_in_its_loop(queued: WebhookHandler) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    @queued.on("*")
    async def here(event: WebhookEvent) -> None:
        loops.append(asyncio.get_running_loop())

    async def scenario() -> asyncio.AbstractEventLoop:
        async with queued.lifespan():
            await post(queued, build_body())
            # Threads of the server give their deliveries to the same loop.
            body = build_body(number=2)
            await asyncio.to_thread(queued.receive_blocking, "POST", signed(body), body)
        return asyncio.get_running_loop()

    loop = asyncio.run(scenario())
    assert loops == [loop, loop]


def test_a_queue_that_a_signal_would_lose_is_warned_about_once(
    queued: WebhookHandler, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "buildkite_ext.webhooks"):
        for number in range(3):
            asyncio.run(post(queued, build_body(number=number)))
        queued.close()
    assert [record.getMessage().count('respond_after="handled"') for record in caplog.records] == [1]


@pytest.mark.parametrize("quiet", ["lifespan", "handled first", "a call of the asgi app"])
def test_nothing_is_said_where_nothing_can_be_lost(quiet: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks = WebhookHandler(
        secret=SECRET, now=lambda: NOW, respond_after="handled" if quiet == "handled first" else "accepted"
    )

    async def scenario() -> None:
        if quiet == "lifespan":
            async with hooks.lifespan():
                await post(hooks, build_body())
        elif quiet == "handled first":
            await post(hooks, build_body())
        else:
            await request(hooks.asgi(), 1)

    with caplog.at_level(logging.WARNING, "buildkite_ext.webhooks"):
        asyncio.run(scenario())
        hooks.close()
    assert caplog.records == []


def test_which_handlers_of_sigterm_end_a_process_suddenly() -> None:
    from uvicorn import Config, Server

    assert sudden_end(signal.SIG_DFL)
    assert "uvicorn" in str(sudden_end(Server(Config("app:app")).handle_exit))
    for orderly in (signal.SIG_IGN, signal.default_int_handler, lambda *_: None, None):
        assert sudden_end(orderly) is None


# --- SIGTERM --------------------------------------------------------------------------------------------------------------


def run_program(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program that receives a delivery, whose handler takes a moment, and then gets SIGTERM."""
    prelude = (
        "import asyncio, os, signal, sys, threading, time\n"
        "from buildkite_ext.webhooks import WebhookHandler\n"
        "hooks = WebhookHandler(allow_unsigned=True)\n"
        "begun = threading.Event()\n"
        "@hooks.on('*')\n"
        "def slow(event):\n"
        "    begun.set(); time.sleep(0.3); os.write(1, b'handled\\n')\n"
        "def post():\n"
        "    return hooks.receive_blocking('POST', {'Content-Type': 'application/json'}, b'{\"event\": \"ping\"}').status\n"
    )
    return subprocess.run(
        [sys.executable, "-c", prelude + program], capture_output=True, text=True, timeout=90, check=False
    )


def test_close_at_sigterm_ends_the_process_when_its_deliveries_are_handled() -> None:
    done = run_program(
        "hooks.close_at_sigterm()\n"
        "post(); begun.wait(60)\n"
        "signal.raise_signal(signal.SIGTERM)\n"
        "while post() == 200: pass\n"
        "os.write(1, b'refused\\n')\n"
        "threading.Event().wait(60)\n"
    )
    assert (done.returncode, sorted(done.stdout.splitlines())[:1]) == (-signal.SIGTERM, ["handled"])
    assert "refused" in done.stdout
    assert "are lost then" not in done.stderr


def test_a_second_sigterm_ends_the_process_at_once() -> None:
    done = run_program(
        "hooks.close_at_sigterm()\n"
        "post(); begun.wait(60)\n"
        "signal.raise_signal(signal.SIGTERM); signal.raise_signal(signal.SIGTERM)\n"
    )
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "")


def test_a_handler_of_somebody_else_is_left_alone() -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with pytest.raises(ConfigurationError, match="SIGTERM has a handler already"):
            WebhookHandler(secret=SECRET).close_at_sigterm()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_sigterm_waits_for_the_end_of_a_lifespan() -> None:
    """What hypercorn does to its processes when the first of several has ended."""
    done = run_program(
        "async def main():\n"
        "    async with hooks.lifespan():\n"
        "        await hooks.receive('POST', {'Content-Type': 'application/json'}, b'{\"event\": \"ping\"}')\n"
        "        await asyncio.to_thread(begun.wait, 60)\n"
        "        asyncio.get_running_loop().call_later(0.05, signal.raise_signal, signal.SIGTERM)\n"
        "    os.write(1, b'never\\n')\n"
        "asyncio.run(main())\n"
    )
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "handled\n")
