"""Parsing: each event is typed, complete, and has the REST API's models; unknown events keep their data."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from buildkite_api.base import ReadModel
from buildkite_api.decoding import Drift

import buildkite_ext.webhooks
from buildkite_ext import models
from buildkite_ext.webhooks import (
    AgentLost,
    BuildFinished,
    JobFinished,
    Ping,
    UnknownEvent,
    WebhookEvent,
    WebhookMalformed,
    WorkflowAlarm,
    parse,
)

from .bodies import EVENTS, NEW_FORM, OLD_FORM, SAMPLES, as_rest, body_of, encoded, nearly_full, within

MODELS = {
    "build": models.Build,
    "job": models.Job,
    "pipeline": models.Pipeline,
    "agent": models.Agent,
    "cluster_token": models.ClusterToken,
    "package": models.Package,
    "organization": models.Organization,
    "sender": models.User,
}

every_event = pytest.mark.parametrize("name", EVENTS)


def kind_of(name: str) -> type[WebhookEvent]:
    kind: type[WebhookEvent] = getattr(buildkite_ext.webhooks, EVENTS[name][0])
    return kind


def is_whole(event: WebhookEvent, body: dict[str, Any]) -> bool:
    """Return True if the event and its models hold the body's values."""
    return event.data == body and all(holds(getattr(event, key), value) for key, value in body.items())


def holds(value: Any, part: Any) -> bool:
    if part is None:
        return value in (None, {})
    if isinstance(value, ReadModel):
        return within(as_rest(part), value.to_dict())
    if isinstance(part, dict) and not isinstance(value, dict):
        return all(holds(getattr(value, key), inner) for key, inner in part.items())
    return bool(value == part)


def moments_in(value: Any) -> Iterator[dt.datetime]:
    if isinstance(value, dt.datetime):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from moments_in(inner)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from moments_in(getattr(value, field.name))


# --- Every event ------------------------------------------------------------------------------------------------------


