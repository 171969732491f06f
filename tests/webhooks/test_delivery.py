"""The delivery at hand in a handler, and one call that verifies and parses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from buildkite_ext.errors import ConfigurationError
from buildkite_ext.webhooks import (
    BuildFinished,
    Delivery,
    DeliveryAccepted,
    DeliveryEvent,
    UnknownEvent,
    WebhookEvent,
    WebhookHandler,
    WebhookMalformed,
    WebhookUnverified,
    current_delivery,
    receive_event,
    sign,
)

from .conftest import post
from .posting import NOW, PING, SECRET, build_body, signed

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def deep() -> Delivery:
    return current_delivery()


@pytest.mark.parametrize("kind", ["sync", "async", "task", "queued"])
def test_a_handler_has_its_delivery_at_hand(kind: str) -> None:
    reports: list[DeliveryEvent] = []
    hooks = WebhookHandler(
        secret=SECRET,
        respond_after="accepted" if kind == "queued" else "handled",
        now=lambda: NOW,
        on_delivery_event=reports.append,
    )
    seen: list[Delivery] = []

    async def asynchronous(event: WebhookEvent) -> None:
        seen.append(deep())

    async def in_a_task(event: WebhookEvent) -> None:
        seen.append(await asyncio.create_task(later()))

    async def later() -> Delivery:
        return deep()

    def sync(event: WebhookEvent) -> None:
        seen.append(deep())

    handlers: dict[str, Callable[[WebhookEvent], Any]] = {"sync": sync, "queued": sync, "task": in_a_task}
    hooks.on("*")(handlers.get(kind, asynchronous))

    async def scenario() -> None:
        await asyncio.gather(*(post(hooks, build_body(number=number), at=NOW - number) for number in range(8)))
        await hooks.aclose()

    asyncio.run(scenario())
    accepted = {event.delivery for event in reports if isinstance(event, DeliveryAccepted)}
    assert {delivery.id for delivery in seen} == accepted
    assert len(accepted) == 8
    assert {delivery.build_id: delivery.sent_at for delivery in seen} == {f"018f-{n}": NOW - n for n in range(8)}
    assert {delivery.received_at for delivery in seen} == {NOW}
    assert {(delivery.event, delivery.attempt) for delivery in seen} == {("build.finished", 1)}
    hooks.close()


def test_outside_of_a_handler_there_is_none(hooks: WebhookHandler) -> None:
    hooks.on("*")(lambda event: None)
    with pytest.raises(LookupError, match="call it in a handler"):
        current_delivery()
    asyncio.run(post(hooks, PING))
    with pytest.raises(LookupError, match="call it in a handler"):
        current_delivery()


def headers_of(hooks: WebhookHandler, **more: str) -> dict[str, str]:
    seen: list[dict[str, str]] = []
    hooks.on("*")(lambda event: seen.append(dict(current_delivery().headers)))
    assert asyncio.run(post(hooks, PING, **more)).status == 200
    return seen[0]


def test_the_headers_that_tell_where_it_came_from_are_kept(hooks: WebhookHandler) -> None:
    found = headers_of(
        hooks,
        traceparent=TRACE,
        X_Request_Id="r1",
        User_Agent="Buildkite",
        X_Forwarded_For="198.51.100.1",
        Cookie="c=1",
    )
    assert found == {
        "content-type": "application/json",
        "x-buildkite-event": "ping",
        "traceparent": TRACE,
        "x-request-id": "r1",
        "user-agent": "Buildkite",
        "x-forwarded-for": "198.51.100.1",
    }


@pytest.mark.parametrize("value", ["a" * 2000, "caf\u00e9", "a\nb", ""])
def test_headers_of_strangers_are_left_out(hooks: WebhookHandler, value: str) -> None:
    assert "x-request-id" not in headers_of(hooks, X_Request_Id=value)


def test_neither_signature_nor_token_is_kept() -> None:
    hooks = WebhookHandler(token="t0ken", respond_after="handled", now=lambda: NOW)
    found = headers_of(hooks, X_Buildkite_Token="t0ken")
    assert "t0ken" not in str(found)
    assert "signature" not in str(found)


def test_a_delivery_that_is_not_signed_has_no_time_of_sending() -> None:
    hooks = WebhookHandler(allow_unsigned=True, respond_after="handled", now=lambda: NOW)
    seen: list[Delivery] = []
    hooks.on("*")(lambda event: seen.append(current_delivery()))
    asyncio.run(hooks.receive("POST", [(b"content-type", b"application/json"), (b"user-agent", b"x")], PING))
    assert (seen[0].sent_at, seen[0].received_at) == (None, NOW)
    assert seen[0].headers == {"content-type": "application/json", "user-agent": "x"}


def test_through_an_asgi_app_the_same_headers_are_kept(hooks: WebhookHandler) -> None:
    import httpx

    seen: list[dict[str, str]] = []
    hooks.on("*")(lambda event: seen.append(dict(current_delivery().headers)))

    async def scenario() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(hooks.asgi()), base_url="http://x.test") as http:
            headers = {**signed(PING), "traceparent": TRACE}
            del headers["Host"]
            return (await http.post("/", headers=headers, content=PING)).status_code

    assert asyncio.run(scenario()) == 200
    assert seen[0]["traceparent"] == TRACE
    assert seen[0]["user-agent"].startswith("python-httpx")


# --- One call that verifies and parses --------------------------------------------------------------------------------


def test_an_event_is_received_in_one_call() -> None:
    body = build_body()
    event = receive_event(body, signed(body), SECRET, now=lambda: NOW)
    assert isinstance(event, BuildFinished)
    assert event.build.number == 1
    assert event.raw == body


@pytest.mark.parametrize("secret", [("new", SECRET), (SECRET, "old"), [SECRET], SECRET.encode()])
def test_it_takes_what_verify_takes(secret: Any) -> None:
    body = build_body()
    headers = signed(body, at=NOW - 400)
    assert receive_event(body, list(headers.items()), secret, tolerance=500, now=lambda: NOW).event == "build.finished"
    with pytest.raises(WebhookUnverified) as refused:
        receive_event(body, headers, secret, now=lambda: NOW)
    assert refused.value.reason == "too_old"


def test_it_verifies_before_it_parses() -> None:
    for body in (b"", b"not JSON", b"[" * 10_000):
        with pytest.raises(WebhookUnverified):
            receive_event(body, {"X-Buildkite-Signature": sign(body, "other")}, SECRET)
        with pytest.raises(WebhookMalformed):
            receive_event(body, {"X-Buildkite-Signature": sign(body, SECRET)}, SECRET)


def test_it_refuses_another_event_in_the_header_and_an_empty_secret() -> None:
    body = build_body()
    headers = {**signed(body), "X-Buildkite-Event": "ping"}
    with pytest.raises(WebhookMalformed, match="names the event 'ping'"):
        receive_event(body, headers, SECRET, now=lambda: NOW)
    with pytest.raises(ConfigurationError):
        receive_event(body, headers, "")
    wrong: Any = "{}"
    with pytest.raises(TypeError):
        receive_event(wrong, headers, SECRET)


def test_an_event_of_tomorrow_is_an_unknown_event_and_differences_are_told() -> None:
    body = b'{"event": "build.paused"}'
    assert isinstance(receive_event(body, {"X-Buildkite-Signature": sign(body, SECRET)}, SECRET), UnknownEvent)
    drifts: list[object] = []
    body = build_body(tomorrow=1)
    receive_event(body, signed(body), SECRET, now=lambda: NOW, on_drift=drifts.append)
    assert "tomorrow" in str(drifts)
