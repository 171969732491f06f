"""A delivery as the flat fields of a stream's entry, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..delivery import Delivery

VERSION = "1"


class Unreadable(Exception):
    """An entry that isn't a delivery as this release writes it. The message says why, without its body."""


def to_fields(delivery: Delivery) -> list[str | bytes]:
    """Field, value, field, value, … as XADD takes them.

    A later release may add fields under the same version, which this one passes over; what this one couldn't handle
    rightly gets another version.
    """
    fields: list[str | bytes] = ["v", VERSION, "id", delivery.id, "event", delivery.event, "body", delivery.body]
    fields += ["received_at", repr(delivery.received_at)]
    if delivery.build_id is not None:
        fields += ["build_id", delivery.build_id]
    return fields


def from_fields(fields: Mapping[bytes, bytes]) -> Delivery:
    """The delivery that an entry holds.

    Raises:
        Unreadable: It holds none, or one of a version that this release doesn't know.
    """
    version = fields.get(b"v")
    if version is None:
        raise Unreadable("no delivery: it has no version")
    if version != VERSION.encode():
        raise Unreadable(f"a delivery of the unknown version {version[:20]!r}: a newer release can read it")
    try:
        build_id = fields.get(b"build_id")
        received_at = float(fields[b"received_at"])
        if not math.isfinite(received_at):
            raise Unreadable("a delivery without a usable received_at")
        return Delivery(
            id=fields[b"id"].decode(),
            event=fields[b"event"].decode(),
            body=fields[b"body"],
            received_at=received_at,
            build_id=None if build_id is None else build_id.decode(),
        )
    except KeyError as missing:
        raise Unreadable(f"a delivery without its {missing.args[0].decode()}") from None
    except ValueError:
        raise Unreadable("a delivery whose id, event, build_id or received_at can't be read") from None
