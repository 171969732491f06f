"""Scheduler: actions in the order of their times."""

from __future__ import annotations

import heapq
from collections.abc import Callable

__all__ = ["Action", "ScheduledAction", "Scheduler"]

Action = Callable[[], object]


class ScheduledAction:
    """Action that runs at its time unless it is canceled before."""

    __slots__ = ("_action",)

    def __init__(self, action: Action) -> None:
        self._action: Action | None = action

    def cancel(self) -> None:
        """Keep the action from running."""
        self._action = None

    def run(self) -> None:
        """Run the action unless it was canceled."""
        if self._action is not None:
            self._action()

    @property
    def canceled(self) -> bool:
        """True if it was canceled."""
        return self._action is None


class Scheduler:
    """Queue of actions. Actions of the same time run in the order in which they were added.

    Attributes:
        now: the current time in seconds since the epoch.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self._actions: list[tuple[float, int, ScheduledAction]] = []
        self._count = 0

    def after(self, seconds: float, action: Action) -> ScheduledAction:
        """Add an action that runs after some seconds."""
        self._count += 1
        scheduled = ScheduledAction(action)
        heapq.heappush(self._actions, (self.now + seconds, self._count, scheduled))
        return scheduled

    def run_next(self, until: float) -> bool:
        """Run the next action that is due by a time, at its own time. Return whether there was one."""
        while self._actions and self._actions[0][0] <= until:
            time, _, scheduled = heapq.heappop(self._actions)
            if not scheduled.canceled:
                self.now = max(self.now, time)
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
        self.now = max(self.now, now)
