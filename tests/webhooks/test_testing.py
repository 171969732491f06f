"""Tests of users' handlers: samples of every kind, signed headers, and a client without a server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import anyio
import pytest
from buildkite_api.webhooks.events import EVENTS

from buildkite_ext.webhooks import (
    AgentLost,
    BuildEvent,
    BuildFinished,
    JobFinished,
    Ping,
    UnknownEvent,
    WebhookEvent,
    WebhookHandler,
    WebhookMalformed,
    current_delivery,
    parse,
    receive_event,
    verify,
)
from buildkite_ext.webhooks.testing import WebhookClient, sample, signed_headers

from .posting import NOW, SECRET, build_body


@pytest.mark.parametrize("name", EVENTS)
def test_there_is_a_sample_of_every_event(name: str) -> None:
    by_name, by_class = sample(name, now=lambda: NOW), sample(EVENTS[name], now=lambda: NOW)
    assert type(by_name) is type(by_class) is EVENTS[name]
    assert by_name.raw == by_class.raw
    assert parse(by_name.raw) == by_name
    assert sample(name, seed=1, now=lambda: NOW).raw != by_name.raw
    assert by_name.data["event"] == name


def test_a_sample_can_be_changed() -> None:
    event = sample(
        JobFinished,
        {"job.state": "failed", "job.exit_status": 3, "build.branch": "release/1", "pipeline.slug": "api"},
    )
    assert (event.job.state, event.job.exit_status, event.build.branch, event.pipeline.slug) == (
        "failed",
        3,
        "release/1",
        "api",
    )
    assert sample(BuildFinished, {"build.meta_data.release": "1.2"}).data["build"]["meta_data"] == {"release": "1.2"}
    assert sample(AgentLost, {"agent.name": "mac-7"}).agent.name == "mac-7"
    assert sample(BuildFinished, {"build.blocked": True}).build.blocked is True


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"build.stat": "failed"}, r"Build\.stat is a key that Buildkite doesn't document"),
        ({"build.number": "seven"}, r"Build\.number is of another type"),
        ({"build.id": None}, r"Build\.id is never null"),
        ({"biuld.state": "failed"}, "the event build.finished has no biuld"),
        ({"build.state.name": "failed"}, "has no build.state"),
        ({"state": "failed"}, "has the keys event, build, pipeline, sender"),
        ({"build.": "failed"}, "has no build"),
        ({"": "failed"}, "has no"),
        ({"build.state": "fialed"}, r"Buildkite documents no build\.state 'fialed'; did you mean 'failed'\?"),
        ({"build.state": "xyz"}, r"no build\.state 'xyz'; it is one of .*passed"),
        ({"build.source": "wehbook"}, r"no build\.source 'wehbook'; did you mean 'webhook'\?"),
        ({"state": "failed"}, r"did you mean 'build\.state'\?"),
        ({"branch": "main"}, r"did you mean 'build\.branch'\?"),
        ({"biuld.state": "failed"}, r"did you mean 'build\.state'\?"),
    ],
)
def test_a_change_that_the_event_cannot_have_is_refused(changes: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        sample(BuildFinished, changes)


def test_a_state_that_is_mistyped_is_not_sent() -> None:
    with pytest.raises(ValueError, match=r"no job\.state 'pased'; did you mean 'passed'\?"):
        sample("job.finished", {"job.state": "pased"})
    with pytest.raises(ValueError, match=r"did you mean 'job\.state'\?"):
        sample("job.finished", {"state": "passed"})
    hooks = WebhookHandler(secret=SECRET)
    with pytest.raises(ValueError, match="did you mean 'failed'"):
        WebhookClient(hooks).send("build.finished", {"build.state": "fialed"})
    assert hooks.counts == {}
    hooks.close()


def test_a_change_as_an_argument_is_told_where_it_belongs() -> None:
    hooks = WebhookHandler(secret=SECRET)
    client: Any = WebhookClient(hooks)
    with pytest.raises(
        TypeError, match=r"send\(\) has no argument state=: write \{'build\.state': 'failed'\} as the second"
    ):
        client.send("build.finished", state="failed")
    with pytest.raises(TypeError, match=r"\{'pipeline\.slug': 'web'\}"):
        client.send(BuildFinished, pipeline="web")
    with pytest.raises(TypeError, match=r"asend\(\) has no argument state=: write \{'job\.state': 'failed'\}"):
        asyncio.run(client.asend(JobFinished, state="failed"))
    with pytest.raises(TypeError, match=r"send\(\) has no argument retries=$"):
        client.send("ping", retries=1)
    untyped: Any = sample
    with pytest.raises(TypeError, match=r"sample\(\) has no argument branch=: write \{'build\.branch': 'main'\}"):
        untyped("build.finished", branch="main")
    assert hooks.counts == {}
    hooks.close()


@pytest.mark.parametrize(
    ("mistyped", "near"),
    [("build.finish", "build.finished"), ("job.finised", "job.finished"), ("agent.disconected", "agent.disconnected")],
)
def test_a_mistyped_event_is_answered_with_the_near_one_alone(mistyped: str, near: str) -> None:
    with pytest.raises(ValueError, match=f"^there is no sample of '{mistyped}'; did you mean '{near}'\\?$"):
        sample(mistyped)


@pytest.mark.parametrize("unknown", ["build.paused", "build.*", BuildEvent, UnknownEvent, WebhookEvent, dict, 5])
def test_there_is_no_sample_of(unknown: Any) -> None:
    with pytest.raises(
        ValueError, match=r"there is no sample of .*: give one event, of build\.scheduled, build\.running"
    ):
        sample(unknown)


def test_headers_are_signed() -> None:
    body = sample(BuildFinished).raw
    headers = signed_headers(body, ("new", "old"), now=lambda: NOW)
    assert verify(body, headers, "new", now=lambda: NOW).timestamp == NOW
    assert isinstance(receive_event(body, headers, "new", now=lambda: NOW), BuildFinished)
    assert headers["X-Buildkite-Event"] == "build.finished"
    with pytest.raises(WebhookMalformed):
        signed_headers(b"[]", "new")


# --- The client -------------------------------------------------------------------------------------------------------

OPTIONS: list[dict[str, Any]] = [
    {"secret": SECRET},
    {"secret": (SECRET, "old"), "respond_after": "handled"},
    {"token": "t0ken"},
    {"allow_unsigned": True},
    {"secret": SECRET, "tolerance": 2},
]


def send(client: WebhookClient, how: str, *arguments: Any, **options: Any) -> Any:
    if how == "sync":
        return client.send(*arguments, **options)

    async def scenario() -> Any:
        return await client.asend(*arguments, **options)

    return asyncio.run(scenario()) if how == "asyncio" else anyio.run(scenario, backend="trio")


@pytest.mark.parametrize("how", ["sync", "asyncio", "trio"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_client_sends_without_a_server(how: str, options: dict[str, Any]) -> None:
    hooks = WebhookHandler(**options)
    seen: list[WebhookEvent] = []
    hooks.on("build.finished", state="failed")(seen.append)

    @hooks.on("ping")
    async def pinged(event: Ping) -> None:
        seen.append(event)

    client = WebhookClient(hooks)
    assert send(client, how, BuildFinished, {"build.state": "failed"}).status == 200
    assert send(client, how, "build.finished").status == 200
    assert send(client, how, "ping").status == 200
    assert [event.event for event in seen] == ["build.finished", "ping"]
    assert hooks.counts == {"accepted": 3, "handled": 3}
    hooks.close()


@pytest.mark.parametrize("how", ["sync", "asyncio"])
def test_the_error_of_a_handler_is_the_error_of_the_test(how: str) -> None:
    hooks = WebhookHandler(secret=SECRET)

    @hooks.on("*")
    def broken(event: WebhookEvent) -> None:
        assert event.event == "ping", "another event"

    with pytest.raises(AssertionError, match="another event"):
        send(WebhookClient(hooks), how, BuildFinished)
    hooks.on("agent.*")(lambda event: 1 // 0)
    with pytest.raises(ExceptionGroup) as raised:
        send(WebhookClient(hooks), how, AgentLost)
    assert [type(error) for error in raised.value.exceptions] == [AssertionError, ZeroDivisionError]
    response = send(WebhookClient(hooks, raise_errors=False), how, AgentLost)
    assert (response.status, len(response.errors)) == (200, 2)
    hooks.close()


def test_the_response_is_what_buildkite_would_get() -> None:
    hooks = WebhookHandler(secret=SECRET, respond_after="handled", failure_status=502)
    hooks.on("*")(lambda event: 1 // 0)
    client = WebhookClient(hooks, raise_errors=False)
    assert client.send("ping").status == 502
    assert client.send("ping", headers={"x-buildkite-signature": "wrong"}).status == 401
    assert client.send("ping", headers={"Content-Type": "text/plain"}).status == 415
    hooks.close()
    assert client.send("ping").status == 503


def test_each_delivery_is_another_one_also_of_the_same_event() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)
    deliveries: list[float | None] = []
    runs: list[WebhookEvent] = []
    hooks.on("*")(lambda event: deliveries.append(current_delivery().sent_at))
    hooks.on("*", once=True)(runs.append)
    client = WebhookClient(hooks)
    event = sample(BuildFinished, now=lambda: NOW)
    for body in (event, event, event.raw, build_body()):
        assert client.send(body).status == 200
    assert deliveries == [NOW, NOW - 1, NOW - 2, NOW]
    assert len(runs) == 2  # the same event is handled once
    hooks.close()


@pytest.mark.parametrize("tests", [2, 3, 5])
def test_each_test_may_have_a_client_of_its_own(tests: int) -> None:
    """For the same receiver, which remembers what it got in the tests before, and in the same second."""
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)
    runs: list[BuildFinished] = []
    hooks.on("build.finished", once=True)(runs.append)
    for _ in range(tests):
        WebhookClient(hooks).send(BuildFinished)
    assert len({event.build.id for event in runs}) == tests
    hooks.close()


def test_an_event_is_sent_as_it_is() -> None:
    hooks = WebhookHandler(secret=SECRET)
    with pytest.raises(ValueError, match="changes are made in samples only"):
        WebhookClient(hooks).send(sample("ping"), {"service.provider": "x"})
    with pytest.raises(ValueError, match="there is no sample of 'pong'"):
        WebhookClient(hooks).send("pong")


def test_receivers_need_neither_the_simulator_nor_the_client() -> None:
    program = (
        "import sys, buildkite_ext.webhooks as w; w.WebhookHandler(secret='s'); w.Router(); w.receive_event;"
        "sys.exit(any(name.startswith(('buildkite_ext.simulation', 'buildkite_ext.client')) for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