@every_event
class TestEveryEvent:
    def test_the_description_has_the_keys_of_the_table(self, name: str) -> None:
        _, needed, others = EVENTS[name]
        assert body_of(name).keys() - {"sender"} == {"event", *needed, *others} - {"sender"}

    def test_a_full_body(self, name: str) -> None:
        body = body_of(name)
        event = parse(encoded(body), {"X-Buildkite-Event": name})
        assert type(event) is kind_of(name)
        assert event.event == name
        assert event.raw == encoded(body)
        assert is_whole(event, body)
        for key in body.keys() & MODELS.keys():
            assert type(getattr(event, key)) is MODELS[key]

    @pytest.mark.parametrize("date", [OLD_FORM, NEW_FORM])
    def test_dates_are_aware_datetimes(self, name: str, date: str) -> None:
        text = encoded(body_of(name, date=date))
        event = parse(text)
        moments = [each for key in MODELS for each in moments_in(getattr(event, key, None))]
        assert len(moments) == text.count(date.encode())
        microsecond = 678000 if date is NEW_FORM else 0
        assert {*moments} <= {dt.datetime(2026, 1, 2, 3, 4, 5, microsecond, tzinfo=dt.UTC)}
        assert all(each.tzinfo is dt.UTC for each in moments)

    @pytest.mark.parametrize("options", [{}, {"null": True}, {"optional": False}, {"date": NEW_FORM}])
    def test_both_ways_of_reading_give_the_same_event(self, name: str, options: Any) -> None:
        body = body_of(name, **options)
        drift: list[Drift] = []
        event = parse(encoded(body))
        assert parse(encoded(body), on_drift=drift.append) == event
        assert drift == []
        for other in (
            b"\xef\xbb\xbf" + encoded(body),
            json.dumps(body, indent=2).encode(),
            encoded({**body, "another": 1e300}),
            encoded({**body, "another": [1]}).replace(b"[1]", b"[1e999]"),
            encoded(dict(reversed(body.items()))),
        ):
            again = parse(other)
            assert type(again) is type(event)
            for key in body:
                assert getattr(again, key) == getattr(event, key), key

    def test_all_allowed_nulls(self, name: str) -> None:
        body = body_of(name, null=True)
        event = parse(encoded(body))
        assert type(event) is kind_of(name)
        assert is_whole(event, body)

    def test_without_optional_keys(self, name: str) -> None:
        body = body_of(name, optional=False)
        assert body.keys() == {"event", *EVENTS[name][1]}
        event = parse(encoded(body))
        assert type(event) is kind_of(name)
        assert is_whole(event, body)
        assert event.sender is None

    def test_without_any_one_key(self, name: str) -> None:
        full = parse(encoded(body_of(name)))
        for what, body in nearly_full(name):
            event = parse(encoded(body))
            assert type(event) is kind_of(name), what
            assert is_whole(event, body), what
            assert event != full, what

    @pytest.mark.parametrize("other", ["absent", None, "text", "", 5, True, [], [{}], 1e300])
    def test_without_its_object_an_event_is_unknown(self, name: str, other: Any) -> None:
        for key in EVENTS[name][1]:
            body = body_of(name)
            body[key] = other
            if other == "absent":
                del body[key]
            event = parse(encoded(body), {"X-Buildkite-Event": name})
            assert type(event) is UnknownEvent
            assert event.event == name
            assert event.problem == f"it has no {key}"
            assert event.data == body
            assert event.sender is not None
            assert event.sender.id == body["sender"]["id"]

    def test_unknown_keys_stay_in_data(self, name: str) -> None:
        body = body_of(name)
        body["new"] = {"since": ["today", None, 1.5]}
        for key in EVENTS[name][1]:
            body[key]["newer"] = [1]
        event = parse(encoded(body))
        assert type(event) is kind_of(name)
        assert event.data == body
        drift: list[Drift] = []
        assert parse(encoded(body), on_drift=drift.append) == event
        assert {(each.key, each.kind) for each in drift} == {("newer", "unknown") for _ in EVENTS[name][1]}

    def test_a_value_outside_of_models_that_does_not_fit_is_none(self, name: str) -> None:
        for key in EVENTS[name][2]:
            event = parse(encoded({**body_of(name), key: ["no", "such", "thing"]}))
            assert type(event) is kind_of(name)
            assert getattr(event, key) in (None, {})
            assert event.data[key] == ["no", "such", "thing"]

    def test_a_value_in_a_model_that_does_not_fit_is_kept(self, name: str) -> None:
        for key in EVENTS[name][1]:
            body = body_of(name)
            body[key]["id"] = {"odd": 5}
            body[key]["created_at"] = "yesterday, 12:00:00 UTC"
            event = parse(encoded(body))
            assert type(event) is kind_of(name)
            assert getattr(event, key).id == {"odd": 5}
            assert getattr(event, key).created_at == "yesterday, 12:00:00 UTC"


def test_the_table_has_every_event_that_has_a_class() -> None:
    from typing import get_args

    assert set(get_args(buildkite_ext.webhooks.EventName)) == set(EVENTS)


# --- Samples of Buildkite's documentation -----------------------------------------------------------------------------


@pytest.mark.skipif(not SAMPLES.exists(), reason="the documented samples are not on this machine")
def test_the_documented_samples() -> None:
    rows = [json.loads(line) for line in SAMPLES.read_text().splitlines()]
    bodies = [row["body"] for row in rows if row["kind"] == "webhook" and "event" in (row["body"] or ())]
    assert len(bodies) > 10
    for body in bodies:
        name, needed, _ = EVENTS.get(body["event"], ("UnknownEvent", [], []))
        event = parse(encoded(body), {"X-Buildkite-Event": body["event"]})
        expected = name if all(key in body for key in needed) else "UnknownEvent"
        assert type(event).__name__ == expected, body
        assert event.data == body
        assert event.sender is not None
        if "id" in body["sender"]:
            assert (event.sender.id, event.sender.name) == (body["sender"]["id"], body["sender"]["name"])


# --- Unknown events ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["build.blocked", "Ping", "ping ", "workflow.recover", "日本語", "x" * 5000, "\x00"])
def test_an_unknown_event_keeps_all_its_data(name: str) -> None:
    body = {"event": name, "thing": {"id": [1]}, "sender": {"id": "u1", "name": "Some Person"}}
    event = parse(encoded(body))
    assert type(event) is UnknownEvent
    assert event.event == name
    assert event.problem == "this version doesn't know the event"
    assert event.data == body
    assert event.sender is not None
    assert event.sender.name == "Some Person"


