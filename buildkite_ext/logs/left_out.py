"""Logs that can't be read among others that can: they are left out, and their errors come when the others were read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import AccessDenied, ApiError, BuildkiteError, InvalidResponse, RateLimited, Unauthorized
from ..events import LogIncomplete
from ..messages import listed

if TYPE_CHECKING:
    from ..events import Event

__all__ = ["LeftOutLogs", "is_of_one_log"]


class LeftOutLogs:
    """Logs that were left out, and why.

    Args:
        emit: called with an event for each.

    Example:
        >>> left_out = LeftOutLogs(lambda event: print(event.name))
        >>> left_out.add("0190", "unit", InvalidResponse("the answer isn't a log"))
        unit
        >>> left_out.raise_first()
        Traceback (most recent call last):
        ...
        buildkite_ext.errors.InvalidResponse: the answer isn't a log
        Not all of these logs could be read: 'unit'. The others were.
    """

    def __init__(self, emit: Callable[[Event], object]) -> None:
        self._emit = emit
        self._logs: list[tuple[str, BuildkiteError]] = []

    def add(self, job_id: str, name: str, error: BuildkiteError) -> None:
        """Leave out the log of a job."""
        self._logs.append((name, error))
        self._emit(LogIncomplete(job_id, name, str(error)))

    def raise_first(self) -> None:
        """Raise the error of the first log that was left out, with a note that names all; do nothing if none was."""
        if not self._logs:
            return
        error = self._logs[0][1]
        names = listed([repr(name) for name, _ in self._logs])
        error.add_note(f"Not all of these logs could be read: {names}. The others were.")
        raise error


def is_of_one_log(error: BuildkiteError) -> bool:
    """Tell whether an error may concern one log alone: its answer isn't a log, or this log is refused and not the token.

    Example:
        >>> is_of_one_log(InvalidResponse("the answer isn't a log")), is_of_one_log(BuildkiteError("closed"))
        (True, False)
    """
    if isinstance(error, ApiError):
        return not isinstance(error, AccessDenied | RateLimited | Unauthorized)
    return isinstance(error, InvalidResponse)
