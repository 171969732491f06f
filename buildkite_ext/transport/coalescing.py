"""Coalescing: identical requests that are on their way at the same time share one answer.

The first of them is sent, in a flight, and the others wait for it. Flights belong to a client and its copies: they have the same
connections, the same kind of runtime and the same events, so that a caller sees what its own request would have met.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import TYPE_CHECKING

from msgspec import Struct, field

from .._forks import reset_after_fork

if TYPE_CHECKING:
    import httpx

    from ..errors import BuildkiteError
    from ..runtime import Signal
    from .context import RequestContext

__all__ = ["Flight", "Flights", "Landing", "copy_of", "leads_a_flight"]

leads_a_flight: ContextVar[bool] = ContextVar("leads_a_flight", default=False)
"""True in code that runs while its own request is on its way, such as a hook or the function of a token. If it waited for a
flight, that might be its own."""


class Landing(Struct, frozen=True):
    """End of a flight. Without an answer and an error, its request was given up, and tells the others nothing."""

    response: httpx.Response | None = None
    error: BuildkiteError | None = None


class Flight(Struct, eq=False):
    """Request that is on its way for several callers.

    Attributes:
        key: what identical requests have in common.
        version: the version of what the answer tells of, at its beginning.
        context: the context of the request.
        leader: a signal of the caller that sends it, which tells if its event loop runs.
        landing: its end; None while it is on its way.
        signals: set at its end.
    """

    key: Hashable
    version: int
    context: RequestContext
    leader: Signal
    landing: Landing | None = None
    signals: set[Signal] = field(default_factory=set)


class Flights:
    """Flights of a client and its copies, on threads and in tasks."""

    def __init__(self) -> None:
        self.joined = 0
        """Number of calls that got the answer of another one."""
        self._reset_after_fork()
        reset_after_fork(self)

    def board(
        self, key: Hashable, version: int, context: RequestContext, signal: Callable[[], Signal]
    ) -> tuple[Flight, bool]:
        """Return the flight for a request, and whether it is a new one, which the caller sends.

        A flight that began at another version isn't joined, nor one whose event loop doesn't run.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and flight.version == version and flight.leader.is_alive:
                return flight, False
            flight = self._flights[key] = Flight(key, version, context, signal())
            return flight, True

    def land(self, flight: Flight, response: httpx.Response | None = None, error: BuildkiteError | None = None) -> None:
        """End a flight. Its callers get copies of the answer or of the error."""
        # The error itself holds the frames of the caller that raised it.
        landing = Landing(response, None if error is None else copy_of(error))
        with self._lock:
            flight.landing = landing
            if self._flights.get(flight.key) is flight:
                del self._flights[flight.key]
            signals, flight.signals = flight.signals, set()
        for signal in signals:
            signal.set()

    def listen(self, flight: Flight, signal: Signal) -> None:
        """Set a signal at the end of a flight, or now if it has ended."""
        with self._lock:
            if flight.landing is None:
                flight.signals.add(signal)
                return
        signal.set()

    def leave(self, flight: Flight, signal: Signal) -> None:
        """Set a signal no longer."""
        with self._lock:
            flight.signals.discard(signal)

    def count(self) -> None:
        """Count a call that got the answer of another one."""
        with self._lock:
            self.joined += 1

    def _reset_after_fork(self) -> None:
        """Forget the flights: they are the parent's."""
        self._lock = threading.RLock()  # the garbage collector may end a call of a closed event loop while it is held
        self._flights: dict[Hashable, Flight] = {}


def copy_of(error: BuildkiteError) -> BuildkiteError:
    """Return an error like another one, with its cause, and without the frames that it passed."""
    copied = copy.copy(error)
    copied.__cause__ = error.__cause__
    return copied
