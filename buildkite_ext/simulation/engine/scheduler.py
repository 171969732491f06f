"""Scheduler: actions in the order of their times."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TypeVarTuple

from ...timestamps import to_millisecond

__all__ = ["ScheduledAction", "Scheduler"]

T = TypeVarTuple("T")


class ScheduledAction:
    """Action that runs at its time unless it is canceled before.

    Attributes:
        canceled: True if it was canceled.
    """

    __slots__ = ("_action", "_arguments", "canceled")

    def __init__(self, action: Callable[[*T], object], arguments: tuple[*T]) -> None:
        self._action: Callable[..., object] = action
        self._arguments = arguments
        self.canceled = False

    def cancel(self) -> None:
        """Keep the action from running."""
        self.canceled = True

    def run(self) -> None:
        """Run the action."""
        self._action(*self._arguments)


class Scheduler:
    """Queue of actions. Actions of the same time run in the order in which they were added.

    Attributes:
        now: the current time in seconds since the epoch.
        millisecond: the same, at the precision that the API shows.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.millisecond = to_millisecond(now)
        self._actions: list[tuple[float, int, ScheduledAction]] = []
        self._count = 0

    def after(self, seconds: float, action: Callable[[*T], object], *arguments: *T) -> ScheduledAction:
        """Add an action that runs after some seconds, with some arguments."""
        self._count += 1
        scheduled = ScheduledAction(action, arguments)
        heapq.heappush(self._actions, (self.now + seconds, self._count, scheduled))
        return scheduled

    def run_next(self, until: float) -> bool:
        """Run the next action that is due by a time, at its own time. Return whether there was one."""
        while self._actions and self._actions[0][0] <= until:
            time, _, scheduled = heapq.heappop(self._actions)
            if not scheduled.canceled:
                self.advance(time)
                scheduled.run()
                return True
        return False

    def next_time(self) -> float | None:
        """Return the time of the next action; None if there is none."""
        while self._actions and self._actions[0][2].canceled:
            heapq.heappop(self._actions)
        return self._actions[0][0] if self._actions else None

    def advance(self, now: float) -> None:
        """Set the time; it never goes back."""
        if now > self.now:
            self.now, self.millisecond = now, to_millisecond(now)
