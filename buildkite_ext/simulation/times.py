"""Times: seconds since the epoch in the state, RFC 3339 with milliseconds in answers."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["read", "stamp", "written", "written_or_none"]


def stamp(seconds: float) -> float:
    """Round a time to milliseconds, which is what clients see and send back in filters."""
    return round(seconds, 3)


def written(seconds: float) -> str:
    """Format a time: `2026-01-05T09:00:00.000Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def written_or_none(seconds: float | None) -> str | None:
    """Format a time, or return None for None."""
    return None if seconds is None else written(seconds)


def read(text: str) -> float:
    """Parse an ISO 8601 date or time. Without a zone it is in UTC.

    Raises:
        ValueError: the text is neither.
    """
    # A plus sign that a client didn't encode arrives as a space.
    parsed = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
