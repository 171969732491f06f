"""Scheduler: actions in the order of their times."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import TypeVarTuple

from ...timestamps import to_millisecond
from ..state.actions import ScheduledAction

__all__ = ["Scheduler"]

T = TypeVarTuple("T")


class Scheduler:
    """Queue of actions. Actions of the same time run in the order in which they were added.

    Attributes:
        now: the current time in seconds since the epoch.
        millisecond: the same, at the precision that the API shows.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.millisecond = to_millisecond(now)
        self._times: list[float] = []
        self._actions: dict[float, deque[ScheduledAction]] = {}
        """Heap of the times, and the actions of each. Many builds that are created at once have the same few times."""

    def after(self, seconds: float, action: Callable[[*T], object], *arguments: *T) -> ScheduledAction:
        """Add an action that runs after some seconds, with some arguments."""
        scheduled = ScheduledAction(action, arguments)
        time = self.now + seconds
        actions = self._actions.get(time)
        if actions is None:
            heapq.heappush(self._times, time)
            actions = self._actions[time] = deque()
        actions.append(scheduled)
        return scheduled

    def run_next(self, until: float) -> bool:
        """Run the next action that is due by a time, at its own time. Return whether there was one."""
        while self._times and self._times[0] <= until:
            time = self._times[0]
            actions = self._actions[time]
            while actions:
                scheduled = actions.popleft()
                if not scheduled.canceled:
                    if time > self.now:
                        self.advance(time)
                    scheduled.action(*scheduled.arguments)
                    return True
            self._drop_first()
        return False

    def next_time(self) -> float | None:
        """Return the time of the next action; None if there is none."""
        while self._times:
            time = self._times[0]
            actions = self._actions[time]
            while actions and actions[0].canceled:
                actions.popleft()
            if actions:
                return time
            self._drop_first()
        return None

    def _drop_first(self) -> None:
        del self._actions[heapq.heappop(self._times)]

    def advance(self, now: float) -> None:
        """Set the time; it never goes back."""
        if now > self.now:
            self.now, self.millisecond = now, to_millisecond(now)
