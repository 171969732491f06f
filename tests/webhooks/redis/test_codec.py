"""The codec of entries: a round trip, and entries of another form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.webhooks.delivery import Delivery
from buildkite_ext.webhooks.redis.codec import UnreadableEntry, from_fields, to_fields

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DELIVERIES = st.builds(
    Delivery,
    id=TEXT,
    event=TEXT,
    body=st.binary(),
    received_at=st.floats(allow_nan=False, allow_infinity=False),
    build_id=st.none() | TEXT,
    sent_at=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    headers=st.dictionaries(TEXT, TEXT),
)


def stored(delivery: Delivery) -> dict[bytes, bytes]:
    flat = [field if isinstance(field, bytes) else field.encode() for field in to_fields(delivery)]
    return dict(zip(flat[::2], flat[1::2], strict=True))


@given(DELIVERIES)
def test_a_round_trip_returns_the_same_delivery(delivery: Delivery) -> None:
    assert from_fields(stored(delivery)) == delivery


@given(DELIVERIES, st.dictionaries(st.binary(min_size=12), st.binary()))
def test_fields_of_later_releases_are_ignored(delivery: Delivery, more: dict[bytes, bytes]) -> None:
    assert from_fields({**more, **stored(delivery)}) == delivery


@given(
    st.dictionaries(
        st.sampled_from([b"v", b"id", b"event", b"body", b"received_at", b"build_id", b"sent_at", b"headers"]),
        st.binary() | st.sampled_from([b"1.5", b"nan", b"{}", b"[" * 100_000]),
    ),
    st.booleans(),
)
def test_other_fields_raise_unreadable_entry_only(fields: dict[bytes, bytes], versioned: bool) -> None:
    if versioned:
        fields[b"v"] = b"1"
    try:
        delivery = from_fields(fields)
    except UnreadableEntry:
        return
    assert fields[b"body"] == delivery.body


def test_an_unknown_version_is_named() -> None:
    with pytest.raises(UnreadableEntry, match="unknown version b'2'"):
        from_fields({**stored(Delivery("a", "ping", b"{}", 0.0)), b"v": b"2"})
