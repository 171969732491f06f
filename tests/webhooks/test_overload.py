"""A flood of refused deliveries: the lines that it writes, and the memory that it keeps."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from buildkite_ext.cli.webhooks.counters import DeliveryCounters
from buildkite_ext.cli.webhooks.display import DisplayThread, JsonDisplay, TextDisplay
from buildkite_ext.webhooks import AllowedIPs, MemoryDeduplicationStore, MemoryQueue, WebhookEvent, WebhookHandler
from buildkite_ext.webhooks.events import DeliveryEvents

from .posting import NOW, SECRET, build_body, signed

pytestmark = pytest.mark.usefixtures("small_heap")

FLOOD = 1000
BODY = build_body()
HEADERS = signed(BODY)
Refused = Callable[[WebhookHandler, int], Awaitable[int]]
"""Sends the delivery of a number, and returns the status of the response."""


def posted(method: str = "POST", body: bytes = BODY, client: str = "192.0.2.7", **headers: str) -> Refused:
    given = {**signed(body), **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def post(hooks: WebhookHandler, _: int) -> int:
        return (await hooks.receive(method, given, body, client=client)).status

    return post


async def another(hooks: WebhookHandler, number: int) -> int:
    """Send a delivery that was not sent before."""
    body = build_body(number=number)
    return (await hooks.receive("POST", signed(body), body, client="192.0.2.7")).status


KINDS: dict[str, tuple[int, Refused]] = {
    "method": (405, posted("PUT")),
    "source": (403, posted(client="198.51.100.1")),
    "mismatch": (401, posted(X_Buildkite_Signature=signed(b'{"event": "ping"}')["X-Buildkite-Signature"])),
    "malformed": (401, posted(X_Buildkite_Signature="none")),
    "event_differs": (400, posted(X_Buildkite_Event="ping")),
    "too_large": (413, posted(Content_Length="99999999")),
    "content_type": (415, posted(Content_Type="text/plain")),
    "queue_full": (503, another),
}


def flooded(*, limit: int = 1) -> WebhookHandler:
    """Return a receiver whose handler never ends."""
    hooks = WebhookHandler(
        secret=SECRET,
        sink=MemoryQueue(limit=limit, workers=1),
        now=lambda: NOW,
        allowed_ips=AllowedIPs(lambda: ["192.0.2.0/24"]),
        close_timeout=0.01,
    )

    @hooks.on("*")
    async def never(event: WebhookEvent) -> None:
        await asyncio.sleep(3600)

    return hooks


@pytest.mark.parametrize("reason", KINDS)
def test_a_flood_of_refusals_is_a_line_a_second(reason: str, caplog: pytest.LogCaptureFixture) -> None:
    status, refused = KINDS[reason]
    hooks = flooded()

    async def scenario() -> None:
        async with hooks.lifespan():
            if reason == "queue_full":
                while await another(hooks, -hooks.counts["accepted"]) == 200:
                    pass
            for number in range(1, FLOOD + 1):
                assert await refused(hooks, number) == status

    begun = time.monotonic()
    asyncio.run(scenario())
    seconds = time.monotonic() - begun
    lines = [record for record in caplog.records if getattr(record, "webhook_reason", "") == reason]
    left_out = [getattr(record, "webhook_left_out", 0) for record in lines]
    single = [record for record in lines if "192.0.2.7" in record.getMessage() or "198.51" in record.getMessage()]
    assert len(single) + sum(left_out) == hooks.counts["refused"] >= FLOOD
    assert len(lines) <= 2 + seconds  # one each second, and the count at the end


def test_deliveries_that_cannot_be_remembered_are_a_line_a_second(caplog: pytest.LogCaptureFixture) -> None:
    class Forgetful(MemoryDeduplicationStore):
        async def settle(self, key: str, seconds: float, /) -> None:
            raise ConnectionError("redis://:password@host")

    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, deduplication=Forgetful(), respond_after="handled")

    async def scenario() -> None:
        assert {await another(hooks, number) for number in range(FLOOD)} == {200}
        await hooks.aclose()

    begun = time.monotonic()
    asyncio.run(scenario())
    seconds = time.monotonic() - begun
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert lines[0] == "a delivery could not be remembered (ConnectionError)"
    assert lines[-1].startswith("a delivery could not be remembered, ")
    assert len(lines) <= 2 + seconds
    assert "password" not in caplog.text


def test_problems_are_counted_by_a_passed_clock(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    events = DeliveryEvents(clock=lambda: now[0])
    for number in range(FLOOD):
        now[0] = number / 400
        events.problem("nothing was kept", OSError())
    events.flush()
    assert [record.getMessage() for record in caplog.records] == [
        "nothing was kept (OSError)",
        "nothing was kept (OSError) (and 399 more like it since the last line)",
        "nothing was kept (OSError) (and 399 more like it since the last line)",
        "nothing was kept, 199 more times (OSError)",
    ]


def test_a_receiver_that_only_refused_tells_the_last_count_when_it_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    hooks = WebhookHandler(secret=SECRET)
    app = hooks.wsgi()
    for _ in range(FLOOD):
        app({"REQUEST_METHOD": "GET"}, lambda *_: None)
    hooks.close()
    assert caplog.records[-1].getMessage().startswith("answered 405 to ")
    told = sum(getattr(record, "webhook_left_out", 0) + ("unknown" in record.getMessage()) for record in caplog.records)
    assert told == FLOOD


def test_the_last_count_is_told_when_the_process_ends(tmp_path: Path) -> None:
    program = tmp_path / "server.py"
    program.write_text(
        "from buildkite_ext.webhooks import WebhookHandler\n"
        "app = WebhookHandler(secret='s3cret').wsgi()\n"
        "for _ in range(3):\n"
        "    app({'REQUEST_METHOD': 'GET'}, lambda *_: None)\n"
    )
    ended = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr.splitlines() == [
        "answered 405 to unknown: GET isn't POST",
        "answered 405 to 2 more requests (method)",
    ]


# --- webhooks listen --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("json", [False, True])
def test_listen_shows_one_refusal_of_a_kind_a_second(json: bool) -> None:
    out, err = io.StringIO(), io.StringIO()
    display = JsonDisplay(out, err, colour=False) if json else TextDisplay(out, colour=False, terminal=False)
    now = [0.0]

    async def scenario() -> None:
        thread = DisplayThread(display, lambda: None, clock=lambda: now[0])
        for number in range(FLOOD):
            now[0] = number / 400
            thread.refused(401, "mismatch", "it isn't signed", "192.0.2.7")
            thread.refused(503, "queue_full", "no room", "192.0.2.7")
        await thread.end(DeliveryCounters(refused=2 * FLOOD))
        thread.close()

    asyncio.run(scenario())
    lines = out.getvalue().splitlines()
    shown = [line for line in lines if "192.0.2.7" in line]
    assert len(shown) == 6
    assert len(lines) <= 6 + 6 + 1
    assert "401" in shown[0]
    assert "503" in shown[1]


def test_listen_tells_the_rest_when_nothing_follows() -> None:
    out = io.StringIO()

    async def scenario() -> None:
        thread = DisplayThread(TextDisplay(out, colour=False, terminal=False), lambda: None)
        for _ in range(FLOOD):
            thread.refused(401, "mismatch", "it isn't signed", "192.0.2.7")
        while " more\n" not in out.getvalue():  # noqa: ASYNC110 - another thread writes
            await asyncio.sleep(0.01)
        thread.close()

    asyncio.run(scenario())


# --- Memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", KINDS)
def test_refused_deliveries_keep_no_memory(reason: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "buildkite_ext.webhooks")
    status, refused = KINDS[reason]
    hooks = flooded()

    async def refuse(numbers: range) -> None:
        for number in numbers:
            assert await refused(hooks, number) == status

    async def scenario() -> int:
        async with hooks.lifespan():
            if reason == "queue_full":
                while await another(hooks, -hooks.counts["accepted"]) == 200:
                    pass
            await refuse(range(1, 50))
            gc.collect()
            tracemalloc.start()
            try:
                await refuse(range(50, 100))  # what tracemalloc has to see once
                gc.collect()
                before, _ = tracemalloc.get_traced_memory()
                await refuse(range(100, 100 + FLOOD))
                gc.collect()
                after, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            return after - before

    # The smallest object that Python keeps has 16 bytes.
    assert asyncio.run(scenario()) < 16 * FLOOD
