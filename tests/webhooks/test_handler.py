"""WebhookHandler: responses, handlers, deduplication, queues and events."""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from buildkite_ext import ConfigurationError, WebhookQueueFull
from buildkite_ext.webhooks import (
    BuildFinished,
    DeliveriesLost,
    Delivery,
    DeliveryAccepted,
    DeliveryEvent,
    DeliveryHandled,
    DeliveryRefused,
    DeliveryRepeated,
    HandlerFailed,
    MemoryDeduplicationStore,
    MemoryQueue,
    WebhookEvent,
    WebhookHandler,
    WebhookResponse,
    parse,
)

from .conftest import post, until
from .posting import NOW, PING, SECRET, agent_body, build_body, signed

# --- Arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "exactly one of secret="),
        ({"secret": "a", "token": "b"}, "exactly one of secret="),
        ({"secret": "a", "allow_unsigned": True}, "exactly one of secret="),
        ({"secret": ""}, "empty"),
        ({"secret": ()}, "empty"),
        ({"secret": ("a", "")}, "empty"),
        ({"token": b""}, "empty"),
        ({"secret": "a", "tolerance": 0}, "tolerance=0"),
        ({"secret": "a", "tolerance": float("nan")}, "tolerance=nan"),
        ({"secret": "a", "body_timeout": -1}, "body_timeout=-1"),
        ({"secret": "a", "remember": 0}, "remember=0"),
        ({"secret": "a", "max_body": 0}, "must be 1 or more"),
        ({"secret": "a", "threads": 0}, "must be 1 or more"),
        ({"secret": "a", "failure_status": 99}, "an HTTP status"),
        ({"secret": "a", "respond_after": "later"}, "respond_after='later'"),
        ({"secret": "a", "close_timeout": -1}, "close_timeout=-1"),
        ({"secret": "a", "handler_timeout": 0}, "handler_timeout=0"),
    ],
)
def test_invalid_arguments_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        WebhookHandler(**options)


def test_a_repr_shows_no_secret() -> None:
    for options in ({"secret": "s3cret"}, {"token": ("t0ken", "s3cret")}):
        shown = repr(WebhookHandler(**options))  # type: ignore[arg-type]
        assert "s3cret" not in shown
        assert "t0ken" not in shown


# --- Responses --------------------------------------------------------------------------------------------------------


async def answered(hooks: WebhookHandler, body: bytes, *, method: str = "POST", **changes: Any) -> WebhookResponse:
    headers: dict[str, str] = {**signed(body), **{name.replace("_", "-"): value for name, value in changes.items()}}
    return await hooks.receive(method, {name: value for name, value in headers.items() if value is not None}, body)


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({}, 200, None),
        ({"Content_Type": "application/json; charset=utf-8"}, 200, None),
        ({"Content_Type": "APPLICATION/JSON"}, 200, None),
        ({"method": "GET"}, 405, "method"),
        ({"method": "PUT"}, 405, "method"),
        ({"Content_Type": "text/plain"}, 415, "content_type"),
        ({"Content_Type": None}, 415, "content_type"),
        ({"Content_Type": "application/jsonp"}, 415, "content_type"),
        ({"Content_Encoding": "gzip"}, 415, "content_type"),
        ({"Content_Length": str(1 << 21)}, 413, "too_large"),
        ({"Content_Length": "9" * 100}, 413, "too_large"),
        ({"Content_Length": "many"}, 400, "malformed"),
        ({"Content_Length": "-1"}, 400, "malformed"),
        ({"X_Buildkite_Signature": None}, 401, "missing"),
        ({"X_Buildkite_Signature": None, "X_Buildkite_Token": SECRET}, 401, "missing"),
        ({"X_Buildkite_Signature": "timestamp=1,signature=2"}, 401, "malformed"),
        ({"X_Buildkite_Signature": "x" * 5000}, 401, "oversized"),
        ({"X_Buildkite_Event": "build.running"}, 400, "event_differs"),
    ],
)
def test_answers(changes: dict[str, Any], status: int, reason: str | None) -> None:
    reports: list[DeliveryEvent] = []
    hooks = WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW, on_delivery_event=reports.append)
    got = asyncio.run(answered(hooks, build_body(), **changes))
    assert got.status == status
    assert got.headers["Content-Type"] == "application/json"
    assert got.body.startswith(b'{"message": "')
    refused = [report for report in reports if isinstance(report, DeliveryRefused)]
    assert [(report.status, report.reason) for report in refused] == ([] if reason is None else [(status, reason)])
    if status == 405:
        assert got.headers["Allow"] == "POST"


