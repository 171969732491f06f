"""Timestamps: the forms in which Buildkite writes times, and seconds since the epoch.

The REST API writes RFC 3339 with milliseconds. Webhooks write `2018-03-25 03:58:14 UTC`. Headers have the form of HTTP.
https://buildkite.com/docs/apis/webhooks
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

__all__ = [
    "format_optional_time",
    "format_time",
    "format_webhook_time",
    "parse_http_date",
    "parse_time",
    "to_millisecond",
]

_WEBHOOK_FORM = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", re.ASCII)


def to_millisecond(seconds: float) -> float:
    """Round a time to the precision of the REST API, so that what a list compares is what a client has read."""
    return round(seconds, 3)


@lru_cache(maxsize=4096)
def format_time(seconds: float) -> str:
    """Format seconds since the epoch as the REST API does. Answers repeat the times of users, agents and jobs.

    Example:
        >>> format_time(1_767_603_600)
        '2026-01-05T09:00:00.000Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@lru_cache(maxsize=4096)
def format_optional_time(seconds: float | None) -> str | None:
    """Format a time, or return None for what has not happened."""
    return None if seconds is None else format_time(seconds)


def format_webhook_time(seconds: float) -> str:
    """Format seconds since the epoch as webhooks do.

    Raises:
        ValueError, OverflowError, OSError: no calendar has the time.

    Example:
        >>> format_webhook_time(1521950294)
        '2018-03-25 03:58:14 UTC'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def parse_time(text: str) -> float:
    """Return the seconds since the epoch of an ISO 8601 time or date, or of a time of webhooks. Without a zone it is UTC.

    Raises:
        ValueError: it has none of these forms.

    Example:
        >>> parse_time("2018-03-25 03:58:14 UTC") == parse_time("2018-03-25T03:58:14Z") == 1521950294
        True
    """
    text = text.strip()
    found = _WEBHOOK_FORM.fullmatch(text)
    # A plus sign that a client forgot to encode in a query arrives as a space.
    iso = f"{found[1]}+00:00" if found else text.replace(" ", "+") if "T" in text else text
    parsed = datetime.fromisoformat(iso)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def parse_http_date(text: str | None) -> datetime | None:
    """Return the time of a `Date` header, in UTC; None if there is none, or if it isn't a time.

    Example:
        >>> parse_http_date("Fri, 02 Jan 2026 00:01:00 GMT")
        datetime.datetime(2026, 1, 2, 0, 1, tzinfo=datetime.timezone.utc)
        >>> parse_http_date(None) is parse_http_date("today") is None
        True
    """
    from email.utils import parsedate_to_datetime  # here: most programs that format times read no header

    try:
        found = parsedate_to_datetime(text or "")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
