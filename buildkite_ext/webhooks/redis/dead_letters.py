"""Deliveries that were given up: kept apart, with the reason, until a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..delivery import Delivery
from .codec import Unreadable, from_fields

_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up after all its tries, or an entry that is no delivery."""

    id: str
    """What `RedisStreamSource.requeue` takes."""
    reason: str
    """Why: what the last try raised, or what can't be read."""
    tries: int
    """How many times it was begun."""
    at: float
    """When it was given up, in seconds since the epoch, by Redis's clock."""
    delivery: Delivery | None = field(repr=False)
    """The delivery; None where the entry can't be read."""
    fields: Mapping[bytes, bytes] = field(repr=False)
    """The entry as it is in Redis."""


def details(reason: str, tries: int, partition: int) -> list[str | int]:
    """What is added to the fields of an entry that is given up."""
    return ["dead:reason", reason[:_LONGEST_REASON], "dead:tries", tries, "dead:partition", partition]


def dead_letter(entry_id: bytes, fields: Mapping[bytes, bytes]) -> DeadLetter:
    """What an entry of the dead-letter stream says. An entry of any other shape is one with nothing known about it."""
    try:
        delivery = from_fields(fields)
    except Unreadable:
        delivery = None
    tries = fields.get(b"dead:tries", b"0")
    return DeadLetter(
        id=entry_id.decode(),
        reason=fields.get(b"dead:reason", b"unknown").decode("utf-8", "replace"),
        tries=int(tries) if tries.isdigit() else 0,
        at=int(entry_id.partition(b"-")[0]) / 1000,
        delivery=delivery,
        fields=fields,
    )