def test_an_unverified_sender_is_told_unauthorized_only() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)

    async def scenario() -> set[bytes]:
        body = build_body()
        tampered = await hooks.receive("POST", signed(body), body + b" ")
        old = await hooks.receive("POST", signed(body, at=NOW - 9999), body)
        other = await hooks.receive("POST", signed(body, secret="other"), body)
        nothing = await answered(hooks, body, X_Buildkite_Signature=None)
        assert {each.status for each in (tampered, old, other, nothing)} == {401}
        return {each.body for each in (tampered, old, other, nothing)}

    assert asyncio.run(scenario()) == {b'{"message": "Unauthorized"}'}


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b'{"build": {}}', b'{"event": 5}'])
def test_a_signed_body_without_an_event_is_400(body: bytes) -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)
    headers = signed(build_body())
    headers["X-Buildkite-Signature"] = signed_header(body)
    headers["Content-Length"] = str(len(body))
    assert asyncio.run(hooks.receive("POST", headers, body)).status == 400


def signed_header(body: bytes) -> str:
    from buildkite_ext.webhooks import sign

    return sign(body, SECRET, now=lambda: NOW)


def test_a_body_larger_than_announced_is_413() -> None:
    hooks = WebhookHandler(secret=SECRET, max_body=100, now=lambda: NOW)
    assert asyncio.run(answered(hooks, build_body(), Content_Length="50")).status == 413


def test_a_plain_text_token_is_accepted_only_with_token() -> None:
    hooks = WebhookHandler(token=("old", "new"), respond_after="handled")
    body = build_body()

    async def scenario() -> list[int]:
        given: list[dict[str, Any]] = [
            {"X_Buildkite_Token": "new"},
            {"X_Buildkite_Token": "newer"},
            {"X_Buildkite_Token": None},
        ]
        return [(await answered(hooks, body, **headers)).status for headers in given]

    assert asyncio.run(scenario()) == [200, 401, 401]


def test_unsigned_deliveries_are_accepted_with_allow_unsigned() -> None:
    hooks = WebhookHandler(allow_unsigned=True, respond_after="handled")
    seen: list[WebhookEvent] = []
    hooks.on("workflow.alarm")(seen.append)
    body = b'{"event": "workflow.alarm", "workflow_id": "w", "subject": {"type": "test"}}'
    headers = {"Content-Type": "application/json"}

    async def scenario() -> None:
        for _ in range(2):
            assert (await hooks.receive("POST", headers, body)).status == 200

    asyncio.run(scenario())
    assert len(seen) == 2, "unsigned, and nothing in it tells the second alarm from the first sent again"


# --- Handlers ---------------------------------------------------------------------------------------------------------


def test_handlers_run_in_the_order_of_their_registration_sync_and_async(hooks: WebhookHandler) -> None:
    order: list[str] = []

    @hooks.on("build.finished")
    async def first(event: BuildFinished) -> None:
        await asyncio.sleep(0.001)
        order.append(f"first {event.build.number}")

    @hooks.on("build.*")
    def second(event: WebhookEvent) -> None:
        order.append(f"second in {threading.current_thread() is not threading.main_thread()}")

    class Third:
        async def __call__(self, event: WebhookEvent) -> None:
            order.append("third")

    async def with_more(more: str, event: WebhookEvent) -> None:
        order.append(more)

    hooks.on("*")(Third())
    hooks.on("*")(functools.partial(with_more, "fourth"))
    hooks.on("*")(lambda event: with_more("fifth", event))
    assert asyncio.run(post(hooks, build_body(number=7))).status == 200
    assert order == ["first 7", "second in True", "third", "fourth", "fifth"]
    assert hooks.counts == {"accepted": 1, "handled": 1}