def test_a_sender_that_is_only_a_text() -> None:
    event = parse(b'{"event": "agent.lost", "agent": {"id": "a"}, "sender": "Some Person"}')
    assert isinstance(event, AgentLost)
    assert event.sender is None
    assert event.data["sender"] == "Some Person"


def test_fields_that_fit_of_an_object_outside_of_models_are_kept() -> None:
    event = parse(b'{"event": "ping", "service": {"id": 5, "provider": "webhook", "settings": {"url": 1e999}}}')
    assert isinstance(event, Ping)
    assert event.service is not None
    assert (event.service.id, event.service.provider) == (None, "webhook")
    assert event.service.settings == {"url": float("inf")}
    alarm = parse(
        b'{"event": "workflow.alarm", "subject": {"name": "t", "runs": 1e999}, "workflow_event": {"type": 1}}'
    )
    assert isinstance(alarm, WorkflowAlarm)
    assert alarm.subject == {"name": "t", "runs": float("inf")}
    assert alarm.workflow_event is not None
    assert alarm.workflow_event.type is None


def test_a_text_that_looks_like_a_date_stays_text() -> None:
    body = body_of("build.finished")
    body["build"]["message"] = body["build"]["branch"] = body["build"]["env"]["WHEN"] = OLD_FORM
    event = parse(encoded(body))
    assert isinstance(event, BuildFinished)
    assert event.build.message == event.build.branch == event.build.env["WHEN"] == OLD_FORM
    assert event.build.created_at == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-13-02 03:04:05 UTC",
        "2026-02-30 03:04:05 UTC",
        "2026-01-02 25:04:05 UTC",
        "2026-01-02 03:04:05 GMT",
        "2026-01-02 03:04:05 utc",
        "2026-01-02  03:04:05 UTC",
        "2026-W01-5 03:04:05 UTC",
        "20260102 03:04:05.6 UTC",
        "2026-01-02T03:04:05 UTC",
        "２026-01-02 03:04:05 UTC",
        "-026-01-02 03:04:05 UTC",
        "2026-01-02 03:04:05 UTC ",
        " UTC",
        "",
    ],
)
def test_an_invalid_date_is_kept(text: str) -> None:
    body = body_of("build.finished")
    body["build"]["started_at"] = text
    event = parse(encoded(body))
    assert isinstance(event, BuildFinished)
    assert event.build.started_at == text  # type: ignore[comparison-overlap]
    assert isinstance(event.build.created_at, dt.datetime)


# --- The header that names the event ----------------------------------------------------------------------------------


def refused(body: bytes, headers: Any = ()) -> WebhookMalformed:
    with pytest.raises(WebhookMalformed) as caught:
        parse(body, headers)
    return caught.value


def test_a_header_that_names_another_event() -> None:
    body = encoded(body_of("job.finished"))
    assert isinstance(parse(body, {"x-buildkite-event": " job.finished "}), JobFinished)
    assert isinstance(parse(body, [(b"X-BUILDKITE-EVENT", b"job.finished")]), JobFinished)
    assert isinstance(parse(body, {"X-Buildkite-Event": None}), JobFinished)  # type: ignore[dict-item]
    for name in ("job.started", "JOB.FINISHED", "job.finished\n", "", "ping", "job.*"):
        error = refused(body, {"X-Buildkite-Event": name})
        assert error.reason == "event_differs"
        assert "'job.finished'" in str(error)
    assert refused(b'{"event": "unknown"}', {"X-Buildkite-Event": "ping"}).reason == "event_differs"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["ping", "ping"], "duplicate"),
        ("x" * 257, "oversized"),
        ("ping\u00a0", "not_ascii"),
        (5, "malformed"),
    ],
)
def test_a_header_that_cannot_be_read(value: Any, reason: str) -> None:
    assert refused(b'{"event": "ping"}', {"X-Buildkite-Event": value}).reason == reason


def test_a_refusal_is_short_for_a_long_event() -> None:
    assert len(str(refused(encoded({"event": "x" * 10**6}), {"X-Buildkite-Event": "ping"}))) < 1000


def test_the_last_of_two_events_counts() -> None:
    body = b'{"event": "ping", "agent": {"id": "a"}, "event": "agent.lost"}'
    event = parse(body, {"X-Buildkite-Event": "agent.lost"})
    assert isinstance(event, AgentLost)
    assert event.data["event"] == "agent.lost"
    assert refused(body, {"X-Buildkite-Event": "ping"}).reason == "event_differs"
