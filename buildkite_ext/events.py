"""Events of a client, as frozen values for a hook: `BuildkiteClient(on_event=print)`.

Each event is also a line of the logger `buildkite_ext`, at debug level.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = [
    "CircuitChanged",
    "Dispatcher",
    "Event",
    "Hook",
    "RateLimitWait",
    "RetryScheduled",
    "SchemaDrift",
    "StoreRecovered",
    "StoreUnavailable",
    "client_events",
    "logger",
]

E = TypeVar("E")

logger = logging.getLogger("buildkite_ext")


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """Retry of a request that failed, after a pause."""

    method: str
    path: str
    operation: str | None
    attempt: int
    """The attempt that failed, counted from 1."""
    pause: float
    """Seconds until the next one."""
    reason: str


@dataclass(frozen=True, slots=True)
class SchemaDrift:
    """Difference between an answer and the description, reported once for each model and key."""

    model: str
    key: str
    kind: str
    """`unknown`: the description has no such key. `missing`: it calls the key required. `null`: it doesn't allow null.
    `type`: the value is of another type, and was kept as it came; or it is a number beyond all floats, and became None."""


@dataclass(frozen=True, slots=True)
class RateLimitWait:
    """Wait of a request for a rate limit, before it is sent."""

    method: str
    path: str
    operation: str | None
    pause: float
    """Seconds until the limit has room, as far as it is known."""


@dataclass(frozen=True, slots=True)
class CircuitChanged:
    """Change of the state of a circuit."""

    circuit: str
    """Its name: the organization and the host."""
    before: str
    after: str
    """`closed`: calls are sent. `open`: they are refused. `half_open`: one is sent as a probe."""


@dataclass(frozen=True, slots=True)
class StoreUnavailable:
    """Outage of a store that processes share. Until it is over each process decides by what it knows itself."""

    store: str
    """Its URL, without credentials."""
    reason: str


@dataclass(frozen=True, slots=True)
class StoreRecovered:
    """End of the outage of a store that processes share."""

    store: str
    """Its URL, without credentials."""


Event = RetryScheduled | SchemaDrift | RateLimitWait | CircuitChanged | StoreUnavailable | StoreRecovered
Hook = Callable[[Event], object]


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
            self._log.debug("%s", event)
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
