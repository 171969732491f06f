"""Counts of deliveries, records with fields, and one line a second for refusals of one kind."""

from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.webhooks import (
    DeliveriesLost,
    DeliveryAccepted,
    DeliveryEvent,
    DeliveryRefused,
    MemoryQueue,
    WebhookEvent,
    WebhookHandler,
)
from buildkite_ext.webhooks.events import DeliveryEvents
from buildkite_ext.webhooks.log_limit import LogLimiter

from .conftest import post
from .posting import NOW, PING, SECRET, build_body


def handler_with(*failing: bool) -> WebhookHandler:
    """Return a receiver with a handler for each argument, which fails where the argument is true."""
    hooks = WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW)
    for fails in failing:

        def handler(event: WebhookEvent, fails: bool = fails) -> None:
            if fails:
                raise ValueError("broken")

        hooks.on("*")(handler)
    return hooks


@pytest.mark.parametrize(
    ("failing", "counted"),
    [
        ((True, True, True), "failed"),
        ((True, False), "failed"),
        ((False, False), "handled"),
        ((), "handled"),
    ],
)
def test_a_delivery_is_counted_once(failing: tuple[bool, ...], counted: str) -> None:
    hooks = handler_with(*failing)
    for number in range(3):
        asyncio.run(post(hooks, build_body(number=number)))
    assert hooks.counts == {"accepted": 3, counted: 3}


def test_lost_deliveries_are_counted_each() -> None:
    hooks = WebhookHandler(secret=SECRET, sink=MemoryQueue(workers=1), now=lambda: NOW)

    @hooks.on("*")
    async def never(event: WebhookEvent) -> None:
        await asyncio.sleep(3600)

    async def scenario() -> None:
        for number in range(5):
            await post(hooks, build_body(number=number))
        await hooks.aclose(0.01)

    asyncio.run(scenario())
    assert hooks.counts == {"accepted": 5, "lost": 5}
    hooks.close()


# --- Lines of the log -------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "buildkite_ext.webhooks")


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def refused(reason: str = "queue_full", status: int = 503) -> DeliveryRefused:
    return DeliveryRefused(status, reason, "no room", "192.0.2.7")


def test_refusals_of_one_kind_are_one_line_a_second(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[DeliveryEvent] = []
    time = Time()
    events = DeliveryEvents(seen.append, clock=time)
    for tick in range(40):  # four seconds, in binary fractions
        time.now = 100 + tick / 8
        for _ in range(100):
            events.emit(refused())
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "answered 503 to 192.0.2.7: no room"
    assert lines[1:] == ["answered 503 to 192.0.2.7: no room (and 799 more like it since the last line)"] * 4
    assert len(seen) == events.counts["refused"] == 4000
    events.flush()
    assert caplog.records[-1].getMessage() == "answered 503 to 799 more requests (queue_full)"


def test_kinds_of_refusals_are_logged_apart(caplog: pytest.LogCaptureFixture) -> None:
    events = DeliveryEvents(clock=Time())
    for _ in range(3):
        events.emit(refused())
        events.emit(refused("closed"))
        events.emit(refused("mismatch", 401))
    assert [(record.webhook_status, record.webhook_reason) for record in caplog.records] == [  # type: ignore[attr-defined]
        (503, "queue_full"),
        (503, "closed"),
        (401, "mismatch"),
    ]


def test_what_was_left_out_is_told_when_the_flood_is_over(caplog: pytest.LogCaptureFixture) -> None:
    time = Time()
    events = DeliveryEvents(clock=time)
    for _ in range(5):
        events.emit(refused())
    time.now += 0.5
    events.emit(DeliveryAccepted("5f1c", "ping"))
    assert len(caplog.records) == 2
    time.now += 0.5
    events.emit(DeliveryAccepted("5f1d", "ping"))
    [told] = [record for record in caplog.records if "more requests" in record.getMessage()]
    assert told.getMessage() == "answered 503 to 4 more requests (queue_full)"
    assert told.webhook_left_out == 4  # type: ignore[attr-defined]
    events.flush()
    assert len(caplog.records) == 4


def test_a_full_queue_does_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    hooks = WebhookHandler(secret=SECRET, sink=MemoryQueue(limit=1, workers=1), now=lambda: NOW)

    @hooks.on("*")
    async def never(event: WebhookEvent) -> None:
        await asyncio.sleep(3600)

    async def scenario() -> None:
        statuses = [(await post(hooks, build_body(number=number))).status for number in range(100)]
        assert statuses.count(503) >= 98
        await hooks.aclose(0.01)

    asyncio.run(scenario())
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING and "503" in record.getMessage()]
    told = sum(1 for record in lines if "192.0.2.7" in record.getMessage())
    left_out = sum(record.webhook_left_out for record in lines)  # type: ignore[attr-defined]
    assert told + left_out == hooks.counts["refused"] >= 98
    hooks.close()


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.floats(0, 10)), max_size=200))
def test_the_limiter_tells_of_each_line_once_and_of_one_an_interval_at_most(
    steps: list[tuple[str | None, float]],
) -> None:
    """Where a step has no line, what is due is asked for."""
    limiter: LogLimiter[str] = LogLimiter(1.0)
    now, told = 0.0, 0
    last: dict[str, float] = {}
    for key, pause in steps:
        now += pause / 8
        more = None if key is None else limiter.admit(key, now)
        lines = limiter.due(now) if key is None else [] if more is None else [(key, 1 + more)]
        for each, number in lines:
            assert now >= last.get(each, -1.0) + 1.0
            last[each] = now
            told += number
    told += sum(number for _, number in limiter.rest())
    assert told == sum(key is not None for key, _ in steps)
    assert limiter.rest() == []
    assert not limiter


def test_records_have_the_fields_of_their_events(caplog: pytest.LogCaptureFixture) -> None:
    hooks = handler_with(True)
    asyncio.run(post(hooks, PING))
    asyncio.run(post(hooks, PING))
    asyncio.run(post(hooks, PING, X_Buildkite_Signature="wrong"))
    DeliveryEvents().emit(DeliveriesLost(3))
    accepted, failed, _, _, wrong, lost = [fields_of(record) for record in caplog.records]
    delivery = accepted["webhook_delivery"]
    assert isinstance(delivery, str)
    assert len(delivery) == 64
    assert accepted == {"webhook_delivery": delivery, "webhook_event": "ping"}
    assert failed.pop("webhook_handler", "").endswith("handler")  # type: ignore[attr-defined]
    assert failed == {"webhook_delivery": delivery, "webhook_event": "ping"}
    assert wrong == {
        "webhook_status": 401,
        "webhook_reason": "malformed",
        "webhook_client": "192.0.2.7",
        "webhook_left_out": 0,
    }
    assert lost == {"webhook_deliveries": 3}


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name.startswith("webhook_")}