def test_a_function_is_given_back_as_it_is(hooks: WebhookHandler) -> None:
    @hooks.on("ping")
    def answer(event: WebhookEvent) -> str:
        return event.event

    assert answer(parse(PING)) == "ping"
    with pytest.raises(TypeError, match="a handler must be callable, not str"):
        hooks.on("ping")("answer")  # type: ignore[arg-type]


def test_an_event_without_handlers_is_answered(hooks: WebhookHandler) -> None:
    assert asyncio.run(post(hooks, PING)).status == 200


@pytest.mark.parametrize("status", [500, 200])
def test_after_a_failed_handler_the_others_run_and_the_status_is_as_configured(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    reports: list[DeliveryEvent] = []
    ran: list[str] = []
    hooks = WebhookHandler(
        secret=SECRET, respond_after="handled", failure_status=status, now=lambda: NOW, on_delivery_event=reports.append
    )

    @hooks.on("build.finished")
    def broken(event: BuildFinished) -> None:
        raise ValueError("no such thing")

    @hooks.on("build.finished")
    async def leaving(event: BuildFinished) -> None:
        raise SystemExit(3)

    @hooks.on("build.finished")
    def well(event: BuildFinished) -> None:
        ran.append(event.event)

    assert asyncio.run(post(hooks, build_body())).status == status
    assert ran == ["build.finished"]
    failed = [report for report in reports if isinstance(report, HandlerFailed)]
    assert [(each.handler.rpartition(".")[2], str(each.error)) for each in failed] == [
        ("broken", "no such thing"),
        ("leaving", f"{failed[1].handler} called sys.exit(3)"),
    ]
    assert "ValueError: no such thing" in caplog.text
    assert hooks.counts == {"accepted": 1, "failed": 1}  # deliveries, not handlers
    assert not any(isinstance(report, DeliveryHandled) for report in reports)


def test_after_a_handler_that_takes_too_long_the_others_run() -> None:
    reports: list[DeliveryEvent] = []
    hooks = WebhookHandler(
        secret=SECRET, respond_after="handled", handler_timeout=0.02, now=lambda: NOW, on_delivery_event=reports.append
    )
    ran: list[str] = []
    end = threading.Event()

    @hooks.on("ping")
    async def slow(event: WebhookEvent) -> None:
        await asyncio.sleep(60)

    @hooks.on("ping")
    def stuck(event: WebhookEvent) -> None:
        end.wait(60)

    @hooks.on("ping")
    async def raising(event: WebhookEvent) -> None:
        raise TimeoutError("of my own")

    @hooks.on("ping", timeout=60)
    def patient(event: WebhookEvent) -> None:
        time.sleep(0.04)
        ran.append("patient")

    async def scenario() -> WebhookResponse:
        try:
            return await post(hooks, PING)
        finally:
            end.set()

    assert asyncio.run(scenario()).status == 500
    assert ran == ["patient"]
    failed = [str(report.error) for report in reports if isinstance(report, HandlerFailed)]
    assert failed[0].endswith("took longer than 0.02 s")
    assert "0.02 s" in failed[1]  # on a busy machine its thread may not have begun
    assert failed[2] == "of my own"


@pytest.mark.parametrize("respond_after", ["accepted", "handled"])
def test_a_handler_that_awaits_a_cancelled_task_has_failed_and_the_others_run(
    respond_after: Any,
) -> None:
    reports: list[DeliveryEvent] = []
    seen: list[WebhookEvent] = []
    hooks = WebhookHandler(
        secret=SECRET, respond_after=respond_after, now=lambda: NOW, on_delivery_event=reports.append
    )

    @hooks.on("ping")
    async def cancelled(event: WebhookEvent) -> None:
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task

    hooks.on("ping")(seen.append)

    async def scenario() -> int:
        status = (await post(hooks, PING)).status
        await hooks.aclose()
        return status

    assert asyncio.run(scenario()) == (500 if respond_after == "handled" else 200)
    assert len(seen) == 1
    (failed,) = [each for each in reports if isinstance(each, HandlerFailed)]
    assert str(failed.error).endswith("awaited a task that was cancelled")


def test_a_hook_that_raises_is_logged_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken(report: DeliveryEvent) -> None:
        raise RuntimeError("broken hook")

    hooks = WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW, on_delivery_event=broken)
    seen: list[WebhookEvent] = []
    hooks.on("ping")(seen.append)
    assert asyncio.run(post(hooks, PING)).status == 200
    assert len(seen) == 1
    assert "on_delivery_event raised an error on DeliveryAccepted" in caplog.text


