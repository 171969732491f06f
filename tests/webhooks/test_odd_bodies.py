"""Unusual bodies: refused with a reason, or parsed completely."""

from __future__ import annotations

import copy
import json
import math
import pickle
import sys
from typing import Any

import pytest

from buildkite_ext.webhooks import (
    AgentBlocked,
    AgentLost,
    JobFinished,
    Ping,
    UnknownEvent,
    WebhookMalformed,
    WorkflowAlarm,
    deduplication_key,
    parse,
)

from .bodies import body_of, encoded


def refused(body: bytes) -> str:
    with pytest.raises(WebhookMalformed) as caught:
        parse(body)
    return caught.value.reason


# --- Bodies without an event ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"5",
        b'"ping"',
        b"[]",
        b'[{"event": "ping"}]',
        b"event=ping",
        b"payload=%7B%7D",
        b'{"event": "ping"',
        b'{"event": "ping"}}',
        b'{"event": "ping"} {"event": "ping"}',
        b'{"event": "ping",}',
        b"{'event': 'ping'}",
        b'{"event": "ping", "a": NaN}',
        b'{"event": "ping", "a": Infinity}',
        b'{"event": "ping", "a": -Infinity}',
        b'{"event": "ping", "sender": {"id": 1e999, "name": NaN}}',
        b'{"event": "ping", "service": {"id": NaN}}',
        b'{"event": "ping", "a": 01}',
        b'{"event": "ping", "a": 1.}',
        b'{"event": "ping", "a": "\\q"}',
        b'{"event": "ping", "a": "\\u12"}',
        b'{"event": "ping", "a": "\n"}',
        b'{"event": "ping", "a": "\x00"}',
        b'{"event": "ping", "a": 1e999, "b"}',
        b'{"event": "agent.lost", "agent": {"id": 1e999, "name": "x}',
        b"\x00",
        b"\x1f\x8b\x08\x00",
        '{"event": "ping"}'.encode("utf-16"),
        '{"event": "ping"}'.encode("utf-32"),
    ],
)
def test_no_json_object(body: bytes) -> None:
    assert refused(body) == "no_json"


@pytest.mark.parametrize("event", [b"null", b'""', b"5", b"true", b"[]", b'["ping"]', b"{}", b"1.5"])
def test_an_object_without_an_event(event: bytes) -> None:
    assert refused(b"{}") == refused(b'{"Event": "ping"}') == refused(b'{"event": %s}' % event) == "no_event"


@pytest.mark.parametrize("body", ['{"event": "ping"}', {"event": "ping"}, None, [123]])
def test_a_body_of_another_type(body: Any) -> None:
    with pytest.raises(TypeError, match="raw body as bytes"):
        parse(body)


# --- Bytes ------------------------------------------------------------------------------------------------------------

PING = b'{"event": "ping"}'


@pytest.mark.parametrize(
    "body",
    [bytearray(PING), memoryview(PING), memoryview(bytes(each for byte in PING for each in (byte, 0)))[::2]],
    ids=["bytearray", "memoryview", "memoryview with gaps"],
)
def test_any_bytes_are_a_body_and_raw_is_bytes(body: Any) -> None:
    event = parse(body)
    assert isinstance(event, Ping)
    assert type(event.raw) is bytes
    assert event.raw == PING


def test_raw_stays_when_the_buffer_is_used_again() -> None:
    buffer = bytearray(PING)
    event = parse(buffer)
    buffer[:] = b"x" * len(buffer)
    assert (event.raw, event.data) == (PING, {"event": "ping"})


def test_raw_is_exact() -> None:
    body = b'\xef\xbb\xbf\n{ "event":"ping" ,"a":"\xff\\ud800", "a":1.50}\r\n'
    assert parse(body).raw == body


# --- Text -------------------------------------------------------------------------------------------------------------


def test_a_byte_order_mark() -> None:
    event = parse(b"\xef\xbb\xbf" + encoded(body_of("job.finished")))
    assert isinstance(event, JobFinished)
    assert event.data == body_of("job.finished")


@pytest.mark.parametrize("odd", [b"\xff", b"\xc3", b"\xed\xa0\x80", rb"\ud800", rb"\udc00\ud800", rb"\uD8FF"])
def test_invalid_text_is_replaced(odd: bytes) -> None:
    body = encoded(body_of("agent.blocked")).replace(b'"text"', b'"a%sz"' % odd)
    event = parse(body)
    assert isinstance(event, AgentBlocked)
    assert event.blocked_ip is not None
    assert event.sender is not None
    for text in (event.agent.id, event.agent.name, event.blocked_ip, event.sender.name, event.data["blocked_ip"]):
        assert text.startswith("a\ufffd")
        assert text.endswith("z")
        text.encode()  # it can be written


@pytest.mark.parametrize("odd", [b"\xff", rb"\ud800"])
def test_invalid_text_beside_a_value_that_does_not_fit(odd: bytes) -> None:
    event = parse(b'{"event": "ping", "service": {"id": 5, "provider": "a%s"}}' % odd)
    assert isinstance(event, Ping)
    assert event.service is not None
    assert event.service.provider == "a\ufffd"
    lost = parse(b'{"event": "agent.lost", "agent": {"id": 1e999, "name": "a%s"}}' % odd)
    assert isinstance(lost, AgentLost)
    assert lost.agent.name == "a\ufffd"


