"""Dispatcher of events to the hooks of users, and to the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from .events import Event, Hook

__all__ = ["Dispatcher", "client_events", "logger"]

E = TypeVar("E")

logger = logging.getLogger("buildkite_ext")

_LONG_WAIT = 10.0
"""Seconds of a wait for a rate limit from which it is logged at info level."""


class Dispatcher(Generic[E]):
    """Dispatcher of events to hooks, in the order in which they were added.

    A hook that raises breaks nothing: its error is logged, and the other hooks still get the event.

    Args:
        hooks: the hooks to begin with.
        name: what users call the hook, for the log.
        log: logger of each event, at debug level; None for none.

    Example:
        >>> seen: list[str] = []
        >>> Dispatcher[str](seen.append).emit("build.started")
        >>> seen
        ['build.started']
    """

    def __init__(
        self, *hooks: Callable[[E], object], name: str = "on_event", log: logging.Logger | None = None
    ) -> None:
        self._hooks = hooks
        self._name = name
        self._log = log

    def __bool__(self) -> bool:
        return bool(self._hooks)

    @property
    def wanted(self) -> bool:
        """True if a hook or the log takes events. Without one, none is made."""
        return bool(self._hooks) or (self._log is not None and self._log.isEnabledFor(logging.DEBUG))

    def add(self, hook: Callable[[E], object]) -> None:
        """Call `hook` with each event from now on."""
        self._hooks = (*self._hooks, hook)

    def remove(self, hook: Callable[[E], object]) -> None:
        """Call `hook` no longer. A hook that isn't there is ignored."""
        hooks = list(self._hooks)
        if hook in hooks:
            hooks.remove(hook)
        self._hooks = tuple(hooks)

    def emit(self, event: E) -> None:
        """Pass an event to the log and to each hook."""
        if self._log is not None:
            level, text = _line(event)
            self._log.log(level, "%s", text)
        for hook in self._hooks:
            try:
                hook(event)
            except Exception:
                logger.exception(
                    "%s raised an error on %s; nothing else is affected.", self._name, type(event).__name__
                )


def client_events(hook: Hook | None) -> Dispatcher[Event]:
    """Return the dispatcher of a client's events."""
    return Dispatcher(*(() if hook is None else (hook,)), log=logger)


def _line(event: object) -> tuple[int, object]:
    """Return the level of an event in the log, and its text."""
    # Here: without hooks and a debug log, hardly any event is made.
    from .events import CircuitChanged, LogIncomplete, LogRewritten, RateLimitWait, UnexpectedState

    match event:
        case CircuitChanged(after="open"):
            return logging.WARNING, f"{event.circuit}: the circuit opened, so calls are refused for a while."
        case CircuitChanged(after="closed"):
            return logging.INFO, f"{event.circuit}: the circuit closed, so calls are sent again."
        case UnexpectedState():
            whose = f"Build {event.pipeline} #{event.number}" + ("" if event.job is None else f", job {event.job}")
            if not event.after:
                return logging.WARNING, f"{whose}: the answer tells no state of it, and it counts as active."
            return logging.WARNING, (
                f"{whose}: the state {event.after!r} isn't known to this version, and counts as active."
                if event.problem == "unknown"
                else f"{whose}: the state changed from {event.before!r} to {event.after!r}, which Buildkite doesn't document."
            )
        case LogRewritten():
            then = "following continues behind what was read" if event.resumed else "it is read from its beginning"
            return (
                logging.WARNING,
                f"The log of job {event.name!r} changed after {event.read} bytes of it were read; {then}.",
            )
        case LogIncomplete() if event.error is not None:  # else an error says so
            return logging.WARNING, f"The log of job {event.name!r} can't be read and is left out: {event.error}"
        case RateLimitWait() if event.pause >= _LONG_WAIT:
            return logging.INFO, f"{event.method} {event.path} waits {event.pause:.0f} s for the rate limit."
    return logging.DEBUG, event
