"""Notes about pauses of the client, so that a command that waits isn't silent."""

from __future__ import annotations

from ..events import Event, RateLimitWait, RetryScheduled
from .problem import without_secrets
from .streams import clean, print_error

__all__ = ["pause_note", "print_pause"]

_LEAST = 1.0
"""Seconds of the shortest pause that a note tells of."""


def pause_note(event: Event) -> str | None:
    """Return what a command says about an event: that a request is sent again later, or waits for a rate limit; else None."""
    if isinstance(event, RetryScheduled) and event.pause >= _LEAST:
        return f"{event.method} {event.path}: {event.reason}. Trying again in {event.pause:.0f} s."
    if isinstance(event, RateLimitWait) and event.pause >= _LEAST:
        return f"The rate limit is exhausted: {event.method} {event.path} waits {event.pause:.0f} s for it."
    return None


def print_pause(event: Event) -> None:
    """Print what a command says about an event on the standard error."""
    note = pause_note(event)
    if note is not None:
        print_error(f"buildkite-ext: {without_secrets(clean(note))}")