def test_the_log_holds_no_body_and_no_secret(hooks: WebhookHandler, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "buildkite_ext.webhooks")
    body = build_body(message="hush hush")
    asyncio.run(post(hooks, body))
    asyncio.run(post(hooks, body))
    asyncio.run(hooks.receive("POST", signed(body, secret="other"), body))
    assert len(caplog.records) == 4
    for hidden in (SECRET, "hush", "signature="):
        assert hidden not in caplog.text


# --- Deduplication ----------------------------------------------------------------------------------------------------


def test_the_same_delivery_is_handled_once_and_answered_each_time() -> None:
    reports: list[DeliveryEvent] = []
    hooks = WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW, on_delivery_event=reports.append)
    seen: list[WebhookEvent] = []
    hooks.on("*")(seen.append)

    async def scenario() -> list[int]:
        return [(await post(hooks, build_body())).status for _ in range(3)]

    assert asyncio.run(scenario()) == [200, 200, 200]
    assert len(seen) == 1
    assert [type(report) for report in reports] == [
        DeliveryAccepted,
        DeliveryHandled,
        DeliveryRepeated,
        DeliveryRepeated,
    ]


def test_a_new_delivery_of_an_event_is_skipped_by_handlers_with_once(hooks: WebhookHandler) -> None:
    each_time: list[WebhookEvent] = []
    once: list[WebhookEvent] = []
    hooks.on("build.*")(each_time.append)
    hooks.on("build.*", once=True)(once.append)

    async def scenario() -> None:
        await post(hooks, build_body(), at=NOW)
        await post(hooks, build_body(), at=NOW + 1)
        await post(hooks, build_body(state="passed"), at=NOW + 2)
        await post(hooks, build_body(number=2), at=NOW + 3)

    asyncio.run(scenario())
    assert len(each_time) == 4
    assert len(once) == 3


def test_two_handlers_of_one_function_each_run_once(hooks: WebhookHandler) -> None:
    seen: list[WebhookEvent] = []

    def note(event: WebhookEvent) -> None:
        seen.append(event)

    hooks.on("build.*", once=True)(note)
    hooks.on("*", once=True)(note)

    async def scenario() -> None:
        await post(hooks, build_body(), at=NOW)
        await post(hooks, build_body(), at=NOW + 1)

    asyncio.run(scenario())
    assert len(seen) == 2


def test_a_failed_delivery_is_handled_when_it_is_repeated(hooks: WebhookHandler) -> None:
    tries: list[WebhookEvent] = []

    @hooks.on("build.*", once=True)
    def second_time_lucky(event: WebhookEvent) -> None:
        tries.append(event)
        if len(tries) == 1:
            raise RuntimeError

    async def scenario() -> list[int]:
        return [(await post(hooks, build_body())).status for _ in range(3)]

    assert asyncio.run(scenario()) == [500, 200, 200]
    assert len(tries) == 2


