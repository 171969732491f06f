"""Codec of deliveries as the flat fields of a stream's entry."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import msgspec

from ..delivery import Delivery

__all__ = ["UnreadableEntry", "from_fields", "to_fields"]

_VERSION = "1"


class UnreadableEntry(Exception):
    """Error of an entry that isn't a delivery in this release's form. The message says why, without the body."""


def to_fields(delivery: Delivery) -> list[str | bytes]:
    """Return a delivery as field, value, field, value, … for XADD.

    A later release may add fields under the same version, which this release ignores. A change that this release could
    not handle correctly gets another version.
    """
    fields: list[str | bytes] = ["v", _VERSION, "id", delivery.id, "event", delivery.event, "body", delivery.body]
    fields += ["received_at", repr(delivery.received_at)]
    if delivery.build_id is not None:
        fields += ["build_id", delivery.build_id]
    if delivery.sent_at is not None:
        fields += ["sent_at", repr(delivery.sent_at)]
    if delivery.headers:
        fields += ["headers", json.dumps(dict(delivery.headers), separators=(",", ":"))]
    return fields


def from_fields(fields: Mapping[bytes, bytes], *, attempt: int = 1) -> Delivery:
    """Return the delivery of an entry.

    Args:
        fields: the fields of the entry.
        attempt: the number of this try to handle it, from 1.

    Raises:
        UnreadableEntry: the entry isn't a delivery, or has a version that this release doesn't know.
    """
    version = fields.get(b"v")
    if version is None:
        raise UnreadableEntry("not a delivery: it has no version")
    if version != _VERSION.encode():
        raise UnreadableEntry(f"a delivery of the unknown version {version[:20]!r}: a newer release can read it")
    try:
        build_id = fields.get(b"build_id")
        sent_at = fields.get(b"sent_at")
        received_at = _finite(fields[b"received_at"])
        return Delivery(
            id=fields[b"id"].decode(),
            event=fields[b"event"].decode(),
            body=fields[b"body"],
            received_at=received_at,
            build_id=None if build_id is None else build_id.decode(),
            sent_at=None if sent_at is None else _finite(sent_at),
            attempt=attempt,
            headers=_headers(fields.get(b"headers", b"{}")),
        )
    except KeyError as missing:
        raise UnreadableEntry(f"a delivery without its {missing.args[0].decode()}") from None
    except ValueError:
        raise UnreadableEntry(
            "a delivery whose id, event, build_id, received_at, sent_at or headers can't be read"
        ) from None


def _finite(text: bytes) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the number isn't finite")
    return number


def _headers(text: bytes) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise ValueError("the headers aren't an object of texts") from error
