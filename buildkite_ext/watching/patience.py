"""Patience of what polls builds, jobs and logs: which errors of a poll are waited out, and for how long."""

from __future__ import annotations

from ..errors import (
    BudgetExhausted,
    BuildkiteError,
    CircuitOpen,
    ConnectionFailed,
    DeadlineExceeded,
    NetworkError,
    NotFound,
    RateLimited,
    ServerError,
)
from ..rate_limits import LONGEST

__all__ = ["Patience", "asked_pause", "is_passing"]

_LONGEST_ABSENCE = 60.0
"""Seconds for which what was seen may not be found. Buildkite's answers come from several servers."""

_LONGEST_OUTAGE = 3600.0
"""Seconds for which polls may fail one after another, if there is no timeout."""


def is_passing(error: BuildkiteError) -> bool:
    """Tell whether an error of a poll says nothing about the next one: an outage, a lost connection, a limit.

    A DeadlineExceeded is that of one call. A connection that failed for a permanent reason, such as a wrong certificate, doesn't
    pass.
    """
    if isinstance(error, ConnectionFailed):
        return not error.permanent
    return isinstance(
        error, ServerError | NetworkError | CircuitOpen | DeadlineExceeded | RateLimited | BudgetExhausted
    )


def asked_pause(error: BuildkiteError) -> float:
    """Return the fewest seconds after which an error lets the next poll succeed; 0 if it doesn't tell."""
    if isinstance(error, RateLimited | ServerError):
        return min(error.retry_after or 0.0, LONGEST)
    return error.retry_after if isinstance(error, CircuitOpen | BudgetExhausted) else 0.0


class Patience:
    """Patience with the polls of a build, a job or a log that fail one after another. It is the same for all who poll.

    - Before anything was seen, there is none: the address or the token may be wrong.
    - What was seen may not be found for a minute.
    - Errors that pass are waited out until the time allowed is over, or for an hour if it has no end.
    - Other errors are not waited out.

    Example:
        >>> patience = Patience()
        >>> outage = ConnectionFailed("refused")
        >>> [patience.bears(outage, now, seen=True, limited=False) for now in (0.0, 3599.0, 3600.0)]
        [True, True, False]
        >>> patience.bears(outage, 3600.0, seen=True, limited=True)
        True
        >>> patience.succeeded()
        >>> patience.bears(outage, 3700.0, seen=True, limited=False)
        True
    """

    def __init__(self) -> None:
        self._since: dict[bool, float] = {}
        """When the first poll failed, of those that did not find it, and of those with other errors."""

    def succeeded(self) -> None:
        """Note a poll that has succeeded."""
        self._since.clear()

    def bears(self, error: BuildkiteError, now: float, *, seen: bool, limited: bool) -> bool:
        """Tell whether polls continue after one that has failed.

        Args:
            error: its error.
            now: the time.
            seen: what is polled was seen before, or the caller has it from an answer.
            limited: the time allowed has an end. It ends the polls, whatever fails.
        """
        absent = isinstance(error, NotFound)
        seconds = now - self._since.setdefault(absent, now)
        if not seen:
            return False
        if absent:
            return seconds < _LONGEST_ABSENCE
        return is_passing(error) and (limited or seconds < _LONGEST_OUTAGE)
