"""What both ways of reading do once a delivery is given up."""

from __future__ import annotations

from collections.abc import Mapping

from .codec import Unreadable, from_fields
from .dead_letters import dead_letter
from .link import logger
from .settings import Settings


def announce(
    settings: Settings, fields: Mapping[bytes, bytes], details: list[str | int], buried: list[bytes | int]
) -> None:
    """Tell the log and the user's hook that an entry is among the dead letters now.

    Args:
        settings: the worker's.
        fields: the entry's.
        details: what was added to them.
        buried: what the script answered: the dead letter's id, and how many were dropped for it.
    """
    dead_id, dropped = buried
    if not isinstance(dead_id, bytes):  # another worker has it by now
        return
    added = {str(name).encode(): str(value).encode() for name, value in zip(details[::2], details[1::2], strict=True)}
    letter = dead_letter(dead_id, {**fields, **added})
    # The reason may quote what the delivery holds, so the log has only where to find it.
    logger.error(
        "Gave up %s after %d tries: dead letter %s in %s", _name(fields), letter.tries, letter.id, settings.names.dead
    )
    if dropped:
        logger.error(
            "%s holds its limit of %d dead letters: the oldest was dropped",
            settings.names.dead,
            settings.dead_letter_limit,
        )
    if settings.on_dead_letter is not None:
        try:
            settings.on_dead_letter(letter)
        except Exception:
            logger.exception("on_dead_letter failed")


def _name(fields: Mapping[bytes, bytes]) -> str:
    try:
        delivery = from_fields(fields)
    except Unreadable as unreadable:
        return f"an entry ({unreadable})"
    return f"{delivery.event[:100]!r} {delivery.id[:100]!r}"