def test_a_delivery_is_not_handled_again_while_its_handlers_run() -> None:
    clock = 0.0
    hooks = WebhookHandler(
        secret=SECRET,
        respond_after="handled",
        deduplication=MemoryDeduplicationStore(clock=lambda: clock),
        now=lambda: NOW + clock,
    )
    release = asyncio.Event()
    seen: list[WebhookEvent] = []

    @hooks.on("build.*", timeout=9999)
    async def slow(event: WebhookEvent) -> None:
        seen.append(event)
        await release.wait()

    async def scenario() -> list[int]:
        nonlocal clock
        first = asyncio.create_task(post(hooks, build_body()))
        await asyncio.sleep(0)
        clock = 299.0
        again = await post(hooks, build_body())
        release.set()
        return [again.status, (await first).status]

    assert asyncio.run(scenario()) == [503, 200]
    assert len(seen) == 1


def test_on_trio_handlers_run_in_the_request_or_in_an_event_loop_of_their_own() -> None:
    seen: list[WebhookEvent] = []
    hooks = WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW)
    hooks.on("*")(seen.append)

    @hooks.on("*")
    async def on_trio(event: WebhookEvent) -> None:
        await trio.sleep(0.001)
        seen.append(event)

    assert trio.run(post, hooks, build_body()).status == 200
    assert len(seen) == 2

    queued = WebhookHandler(secret=SECRET, now=lambda: NOW)

    @queued.on("*")
    async def on_asyncio(event: WebhookEvent) -> None:
        await asyncio.sleep(0.001)
        seen.append(event)

    async def scenario() -> int:
        async with queued.lifespan():
            return (await post(queued, build_body())).status

    assert trio.run(scenario) == 200
    assert len(seen) == 3


def test_an_event_is_not_handled_twice_at_the_same_time(hooks: WebhookHandler) -> None:
    running = 0

    @hooks.on("build.*", once=True)
    async def slow(event: WebhookEvent) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.01)

    async def scenario() -> list[int]:
        answers = await asyncio.gather(post(hooks, build_body(), at=NOW), post(hooks, build_body(), at=NOW + 1))
        return sorted(answer.status for answer in answers)

    assert asyncio.run(scenario()) == [200, 500]


def test_the_same_delivery_twice_at_the_same_time_is_accepted_once() -> None:
    class Slow:
        def __init__(self) -> None:
            self.put_count = 0

        async def put(self, delivery: Delivery) -> None:
            await asyncio.sleep(0.01)
            self.put_count += 1

        async def aclose(self) -> None:
            pass

    sink = Slow()
    hooks = WebhookHandler(secret=SECRET, sink=sink, now=lambda: NOW)

    async def scenario() -> list[int]:
        answers = await asyncio.gather(*(post(hooks, build_body()) for _ in range(3)))
        assert {answer.headers.get("Retry-After") for answer in answers if answer.status == 503} == {"1"}
        return sorted(answer.status for answer in answers)

    assert asyncio.run(scenario()) == [200, 503, 503]
    assert sink.put_count == 1


def test_a_delivery_is_remembered_longer_than_its_signature_is_valid() -> None:
    now, clock = NOW, 0.0
    replays = MemoryDeduplicationStore(clock=lambda: clock)
    hooks = WebhookHandler(secret=SECRET, respond_after="handled", deduplication=replays, now=lambda: now)
    body = build_body()
    headers = signed(body, at=NOW + 300)  # as early as it may be

    async def scenario() -> list[int]:
        nonlocal now, clock
        statuses = []
        for later in (0, 599, 601):
            now, clock = NOW + later, float(later)
            statuses.append((await hooks.receive("POST", headers, body)).status)
        return statuses

    assert asyncio.run(scenario()) == [200, 200, 401]
    assert hooks.counts == {"accepted": 1, "handled": 1, "repeated": 1, "refused": 1}


