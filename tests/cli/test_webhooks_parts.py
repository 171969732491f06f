"""Parts of the webhook commands that are pure, over many values."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.cli.webhooks.command_runner import environment_of
from buildkite_ext.cli.webhooks.credentials import Key, Proof
from buildkite_ext.cli.webhooks.diagnose import verdict
from buildkite_ext.cli.webhooks.diagnosis import causes
from buildkite_ext.cli.webhooks.event_fields import facts_of
from buildkite_ext.cli.webhooks.json_line import one_line
from buildkite_ext.cli.webhooks.jsonl import line_of
from buildkite_ext.errors import WebhookMalformed
from buildkite_ext.webhooks import Delivery, parse, sign

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_a_line_holds_the_same_json(value: Any, indent: int | str | None, ascii_only: bool, newline: str) -> None:
    # What can't be UTF-8 can't be in a body; inside of strings JSON has no line breaks to change.
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    body = text.replace(b"\n", newline.encode())
    line = one_line(body)
    assert json.loads(line) == json.loads(body)
    assert all(" " <= character <= "~" for character in line)


@given(st.binary())
def test_a_line_is_made_of_anything(body: bytes) -> None:
    line = line_of(Delivery("d", "ping", body, 1_780_000_000.0))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert json.loads(line)["delivery"] == "d"


@given(VALUES, VALUES, st.sampled_from(["build.finished", "job.started", "agent.lost", "package.created", "x\0y"]))
def test_an_environment_is_made_of_any_event(odd: Any, value: Any, event: str) -> None:
    fields = {"name": odd, "slug": value, "state": odd, "number": value, "branch": odd, "id": value, "url": "u"}
    parts = dict.fromkeys(("build", "job", "pipeline", "agent", "package"), fields)
    body = json.dumps({"event": event, **parts}).encode()
    try:
        facts = facts_of(parse(body))
    except WebhookMalformed:
        return  # a number that no float holds, say
    for name, text in environment_of(Delivery("d", event, body, 0.0), facts).items():
        assert b"\0" not in name + text
        assert b"=" not in name


@given(st.binary(), st.text(), st.binary(min_size=1))
def test_any_header_has_a_verdict(body: bytes, header: str, secret: bytes) -> None:
    found = verdict(body, header, Proof("secret", (Key(secret, "here"),)), tolerance=300, now=1_780_000_000)
    assert not found.fits
    assert all("\x1b" not in line or "\x1b" in header for line in found.lines)


@given(st.binary(), st.binary(min_size=1))
def test_what_fits_is_said_to_fit_and_a_line_break_more_is_found(body: bytes, secret: bytes) -> None:
    proof = Proof("secret", (Key(secret, "here"),))
    header = sign(body, secret, now=lambda: 1_780_000_000)
    assert verdict(body, header, proof, tolerance=300, now=1_780_000_001).fits
    signature = header.partition("signature=")[2]
    assert causes(body + b"\n", "1780000000", signature, [secret])
