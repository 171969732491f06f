"""Sleeps by a virtual clock, and whose they are.

Virtual time passes when anybody sleeps. While one thread has no turn, another one may sleep for hours: the first one's call
would end by its deadline, although it has waited for nothing. So a deadline counts the time that its own thread or task has
slept, and what is let pass by `advance`, and not what others have slept.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from .runtime import Runtime

__all__ = ["Sleeps", "WaitEnd", "sleeps_of"]

_LEAST = 1e-6
"""Seconds below which a difference comes from the rounding of sums."""


class _Call:
    """Call whose tasks sleep for it."""


_call: ContextVar[_Call | None] = ContextVar("_call", default=None)
"""Call in which the code runs. A task that an attempt has of its own inherits it."""


class Sleeps:
    """Seconds that each thread and task has slept by a clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all = 0.0
        self._own: WeakKeyDictionary[object, float] = WeakKeyDictionary()

    def add(self, seconds: float) -> None:
        """Take in that the caller sleeps."""
        sleeper = _sleeper()
        with self._lock:
            self._all += seconds
            self._own[sleeper] = self._own.get(sleeper, 0.0) + seconds

    def of_others(self) -> float:
        """Return the seconds that others than the caller have slept. Only differences within a call or a wait mean something."""
        sleeper = _sleeper()
        with self._lock:
            return self._all - self._own.get(sleeper, 0.0)

    def others_since(self, before: float) -> float:
        """Return the seconds that others have slept since `of_others` returned `before`."""
        seconds = self.of_others() - before
        return seconds if seconds > _LEAST else 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count what sleeps within a `with` block, also in tasks that it starts, as one sleeper, which is part of the caller."""
        own = _Call()
        outer = _call.set(own)
        try:
            yield
        finally:
            _call.reset(outer)
            sleeper = _sleeper()
            with self._lock:
                slept = self._own.pop(own, 0.0)
                if slept:
                    self._own[sleeper] = self._own.get(sleeper, 0.0) + slept


def sleeps_of(runtime: Runtime) -> Sleeps | None:
    """Return the sleeps by the clock of a runtime; None for a clock by which nobody else's sleep lets time pass."""
    found: Sleeps | None = getattr(getattr(runtime, "_clock", None), "_sleeps", None)
    return found


class WaitEnd:
    """End of a wait, which comes later by what others than the caller have slept since it began.

    Args:
        runtime: its clock.
        timeout: seconds for the wait; None for no end.
    """

    def __init__(self, runtime: Runtime, timeout: float | None) -> None:
        self._sleeps = sleeps_of(runtime)
        self._others = 0.0 if self._sleeps is None else self._sleeps.of_others()  # before the clock is read
        self._ends = None if timeout is None else runtime.now() + timeout

    @property
    def at(self) -> float | None:
        """Time of the end on the runtime's clock. Read the clock before it: who sleeps in between moves it too."""
        if self._ends is None or self._sleeps is None:
            return self._ends
        return self._ends + self._sleeps.others_since(self._others)


def _sleeper() -> object:
    """Return the call, the task or the thread that runs."""
    call = _call.get()
    if call is not None:
        return call
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        task: object = asyncio.current_task()
        if task is not None:
            return task
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        found: object = trio.lowlevel.current_task()
        return found
    return threading.current_thread()