# --- The queue --------------------------------------------------------------------------------------------------------


def test_the_response_comes_before_slow_handlers_and_closing_waits_for_them() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)
    release = threading.Event()  # the handlers run in another loop
    done: list[int | None] = []

    @hooks.on("build.finished")
    async def slow(event: BuildFinished) -> None:
        await until(release.is_set)
        done.append(event.build.number)

    async def scenario() -> None:
        answers = [await post(hooks, build_body(number=number)) for number in range(20)]
        assert {answer.status for answer in answers} == {200}
        assert done == []
        closing = asyncio.create_task(hooks.aclose())
        await asyncio.sleep(0)
        late = await post(hooks, build_body(number=99))
        assert (late.status, late.headers["Content-Type"]) == (503, "application/json")
        release.set()
        await closing

    asyncio.run(scenario())
    assert sorted(number for number in done if number is not None) == list(range(20))
    assert hooks.counts == {"accepted": 20, "handled": 20, "refused": 1}


def test_a_full_queue_answers_503_and_loses_nothing_it_accepted() -> None:
    hooks = WebhookHandler(secret=SECRET, sink=MemoryQueue(3, workers=1), now=lambda: NOW)
    release, begun = threading.Event(), threading.Event()
    done: list[int | None] = []

    @hooks.on("build.finished")
    def slow(event: BuildFinished) -> None:
        begun.set()
        release.wait(60)
        done.append(event.build.number)

    async def scenario() -> list[int]:
        statuses = []
        for number in range(8):
            answer = await post(hooks, build_body(number=number))
            statuses.append(answer.status)
            if answer.status == 503:
                assert answer.headers["Retry-After"] == "5"
            await until(begun.is_set)
        release.set()
        await until(lambda: len(done) == 4)
        again = await post(hooks, build_body(number=7))  # what was refused was not remembered as accepted
        assert again.status == 200
        await hooks.aclose()
        return statuses

    statuses = asyncio.run(scenario())
    assert statuses == [200] * 4 + [503] * 4
    assert done == [0, 1, 2, 3, 7]


@pytest.mark.parametrize("options", [{"close_timeout": 0.02}, {}], ids=["by default", "this once"])
def test_closing_ends_in_time_and_reports_lost_deliveries(options: dict[str, float]) -> None:
    reports: list[DeliveryEvent] = []
    hooks = WebhookHandler(
        secret=SECRET, sink=MemoryQueue(workers=2), now=lambda: NOW, on_delivery_event=reports.append, **options
    )

    @hooks.on("build.finished")
    async def never(event: BuildFinished) -> None:
        await asyncio.sleep(3600)

    async def scenario() -> None:
        for number in range(5):
            await post(hooks, build_body(number=number))
        await hooks.aclose(None if options else 0.02)

    asyncio.run(scenario())
    assert reports[-1] == DeliveriesLost(5)


def test_the_deduplication_store_is_closed_last() -> None:
    ended: list[str] = []

    class Shared(MemoryDeduplicationStore):
        async def aclose(self) -> None:
            ended.append("replays")

    hooks = WebhookHandler(secret=SECRET, deduplication=Shared(), now=lambda: NOW)

    @hooks.on("*", once=True)
    async def slow(event: WebhookEvent) -> None:
        await asyncio.sleep(0.01)
        ended.append("handler")

    async def scenario() -> None:
        await post(hooks, build_body())
        await hooks.aclose()

    asyncio.run(scenario())
    assert ended == ["handler", "replays"]


def test_it_may_be_opened_again_in_another_loop() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)
    seen: list[WebhookEvent] = []
    hooks.on("*")(seen.append)

    async def scenario(number: int) -> None:
        async with hooks.lifespan():
            assert (await post(hooks, build_body(number=number))).status == 200

    asyncio.run(scenario(1))
    asyncio.run(scenario(2))
    assert len(seen) == 2


