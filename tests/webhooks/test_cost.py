"""The cost of a delivery, in function calls. `make bench` measures times."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from buildkite_ext.webhooks import WebhookEvent, WebhookHandler, parse, sign, verify

from .bodies import NEW_FORM, OLD_FORM, body_of, encoded
from .posting import build_body

SECRET = "s3cret"


@contextmanager
def counting(counted: Counter[str]) -> Iterator[None]:
    """Count the calls of Python and C functions in this thread until the context ends."""

    def count(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            counted[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            counted[argument.__qualname__] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def calls(work: Callable[[], Any]) -> Counter[str]:
    """Return the calls of Python and C functions during a call: the fewest of three.

    The first objects of a type, and a sample of the later ones, are searched for differences from the description.
    """
    for _ in range(10):
        work()
    runs: list[Counter[str]] = []
    for _ in range(3):
        runs.append(Counter())
        with counting(runs[-1]):
            work()
    return min(runs, key=Counter.total)


def delivery(body: dict[str, Any]) -> Callable[[], Any]:
    raw = encoded(body)
    headers = {"Host": "x", "X-Buildkite-Event": body["event"], "X-Buildkite-Signature": sign(raw, SECRET)}
    return lambda: (verify(raw, headers, SECRET), parse(raw, headers))


@pytest.mark.parametrize("date", [OLD_FORM, NEW_FORM])
def test_a_delivery_is_read_once(date: str) -> None:
    counted = calls(delivery(body_of("job.finished", date=date)))
    assert counted["Decoder.decode"] == 1
    assert counted["hmac_digest"] == 1


def test_a_body_costs_calls_only_for_models_and_old_dates() -> None:
    small, large = body_of("job.finished"), body_of("job.finished")
    large["build"]["env"] = {f"KEY_{number}": "value" for number in range(1000)}
    large["build"]["message"] = "line\n" * 1000
    large["new"] = [{"at": NEW_FORM, "n": [1.5]} for _ in range(20)]
    assert calls(delivery(large)).total() == calls(delivery(small)).total()

    dates = encoded(small).count(OLD_FORM.encode())
    old, new = (calls(delivery(body_of("job.finished", date=date))).total() for date in (OLD_FORM, NEW_FORM))
    assert dates > 10
    assert old - new <= 2 * dates


def test_the_calls_around_the_body_are_few() -> None:
    """A generous bound, so that a delivery doesn't become twice as slow unseen."""
    assert calls(delivery(body_of("ping", optional=False))).total() <= 110
    assert calls(delivery(body_of("agent.lost", optional=False))).total() <= 110


# --- A request --------------------------------------------------------------------------------------------------------


def calls_of_a_request(hooks: WebhookHandler, body: bytes) -> Counter[str]:
    """Return the calls while the ASGI app receives a delivery and the queue's worker handles it."""
    app = hooks.asgi()
    counted: Counter[str] = Counter()

    def signed(raw: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        signature = sign(raw, SECRET).encode()
        return raw, [(b"content-type", b"application/json"), (b"x-buildkite-signature", signature)]

    async def request(raw: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            assert message.get("status", 200) == 200

        await app({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive, send)
        while hooks.counts["handled"] < hooks.counts["accepted"]:  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def scenario() -> None:
        async with hooks.lifespan():
            await request(*signed(body))
            second = signed(body + b" ")
            with counting(counted):
                await request(*second)

    asyncio.run(scenario())
    assert hooks.counts == {"accepted": 2, "handled": 2}
    return counted


@pytest.mark.parametrize("secrets", [(SECRET,), ("new", SECRET), ("newer", "new", SECRET)])
def test_a_request_costs_one_decoding_one_hmac_a_secret_and_no_thread(secrets: tuple[str, ...]) -> None:
    hooks = WebhookHandler(secret=secrets)

    @hooks.on("build.*")
    async def read(event: WebhookEvent) -> None: ...

    counted = calls_of_a_request(hooks, build_body())
    assert counted["Decoder.decode"] == 1
    assert counted["hmac_digest"] == len(secrets)
    assert counted["openssl_sha256"] == 1  # the delivery's id
    assert not [name for name in counted if name in ("Thread.start", "BaseEventLoop.run_in_executor", "run_sync")]
    assert counted["BaseEventLoop.create_task"] == 0
    assert counted["BaseEventLoop.call_at"] == 0  # the limits of all bodies, and of all handlers, have one timer each


def test_the_calls_around_a_request_are_few() -> None:
    """A generous bound, so that a request doesn't become twice as slow unseen."""
    hooks = WebhookHandler(secret=SECRET)

    @hooks.on("build.*")
    async def read(event: WebhookEvent) -> None: ...

    assert calls_of_a_request(hooks, build_body()).total() <= 400


def test_a_log_record_is_made_only_for_a_listener(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "buildkite_ext.webhooks")
    hooks = WebhookHandler(secret=SECRET)
    assert calls_of_a_request(hooks, build_body())["Logger.makeRecord"] == 0
