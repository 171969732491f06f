"""Events as values: immutable, comparable, picklable, and shown without their bodies."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import msgspec
import pytest

from buildkite_ext.webhooks import BuildFinished, Ping, WebhookEvent, parse

from .bodies import EVENTS, OLD_FORM, body_of, encoded

BODIES = {
    **{name: encoded(body_of(name)) for name in EVENTS},
    "unknown": b'{"event": "new.thing", "a": [1], "sender": {"id": "u"}}',
    "incomplete": b'{"event": "agent.lost", "sender": {"id": "u"}}',
    "odd": b'{"event": "agent.lost", "agent": {"id": 1e999, "meta_data": 5}}',
}

every_body = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


@every_body
@pytest.mark.parametrize("read", [False, True], ids=["", "its data read before"])
def test_an_event_can_be_pickled(body: bytes, read: bool) -> None:
    event = parse(body)
    if read:
        assert event.data
    ways: list[Any] = [copy.copy, copy.deepcopy]
    ways += [lambda each, p=protocol: pickle.loads(pickle.dumps(each, p)) for protocol in range(2, 6)]
    for way in ways:
        again = way(event)
        assert type(again) is type(event)
        assert again == event
        assert (again.raw, again.data, repr(again)) == (event.raw, event.data, repr(event))
        for key in event.__struct_fields__:
            assert getattr(again, key) == getattr(event, key)


@every_body
def test_an_event_is_immutable(body: bytes) -> None:
    event = parse(body)
    for key in (*event.__struct_fields__, "data", "new"):
        with pytest.raises(AttributeError):
            setattr(event, key, None)
    with pytest.raises(AttributeError):
        del event.event


@every_body
def test_equality(body: bytes) -> None:
    event = parse(body)
    assert event == parse(body)
    assert event != parse(body + b" ")
    assert event != parse(BODIES["ping"].replace(b"text", b"other"))
    assert event != body


@every_body
def test_a_repr_shows_no_body(body: bytes) -> None:
    event = parse(body)
    for text in (repr(event), str(event)):
        assert text.startswith(f"{type(event).__name__}(event='{event.event}'")
        assert "raw=" not in text
    assert len(repr(event)) <= 100


def test_repr() -> None:
    event = parse(b'{"event": "ping", "service": {"id": "s"}}')
    assert repr(event) == "Ping(event='ping', service=PingService(id='s'))"
    assert str(event) == "Ping(event='ping', service=PingService(id='s', provider=None, settings={}))"


def test_data_is_read_once_and_is_not_shared() -> None:
    event = parse(BODIES["ping"])
    assert event.data is event.data
    assert parse(BODIES["ping"]).data is not event.data
    assert copy.deepcopy(event).data is not event.data


def test_settings_that_are_absent_are_not_shared() -> None:
    one, other = (parse(b'{"event": "ping", "service": {}}') for _ in range(2))
    assert isinstance(one, Ping)
    assert isinstance(other, Ping)
    assert one.service is not None
    assert other.service is not None
    one.service.settings["url"] = "x"
    assert other.service.settings == {}


def test_another_body_has_other_data() -> None:
    event = parse(BODIES["ping"])
    assert event.data["event"] == "ping"
    other = msgspec.structs.replace(event, raw=b'{"event": "other"}')
    assert other.data == {"event": "other"}


def test_an_event_can_be_constructed() -> None:
    made = WebhookEvent(event="x")
    assert (made.data, made.raw, made.sender) == ({}, b"", None)
    event = parse(BODIES["build.finished"])
    assert isinstance(event, BuildFinished)
    again = BuildFinished(build=event.build, pipeline=event.pipeline, sender=event.sender, raw=event.raw)
    assert again == event
    assert not dataclasses.is_dataclass(again)
    assert OLD_FORM.encode() in again.raw