def test_a_loop_that_ended_without_closing_leaves_a_handler_that_works() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)
    seen: list[WebhookEvent] = []
    hooks.on("*")(seen.append)

    async def unclosed() -> None:
        await post(hooks, build_body(number=1))

    async def closed() -> None:
        await post(hooks, build_body(number=2))
        await hooks.aclose()

    asyncio.run(unclosed())
    asyncio.run(closed())
    assert len(seen) == 2


class Sink:
    """A sink that can be made to refuse."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.accepted: list[Delivery] = []
        self.closed = False

    async def put(self, delivery: Delivery) -> None:
        if self.error is not None:
            raise self.error
        self.accepted.append(delivery)

    async def aclose(self) -> None:
        self.closed = True


def test_another_sink_is_one_argument() -> None:
    sink = Sink()
    receiver = WebhookHandler(secret=SECRET, sink=sink, now=lambda: NOW)
    worker = WebhookHandler(secret=SECRET, now=lambda: NOW)
    seen: list[WebhookEvent] = []
    worker.on("build.finished")(seen.append)

    class Source:
        async def consume(self, handle: Callable[[Delivery], Awaitable[None]]) -> None:
            for each in sink.accepted:
                await handle(Delivery(each.id, each.event, each.body, each.received_at, each.build_id))

        async def aclose(self) -> None:
            pass

    async def scenario() -> None:
        assert (await post(receiver, build_body())).status == 200
        await worker.consume(Source())
        await receiver.aclose()

    asyncio.run(scenario())
    assert [event.event for event in seen] == ["build.finished"]
    assert (sink.accepted[0].build_id, sink.accepted[0].received_at, sink.closed) == ("018f-1", NOW, True)
    assert sink.accepted[0].body == build_body()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (WebhookQueueFull("full", reason="queue_full"), "queue_full"),
        (ConnectionError("redis://:hunter2@db"), "unavailable"),
    ],
)
def test_a_delivery_that_the_sink_refuses_is_503_and_can_be_repeated(
    error: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    reports: list[DeliveryEvent] = []
    sink = Sink(error)
    hooks = WebhookHandler(secret=SECRET, sink=sink, now=lambda: NOW, on_delivery_event=reports.append)

    async def scenario() -> list[int]:
        first = await post(hooks, build_body())
        sink.error = None
        return [first.status, (await post(hooks, build_body())).status, (await post(hooks, agent_body())).status]

    assert asyncio.run(scenario()) == [503, 200, 200]
    assert isinstance(reports[0], DeliveryRefused)
    assert reports[0].reason == reason
    assert "hunter2" not in caplog.text + str(reports)
    assert [delivery.build_id for delivery in sink.accepted] == ["018f-1", None]


def test_a_delivery_is_not_accepted_if_the_store_fails() -> None:
    class Down:
        async def claim(self, key: str, seconds: float) -> Any:
            raise ConnectionError

        async def settle(self, key: str, seconds: float) -> None:
            raise ConnectionError

    sink = Sink()
    hooks = WebhookHandler(secret=SECRET, sink=sink, deduplication=Down(), now=lambda: NOW)
    assert asyncio.run(post(hooks, build_body())).status == 503
    assert sink.accepted == []


def test_an_accepted_delivery_is_200_although_the_store_fails_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    class Forgetful(MemoryDeduplicationStore):
        async def settle(self, key: str, seconds: float, /) -> None:
            raise ConnectionError("redis://:hunter2@db")

    sink = Sink()
    hooks = WebhookHandler(secret=SECRET, sink=sink, deduplication=Forgetful(), now=lambda: NOW)
    assert asyncio.run(post(hooks, build_body())).status == 200
    assert len(sink.accepted) == 1
    assert "could not be remembered (ConnectionError)" in caplog.text
    assert "hunter2" not in caplog.text
