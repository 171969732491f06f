"""Properties of the pure functions of the webhook commands, over many values."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.cli.webhooks.command_runner import command_environment
from buildkite_ext.cli.webhooks.credentials import WebhookAuth, WebhookCredential
from buildkite_ext.cli.webhooks.diagnose import diagnose, find_causes
from buildkite_ext.cli.webhooks.event_fields import event_fields
from buildkite_ext.cli.webhooks.jsonl import delivery_line, single_line
from buildkite_ext.errors import WebhookMalformed
from buildkite_ext.webhooks import Delivery, parse, sign

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_a_line_holds_the_same_json(value: Any, indent: int | str | None, ascii_only: bool, newline: str) -> None:
    # A body is UTF-8. Inside of strings, JSON has no line breaks that could change.
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    body = text.replace(b"\n", newline.encode())
    line = single_line(body)
    assert json.loads(line) == json.loads(body)
    assert all(" " <= character <= "~" for character in line)


@given(st.binary())
def test_any_body_becomes_a_line(body: bytes) -> None:
    line = delivery_line(Delivery("d", "ping", body, 1_780_000_000.0))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert json.loads(line)["delivery"] == "d"


@given(VALUES, VALUES, st.sampled_from(["build.finished", "job.started", "agent.lost", "package.created", "x\0y"]))
def test_any_event_becomes_an_environment(odd: Any, value: Any, event: str) -> None:
    fields = {"name": odd, "slug": value, "state": odd, "number": value, "branch": odd, "id": value, "url": "u"}
    values = dict.fromkeys(("build", "job", "pipeline", "agent", "package"), fields)
    body = json.dumps({"event": event, **values}).encode()
    try:
        found = event_fields(parse(body))
    except WebhookMalformed:
        return  # a number too large for a float, for example
    for name, text in command_environment(Delivery("d", event, body, 0.0), found).items():
        assert "\0" not in name + text
        assert "=" not in name
        os.fsencode(text).decode()  # UTF-8


SECRETS = st.binary().map(lambda content: b"k" + content.translate(None, b"\r\n"))


@given(st.binary(), st.text(), SECRETS)
def test_any_header_has_a_diagnosis(body: bytes, header: str, secret: bytes) -> None:
    found = diagnose(
        body, header, WebhookAuth("secret", (WebhookCredential(secret, "here"),)), tolerance=300, now=1_780_000_000
    )
    assert not found.valid
    assert all("\x1b" not in line or "\x1b" in header for line in found.lines)


@given(st.binary(), SECRETS)
def test_a_valid_signature_is_valid_and_an_added_line_break_is_found(body: bytes, secret: bytes) -> None:
    auth = WebhookAuth("secret", (WebhookCredential(secret, "here"),))
    header = sign(body, secret, now=lambda: 1_780_000_000)
    assert diagnose(body, header, auth, tolerance=300, now=1_780_000_001).valid
    signature = header.partition("signature=")[2]
    assert find_causes(body + b"\n", "1780000000", signature, [secret])
