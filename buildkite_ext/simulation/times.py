"""Hours: floats inside, RFC 3339 with milliseconds on the wire."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(seconds: float) -> float:
    """An hour at the precision that Buildkite shows, so that what a list compares is what a client has read."""
    return round(seconds, 3)


def written(seconds: float) -> str:
    """`2026-01-05T09:00:00.000Z` for seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def written_or_none(seconds: float | None) -> str | None:
    """The same, null for what has not happened."""
    return None if seconds is None else written(seconds)


def read(text: str) -> float:
    """Seconds since the epoch for an ISO 8601 date or hour; one without a zone is UTC.

    Raises:
        ValueError: it is neither.
    """
    # A plus sign that a client forgot to encode arrives as a space.
    hour = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    return (hour if hour.tzinfo else hour.replace(tzinfo=UTC)).timestamp()
