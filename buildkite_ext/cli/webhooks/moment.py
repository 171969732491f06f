"""Hours on the command line and for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ..problem import UsageError

_WEBHOOK_FORM = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")


def moment(option: str, text: str) -> float:
    """Seconds since the epoch, of these or of an hour in ISO 8601 or as Buildkite's webhooks write it.

    Raises:
        UsageError: it is neither.

    Example:
        >>> moment("--at", "2018-03-25 03:58:14 UTC") == moment("--at", "2018-03-25T03:58:14Z") == moment("--at", "1521950294")
        True
    """
    try:
        if re.fullmatch(r"\d{1,12}(\.\d+)?", text):
            return float(text)
        found = _WEBHOOK_FORM.fullmatch(text)
        hour = datetime.fromisoformat(f"{found[1]}+00:00" if found else text)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r}: give seconds since 1970, or an hour such as 2026-05-09T21:05:59Z."
        ) from error
    return (hour if hour.tzinfo else hour.replace(tzinfo=UTC)).timestamp()


def shown(seconds: float) -> str:
    """Such as `2018-03-25 03:58:14 UTC`; the number itself for what no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f}"


def span(seconds: float) -> str:
    """A span of time, roughly.

    Example:
        >>> [span(each) for each in (0.2, 63, 3600, 200_000)]
        ['0 s', '63 s', '60 min', '2.31 days']
    """
    for size, unit, after in ((86_400, "days", 172_800), (3600, "h", 7200), (60, "min", 120)):
        if seconds >= after:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"
