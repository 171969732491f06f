"""Wildcards, and other texts of strangers that are searched: the time grows with their length and no faster."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext import WebhookMalformed
from buildkite_ext.globs import branch_matches, matches_wildcard
from buildkite_ext.redaction import redacted_text
from buildkite_ext.simulation.webhook_samples import matching_events
from buildkite_ext.webhooks import WebhookHandler, parse

HOSTILE = [
    ("*a" * 1_000 + "*x", "a" * 100_000),
    ("*" * 1_000 + "x", "a" * 100_000),
    ("*ab" * 1_000 + "*x", "ab" * 50_000),
    ("*" + "a" * 50_000 + "b*x", "a" * 100_000),
]
"""Patterns and texts for which a search that goes back would take longer than the universe is old, or minutes."""


def reference(text: str, pattern: str) -> bool:
    """Match by the definition: a star is no character, or one and itself."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return reference(text, pattern[1:]) or (bool(text) and reference(text[1:], pattern))
    return text[:1] == pattern[0] and reference(text[1:], pattern[1:])


@given(st.text(st.sampled_from("ab\n?["), max_size=7), st.text(st.sampled_from("ab*\n?["), max_size=6))
@example("aba", "ab*ba")
@example("a", "a*a")
@example("abab", "*ab")
@example("", "*")
@example("", "")
def test_a_wildcard_means_what_its_definition_says(text: str, pattern: str) -> None:
    assert matches_wildcard(text, pattern) == reference(text, pattern)


@pytest.mark.parametrize(("pattern", "text"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_pattern_ends(pattern: str, text: str) -> None:
    assert not matches_wildcard(text, pattern)
    assert matches_wildcard(text, pattern.removesuffix("x")) or "b*" in pattern
    assert not branch_matches(pattern, text)
    assert branch_matches(f"!{pattern}", text)
    assert list(matching_events([pattern])) == []


def test_a_hostile_branch_is_passed_over() -> None:
    hooks = WebhookHandler(allow_unsigned=True, respond_after="handled")
    reached: list[object] = []
    hooks.on("build.*", branch="*a*a*a*a*a*a*a*b")(reached.append)
    body = json.dumps({"event": "build.finished", "build": {"branch": "a" * 20_000, "state": "passed"}}).encode()
    answer = asyncio.run(hooks.receive("POST", {"Content-Type": "application/json"}, body))
    assert answer.status == 200
    assert reached == []


@pytest.mark.parametrize(
    "text", ["?" + "key" * 100_000, "&token" * 50_000, "?" + "sigtoken" * 40_000 + " =x", "bkua_" * 60_000 + "?"]
)
def test_a_hostile_text_is_redacted(text: str) -> None:
    assert "key=REDACTED" in redacted_text(f"{text}?key=hunter2")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("?a=b?token=x", "?a=b?token=REDACTED"),
        ("?token=a?key=b&key=c", "?token=REDACTED&key=REDACTED"),
        ("?token=&key=", "?token=&key="),
        ("?TOKEN=x#y", "?TOKEN=REDACTED#y"),
        ("?password=x&passphrase=y&page=2", "?password=REDACTED&passphrase=REDACTED&page=2"),
        ("?a=1&b=2", "?a=1&b=2"),
    ],
)
def test_the_values_of_sensitive_parameters_are_hidden(text: str, hidden: str) -> None:
    assert redacted_text(text) == hidden


@pytest.mark.parametrize("tail", [b'"' + rb"\"" * 500_000, b'"' + b"\\" * 500_001, b'""' * 500_000 + b'"'])
def test_a_hostile_body_is_refused(tail: bytes) -> None:
    with pytest.raises(WebhookMalformed, match="JSON"):
        parse(b'{"event": "ping", "a": [' + b"[]," * 100 + tail)


def test_brackets_in_texts_are_not_levels() -> None:
    texts = ["[" * 200, '"[{' * 200, "\\"]
    parse(json.dumps({"event": "ping", "texts": texts}).encode())