@pytest.mark.parametrize("odd", [b"\\ud80\xff", b"\\ud8\xff\xff", b"\\ud83d\\ude0\xff"])
@pytest.mark.parametrize("around", [b'{"event": "ping", "%s": 1}', b'{"event": "agent.lost", "agent": {"id": "%s"}}'])
def test_an_invalid_escape_before_invalid_text(odd: bytes, around: bytes) -> None:
    assert refused(around % odd) == "no_json"


def test_an_unusual_event_name() -> None:
    for body in (b'{"event": "\xff"}', rb'{"event": "\ud800"}'):
        event = parse(body)
        assert isinstance(event, UnknownEvent)
        assert event.event == "\ufffd"
        assert event.data == {"event": "\ufffd"}


def test_escapes_are_decoded() -> None:
    assert isinstance(parse(rb'{"\u0065vent": "p\u0069ng"}'), Ping)
    event = parse(rb'{"event": "agent.lost", "agent": {"id": "\ud83e\udd80", "n\u0061me": "\u0000"}}')
    assert isinstance(event, AgentLost)
    assert (event.agent.id, event.agent.name) == ("🦀", "\x00")


# --- Duplicate keys ---------------------------------------------------------------------------------------------------


def test_the_last_of_two_keys_counts() -> None:
    body = b'{"event": "agent.lost", "agent": {"id": "a"}, "agent": {"id": "b", "id": "c"}}'
    event = parse(body)
    assert isinstance(event, AgentLost)
    assert event.agent.id == event.data["agent"]["id"] == "c"
    assert event.data == json.loads(body)
    assert isinstance(parse(body.replace(b'"id": "c"}}', b'"id": "c"}, "agent": null}')), UnknownEvent)


# --- Numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("1e999", math.inf),
        ("-1e999", -math.inf),
        ("1e-999", 0.0),
        ("-0", 0),
        (str(10**400), 10**400),
        (str(-(2**64)), -(2**64)),
        (str(2**63), 2**63),
        ("9" * 5000, math.inf),
        ("-" + "9" * 100_000, -math.inf),
    ],
)
def test_numbers_of_any_size(number: str, value: float) -> None:
    body = f'{{"event": "agent.blocked", "agent": {{"id": {number}, "priority": {number}}}, "new": [{number}]}}'
    event = parse(body.encode())
    assert isinstance(event, AgentBlocked)
    assert event.agent.id == value  # type: ignore[comparison-overlap]
    assert event.data["new"] == [value]
    assert deduplication_key(event) is None
    assert repr(event)
    for key in ("sender", "blocked_ip", "cluster_token"):
        again = parse(body.replace('"new"', f'"{key}"').encode())
        assert isinstance(again, AgentBlocked)
        assert getattr(again, key) is None
    assert isinstance(parse(f'{{"event": "agent.lost", "agent": {number}}}'.encode()), UnknownEvent)
    alarm = parse(f'{{"event": "workflow.alarm", "subject": {{"runs": {number}}}}}'.encode())
    assert isinstance(alarm, WorkflowAlarm)
    assert alarm.subject == {"runs": value}


# --- Depth ------------------------------------------------------------------------------------------------------------

DEEPEST = 64


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]"), ("[ \n", " ]")])
@pytest.mark.parametrize("key", ["new", "sender", "agent", "event"])
def test_deep_nesting_is_refused(opening: str, closing: str, key: str) -> None:
    for times in (DEEPEST, 500, 1000, 100_000):
        body = f'{{"event": "agent.lost", "{key}": {opening * times}1{closing * times}}}'
        assert refused(body.encode()) == "no_json"
    assert refused(f'{{"event": "agent.lost", "{key}": {opening * 100_000}'.encode()) == "no_json"


def test_a_truncated_body_is_not_too_deep() -> None:
    body = encoded({**body_of("job.finished"), "steps": [{"env": {}}] * 1000})
    with pytest.raises(WebhookMalformed, match="Input data was truncated"):
        parse(body[:-10])


def test_allowed_nesting_can_be_used_at_a_deep_call_stack() -> None:
    inside = '{"job": {"agent": ' * (DEEPEST // 2 - 1)
    body = f'{{"event": "agent.lost", "agent": {inside}{{"id": "a"}}{"}}" * (DEEPEST // 2 - 1)}}}'

    def down(frames: int) -> Any:
        if frames:
            return down(frames - 1)
        event = parse(body.encode())
        assert isinstance(event, AgentLost)
        assert event.data == json.loads(body)
        assert str(event).count("Agent(") == DEEPEST // 2
        assert len(repr(event)) <= 100
        assert copy.deepcopy(event) == pickle.loads(pickle.dumps(event)) == event
        return event.agent.to_dict()

    assert down(sys.getrecursionlimit() // 3)


def test_many_objects_and_brackets_in_text_are_not_deep() -> None:
    steps: list[Any] = [{"env": {}, "agents": [], "command": "[[{{" * 100 + '\\"['} for _ in range(1000)]
    body = encoded({**body_of("job.finished"), "steps": steps})
    event = parse(body)
    assert isinstance(event, JobFinished)
    assert event.data["steps"] == steps
