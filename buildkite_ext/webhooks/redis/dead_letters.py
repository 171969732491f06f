"""Dead letters: deliveries that were given up, kept with the reason until a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...dispatcher import Dispatcher
from ..delivery import Delivery
from ..events import logger
from .codec import UnreadableEntry, from_fields
from .keys import ConsumerSettings

__all__ = ["DeadLetter", "dead_letter_details", "parse_dead_letter", "report_dead_letter"]

_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up after all its tries, or an entry that isn't a delivery."""

    id: str
    """The id that `RedisStreamSource.requeue` takes."""
    reason: str
    """The error of the last try, or the reason why the entry can't be read."""
    tries: int
    """The number of tries that began."""
    at: float
    """The time at which it was given up, in seconds since the epoch, by Redis's clock."""
    delivery: Delivery | None = field(repr=False)
    """The delivery; None if the entry can't be read."""
    fields: Mapping[bytes, bytes] = field(repr=False)
    """The fields of the entry in Redis."""


def dead_letter_details(reason: str, tries: int, partition: int) -> list[str | int]:
    """Return the fields that are added to an entry when it is given up."""
    return ["dead:reason", reason[:_LONGEST_REASON], "dead:tries", tries, "dead:partition", partition]


def parse_dead_letter(entry_id: bytes, fields: Mapping[bytes, bytes]) -> DeadLetter:
    """Parse an entry of the dead-letter stream. Fields of an unknown form don't raise an error."""
    try:
        delivery = from_fields(fields)
    except UnreadableEntry:
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


def report_dead_letter(
    settings: ConsumerSettings, fields: Mapping[bytes, bytes], details: list[str | int], moved: list[bytes | int]
) -> None:
    """Log that an entry became a dead letter, and call the user's hook.

    Args:
        settings: the worker's settings.
        fields: the entry's fields.
        details: the fields that were added.
        moved: the script's result: the dead letter's id, and the number of older ones that were dropped.
    """
    dead_id, dropped = moved
    if not isinstance(dead_id, bytes):  # another worker has the entry
        return
    added = {str(name).encode(): str(value).encode() for name, value in zip(details[::2], details[1::2], strict=True)}
    letter = parse_dead_letter(dead_id, {**fields, **added})
    dead_letters = settings.keys.dead_letters
    # The reason isn't logged: it may quote the delivery's content.
    extra: dict[str, object] = {"webhook_dead_letter": letter.id, "webhook_attempt": letter.tries}
    if letter.delivery is not None:
        extra |= {"webhook_delivery": letter.delivery.id, "webhook_event": letter.delivery.event}
    text = "Gave up %s after %d tries: dead letter %s in %s"
    logger.error(text, _name(fields), letter.tries, letter.id, dead_letters, extra=extra)
    if dropped:
        limit = settings.dead_letter_limit
        logger.error("%s holds its limit of %d dead letters: the oldest was dropped", dead_letters, limit)
    if settings.on_dead_letter is not None:
        Dispatcher(settings.on_dead_letter, name="on_dead_letter").emit(letter)


def _name(fields: Mapping[bytes, bytes]) -> str:
    try:
        delivery = from_fields(fields)
    except UnreadableEntry as unreadable:
        return f"an entry ({unreadable})"
    return f"{delivery.event[:100]!r} {delivery.id[:100]!r}"
