"""The deduplication key of an event."""

from __future__ import annotations

from typing import Any

import pytest

from buildkite_ext.webhooks import deduplication_key, parse, sign, verify

from .bodies import EVENTS, NEW_FORM, body_of, encoded

OBJECTS = {
    name: needed[0]
    for name, (_, needed, _) in EVENTS.items()
    if needed and needed[0] in ("build", "job", "agent", "package")
}

every_happening = pytest.mark.parametrize(("name", "key"), OBJECTS.items())


def key_of(body: dict[str, Any]) -> str | None:
    return deduplication_key(parse(encoded(body)))


def changed(body: dict[str, Any], part: str, **changes: Any) -> dict[str, Any]:
    return {**body, part: {**body[part], **changes}}


def test_the_key_of_a_build() -> None:
    body = {
        "event": "build.finished",
        "build": {"id": "b1", "state": "passed", "blocked": False, "created_at": "2026-01-02 03:04:05 UTC"},
        "pipeline": {"slug": "web"},
    }
    assert key_of(body) == "build.finished:b1:passed:created_at=2026-01-02T03:04:05+00:00"
    assert key_of(changed(body, "build", blocked=True)) == (
        "build.finished:b1:passed+blocked:created_at=2026-01-02T03:04:05+00:00"
    )


@every_happening
def test_another_delivery_of_an_event_has_the_same_key(name: str, key: str) -> None:
    body = encoded(body_of(name))
    first, second = (sign(body, "s3cret", now=lambda moment=moment: moment) for moment in (1642080837, 1642081000))
    assert first != second
    for given, moment in ((first, 1642080837), (second, 1642081000)):
        assert verify(body, {"X-Buildkite-Signature": given}, "s3cret", now=lambda moment=moment: moment)
    assert deduplication_key(parse(body)) == deduplication_key(parse(body))
    assert (key_of(body_of(name)) or "").startswith(f"{name}:text:")


@every_happening
def test_other_spelling_has_the_same_key(name: str, key: str) -> None:
    body = body_of(name)
    for other in (
        dict(reversed(body.items())),
        {**body, "new": 1e300},
        {**body, "sender": None},
        changed(body, key, url="elsewhere"),
        body_of(name, date="2026-01-02T03:04:05Z"),
        body_of(name, date="2026-01-02T03:04:05.000Z"),
    ):
        assert key_of(other) == key_of(body)


@every_happening
def test_another_event_has_another_key(name: str, key: str) -> None:
    body = body_of(name)
    keys = [
        key_of(body),
        key_of(changed(body, key, id="other")),
        key_of(changed(body, key, created_at="2026-01-02 03:04:06 UTC")),
        key_of(body_of(name, date=NEW_FORM)),
    ]
    state = {"agent": "connection_state", "package": None}.get(key, "state")
    if state:
        keys.append(key_of(changed(body, key, created_at=None)))
        keys += [key_of(changed(body, key, **{state: other})) for other in ("passed", "failed", "nobody knows", None)]
    others = [other for other in OBJECTS if OBJECTS[other] == key and other != name]
    keys += [key_of({**body_of(other)}) for other in others]
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_a_build_that_is_blocked_again_has_another_key() -> None:
    body = body_of("build.finished")
    finished = [
        changed(body, "build", state="passed", blocked=False),
        changed(body, "build", state="passed", blocked=True),
        changed(body, "build", state="passed", blocked=True, finished_at="2026-01-02 03:09:05 UTC"),
    ]
    assert len({key_of(each) for each in finished}) == 3


@pytest.mark.parametrize("name", [name for name in EVENTS if name not in OBJECTS])
def test_an_event_without_a_key(name: str) -> None:
    assert key_of(body_of(name)) is None


@pytest.mark.parametrize("event", ["new.thing", "agent.lost"])
def test_an_unknown_event_has_no_key(event: str) -> None:
    assert key_of({"event": event, "build": {"id": "b1", "created_at": NEW_FORM}}) is None


@every_happening
def test_an_object_without_an_id_or_timestamps_has_no_key(name: str, key: str) -> None:
    body = body_of(name)
    times = {each: None for each in body[key] if each.endswith("_at")}
    assert times
    assert key_of(changed(body, key, **times)) is None
    assert key_of(changed(body, key, **dict.fromkeys(times, "yesterday"))) is None
    for id_ in (None, "", [], {}):
        assert key_of(changed(body, key, id=id_)) is None


@every_happening
def test_unusual_values_have_different_keys(name: str, key: str) -> None:
    body = body_of(name)
    odd = [{"id": 5}, {"id": {"a": 1}}, {"id": "5:6"}]
    if key != "package":
        state = "connection_state" if key == "agent" else "state"
        odd += [{state: 5}, {state: ["a"]}, {state: {"a": 1}}]
    keys = [key_of(changed(body, key, **each)) for each in odd]
    assert None not in keys
    assert len(set(keys)) == len(keys)
