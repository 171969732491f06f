"""Notes of a command about what the client does meanwhile, so that a command that waits isn't silent."""

from __future__ import annotations

from ..events import CircuitChanged, Event, LogIncomplete, RateLimitWait, RetryScheduled
from .hints import in_options
from .problem import without_secrets
from .streams import clean, print_error

__all__ = ["note_of", "print_note"]

_LEAST = 1.0
"""Seconds of the shortest pause that a note tells of."""


def note_of(event: Event) -> str | None:
    """Return the note about an event: a request is sent again later, waits for a rate limit, or reads no log; else None.

    That no request is sent for a while, since several failed in a row, is one, too.
    """
    if isinstance(event, RetryScheduled) and event.pause >= _LEAST:
        return f"{event.method} {event.path}: {event.reason}. Trying again in {event.pause:.0f} s."
    if isinstance(event, RateLimitWait) and event.pause >= _LEAST:
        return f"The rate limit is exhausted: {event.method} {event.path} waits {event.pause:.0f} s for it."
    if isinstance(event, CircuitChanged) and event.after == "open":
        return "Several requests failed in a row, so none is sent for a while."
    if isinstance(event, LogIncomplete) and event.error is not None:
        return f"The log of job {event.name!r} can't be read: {in_options(event.error.splitlines()[0])}"
    return None


def print_note(event: Event) -> None:
    """Print the note about an event, if there is one, on the standard error."""
    note = note_of(event)
    if note is not None:
        print_error(f"buildkite-ext: {without_secrets(clean(note))}")
