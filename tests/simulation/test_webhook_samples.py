"""Sample bodies of webhooks: one for each event, as Buildkite would send it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from buildkite_api.webhooks.events import EVENTS, BuildEvent

from buildkite_ext.simulation.webhook_samples import webhook_sample
from buildkite_ext.webhooks import UnknownEvent, deduplication_key, event_state, parse


@pytest.mark.parametrize("event", EVENTS)
def test_a_sample_of(event: str) -> None:
    drifts: list[object] = []
    body = webhook_sample(event, now=1_780_000_000)
    raw = json.dumps(body).encode()
    found = parse(raw, on_drift=drifts.append)
    assert not isinstance(found, UnknownEvent)
    assert type(found) is EVENTS[event]
    assert drifts == []
    assert not re.search(rb"\d\d\d\d-\d\d-\d\dT", raw)
    for key, value in _times(body):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", value), key
        assert value <= "2026-05-28 20:26:40 UTC", key
    if event == "workflow.alarm":
        assert "sender" not in body
    else:
        assert sorted(body["sender"]) == ["id", "name"]
    if isinstance(found, BuildEvent):
        state = event.partition(".")[2].replace("finished", "passed")
        assert event_state(found) == state
    if "build" in body:
        assert "jobs" not in body["build"]
        assert "pipeline" not in body["build"]
        assert body["pipeline"]["slug"] == found.pipeline.slug  # type: ignore[attr-defined]
    if event.startswith(("build.", "job.", "agent.")):
        assert deduplication_key(found)
    assert webhook_sample(event, seed=1, now=1_780_000_000) != body
    assert webhook_sample(event, now=1_780_000_000) == body


def _times(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _times(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _times(each, key)
    elif key.endswith("_at") and value is not None:
        yield key, value
