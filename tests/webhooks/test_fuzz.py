"""Random deliveries raise only the documented errors, and accepted events can be used."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.errors import ConfigurationError, WebhookError
from buildkite_ext.webhooks import WebhookEvent, deduplication_key, parse, sign, verify, verify_token

from .bodies import EVENTS, NEW_FORM, OLD_FORM, body_of, encoded

SECRET = "s3cret"
NOW = 1642080837
NAMES = (
    "X-Buildkite-Signature",
    "x-buildkite-signature",
    "X-Buildkite-Token",
    "X-Buildkite-Event",
    "x-buildkite-event",
)
SIGNED = sign(b"{}", SECRET, now=lambda: NOW)

# --- Random deliveries ------------------------------------------------------------------------------------------------

texts = st.one_of(
    st.text(), st.text(st.characters(codec=None)), st.from_regex(r"timestamp=\d{0,13},signature=[0-9a-fA-F]{0,66}")
)
odd_values: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    texts,
    st.binary(),
    st.integers(),
    st.floats(),
    st.just(SIGNED),
    st.sampled_from([SECRET, "ping", *EVENTS]),
)
header_names: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([*NAMES, *(name.encode() for name in NAMES)]), texts, st.binary(), st.integers(), st.none()
)
header_values = st.one_of(odd_values, st.lists(odd_values, max_size=3), st.tuples(odd_values))
headers: st.SearchStrategy[Any] = st.one_of(
    st.dictionaries(header_names, header_values, max_size=4),
    st.lists(st.tuples(header_names, header_values), max_size=4),
    st.lists(st.one_of(st.none(), texts, st.lists(odd_values, max_size=3)), max_size=4),
)
secrets: st.SearchStrategy[Any] = st.one_of(
    st.just(SECRET),
    texts,
    st.binary(),
    st.lists(st.one_of(texts, st.binary(), st.none(), st.integers()), max_size=3),
    st.none(),
)

scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from([OLD_FORM, NEW_FORM, 10**400, "", *EVENTS]),
)
keys = st.one_of(
    st.sampled_from(["event", "build", "job", "pipeline", "agent", "sender", "id", "state", "created_at"]), texts
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def mutated_values(draw: st.DrawFn) -> bytes:
    """Return a body of an event with some values replaced, at any depth."""
    body = body_of(draw(st.sampled_from(list(EVENTS))), date=draw(st.sampled_from([OLD_FORM, NEW_FORM])))
    for _ in range(draw(st.integers(0, 4))):
        inner: Any = body
        while True:
            step = draw(st.sampled_from(list(inner) if isinstance(inner, dict) else range(len(inner))))
            if not isinstance(inner[step], (dict, list)) or not inner[step] or draw(st.booleans()):
                break
            inner = inner[step]
        inner[step] = draw(values)
    return json.dumps(body).encode()


@st.composite
def mutated_bytes(draw: st.DrawFn) -> bytes:
    """Return a body of an event with some bytes replaced."""
    body = bytearray(encoded(body_of(draw(st.sampled_from(list(EVENTS))), optional=draw(st.booleans()))))
    odd = st.one_of(
        st.binary(max_size=4),
        st.sampled_from(
            [b"1e999", b"9" * 4301, b"NaN", b"null", rb"\ud800", b"\xff", b'"', b"{", b"}", b"[" * 70, b"\\"]
        ),
    )
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        body[start : start + draw(st.integers(0, 12))] = draw(odd)
    return bytes(body)


bodies = st.one_of(st.binary(), texts.map(lambda text: text.encode("utf-8", "surrogatepass")), values.map(encoded))
bodies |= mutated_values() | mutated_bytes()

# --- Results ----------------------------------------------------------------------------------------------------------


def use(event: WebhookEvent) -> None:
    """Use an event in all ways that users may."""
    assert isinstance(event.data, dict)
    assert event.data["event"] == event.event
    repr(event).encode("utf-8", "backslashreplace")
    assert deduplication_key(event) is None or (deduplication_key(event) or "").startswith(event.event)
    assert event == parse(event.raw)
    told: list[Any] = []
    again = parse(event.raw, on_drift=told.append)
    assert type(again) is type(event)
    assert repr(again) == repr(event)
    for key in ("build", "job", "pipeline", "agent", "package", "cluster_token", "organization", "sender"):
        model = getattr(event, key, None)
        if model is not None:
            assert isinstance(model.to_dict(), dict)


@given(bodies, headers, secrets)
def test_verify_raises_documented_errors_only(body: bytes, given: Any, secret: Any) -> None:
    with suppress(WebhookError, ConfigurationError, TypeError):
        verify(body, given, secret, now=lambda: NOW)


@given(headers, secrets)
def test_verify_token_raises_documented_errors_only(given: Any, secret: Any) -> None:
    with suppress(WebhookError, ConfigurationError, TypeError):
        verify_token(given, secret)


@given(headers)
def test_any_headers_are_accepted_or_refused(given: Any) -> None:
    """No error of the caller is left, not even TypeError."""
    for check in (
        lambda: verify(b"{}", given, SECRET, now=lambda: NOW),
        lambda: verify_token(given, SECRET),
        lambda: parse(b'{"event": "ping"}', given),
    ):
        with suppress(WebhookError):
            check()


@given(bodies)
def test_any_body_is_a_usable_event_or_refused(body: bytes) -> None:
    with suppress(WebhookError):
        event = parse(body)
        assert event.raw == body
        use(event)


@given(mutated_values())
def test_a_body_that_names_an_event_is_parsed(body: bytes) -> None:
    name = json.loads(body)["event"]
    if isinstance(name, str) and name:
        use(parse(body))


secrets = st.text(st.characters(exclude_characters="\r\n")).map("k{}".format) | st.binary().map(
    lambda content: b"k" + content.translate(None, b"\r\n")
)


@given(st.binary(max_size=300), secrets, st.integers(0, 99_999_999_999))
def test_only_the_signed_body_is_accepted(body: bytes, secret: str | bytes, moment: int) -> None:
    given = {"X-Buildkite-Signature": sign(body, secret, now=lambda: moment)}
    assert verify(body, given, ("another", secret), now=lambda: moment).timestamp == moment
    for other_body, other_secret in (
        (body + b"x", secret),
        (body[1:], secret) if body else (b"x", secret),
        (body, "another"),
    ):
        with suppress(WebhookError):
            verify(other_body, given, other_secret, now=lambda: moment)
            raise AssertionError((other_body, other_secret))
