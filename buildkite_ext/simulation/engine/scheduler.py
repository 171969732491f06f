"""What is going to happen, in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable

Act = Callable[[], object]


class Event:
    """Something that happens unless it is called off before."""

    __slots__ = ("act",)

    def __init__(self, act: Act) -> None:
        self.act: Act | None = act

    def call_off(self) -> None:
        """It will not happen."""
        self.act = None


class Timeline:
    """A queue of events. Those of the same hour happen in the order in which they were put in."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._events: list[tuple[float, int, Event]] = []
        self._put = 0

    def after(self, seconds: float, act: Act) -> Event:
        """Have `act` called `seconds` from now."""
        self._put += 1
        event = Event(act)
        heapq.heappush(self._events, (self.now + seconds, self._put, event))
        return event

    def advance(self, now: float) -> None:
        """Let everything happen that is due by `now`, each at its own hour."""
        while self._events and self._events[0][0] <= now:
            self._happen()
        self.now = max(self.now, now)

    def drain(self) -> None:
        """Let everything happen that is ever going to, however late."""
        while self._events:
            self._happen()

    def _happen(self) -> None:
        when, _, event = heapq.heappop(self._events)
        if event.act is not None:
            self.now = max(self.now, when)
            event.act()
