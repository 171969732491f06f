"""Patience of what polls builds and logs: which errors pass, and for how long they are waited out."""

from __future__ import annotations

from ..errors import (
    BudgetExhausted,
    BuildkiteError,
    CircuitOpen,
    ConnectionFailed,
    DeadlineExceeded,
    NetworkError,
    RateLimited,
    ServerError,
)

__all__ = ["LONGEST_ABSENCE", "LONGEST_OUTAGE", "is_passing"]

LONGEST_ABSENCE = 60.0
"""Seconds for which a build that was seen may not be found. Buildkite's answers come from several servers."""

LONGEST_OUTAGE = 3600.0
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
