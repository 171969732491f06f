"""Clocks: the monotonic one by which a client measures, and the epoch one by which a simulator dates.

An epoch clock measures as well, so a client takes it. A monotonic clock can't give dates: to pass it to a simulator is a
type error. `SystemClock` and `VirtualClock` are epoch clocks.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

from ._sleeps import Sleeps
from .errors import ConfigurationError

__all__ = [
    "LONGEST_SLEEP",
    "START",
    "EpochClock",
    "MonotonicClock",
    "SystemClock",
    "VirtualClock",
    "are_countable",
    "check_seconds",
    "epoch_of",
]

LONGEST_SLEEP = 1e9
"""Seconds that one wait takes at most: thirty years. The functions of the system that wait refuse more than 9.2e9."""

_END = 253_402_300_799.0
"""Seconds since the epoch at the end of the year 9999. No date is later."""

START = 1_767_603_600.0
"""The start of a `VirtualClock`: 2026-01-05 09:00 UTC, in seconds since the epoch."""


class MonotonicClock(Protocol):
    """Clock that a client measures deadlines and pauses with. Pass one as `clock=` to control time in tests."""

    def monotonic(self) -> float:
        """Return seconds on a scale that never goes back. Only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Pause the calling thread for `seconds`."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Pause the calling task for `seconds`."""
        ...


class EpochClock(MonotonicClock, Protocol):
    """Clock that a simulator dates builds, jobs and logs with. It measures as well, so a client takes it too."""

    def time(self) -> float:
        """Return seconds since the epoch. They never go back."""
        ...


class SystemClock:
    """Clock of real time, for clients and simulators, on threads, asyncio and trio.

    Both readings come from the monotonic clock, so that a corrected system time moves no deadline and no build.

    Example:
        >>> SystemClock().time() > START
        True
    """

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def monotonic(self) -> float:
        """Return the seconds of the system's monotonic clock."""
        return time.monotonic()

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self._offset + time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Pause the calling thread for `seconds`."""
        time.sleep(min(seconds, LONGEST_SLEEP))

    async def asleep(self, seconds: float) -> None:
        """Pause the calling task for `seconds`."""
        import anyio

        await anyio.sleep(min(seconds, LONGEST_SLEEP))


class VirtualClock:
    """Clock of virtual time, which passes only when code sleeps by it or calls `advance`. Tests need not wait for a build.

    Several threads and tasks may sleep by it: the sleeps of all let time pass, one after another. The `timeout=` of a client's
    call, and that of a wait for a build, don't count what others sleep.

    Args:
        start: its first time, in seconds since the epoch.

    Raises:
        ConfigurationError: `start` is negative, or later than the year 9999.

    Example:
        >>> clock = VirtualClock()
        >>> clock.sleep(90)
        >>> clock.time() - START
        90.0
    """

    def __init__(self, start: float = START) -> None:
        if not 0 <= start <= _END:
            raise ConfigurationError(f"start={start:g}: give seconds since the epoch, not beyond the year 9999")
        self._now = float(start)
        self._lock = threading.Lock()
        self._sleeps = Sleeps()
        self._listeners: tuple[Callable[[], object], ...] = ()

    def monotonic(self) -> float:
        """Return the same seconds as `time`: virtual time never goes back."""
        return self._now

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> float:
        """Let `seconds` pass at once.

        Returns:
            The new time, in seconds since the epoch.

        Raises:
            ValueError: `seconds` is negative, infinite or NaN, or the time would be later than the year 9999.
        """
        if seconds < 0:
            raise ValueError(f"advance({seconds}): seconds must not be negative, since time never goes back")
        with self._lock:
            if not seconds <= _END - self._now:  # NaN is not either
                raise ValueError(f"advance({seconds:g}): the time has to stay within the year 9999, where dates end")
            self._now += seconds
            now = self._now
        for listener in self._listeners:
            listener()
        return now

    def on_advance(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call a function each time that time has passed, in the thread that let it pass.

        Args:
            listener: the function. What it raises reaches that thread.

        Returns:
            A function that removes the listener.

        Example:
            >>> clock, seen = VirtualClock(), []
            >>> remove = clock.on_advance(lambda: seen.append(clock.time() - START))
            >>> clock.sleep(5)
            >>> remove()
            >>> clock.sleep(5)
            >>> seen
            [5.0]
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def remove() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not listener)

        return remove

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass without waiting for them."""
        self._pass(seconds)

    async def asleep(self, seconds: float) -> None:
        """Let `seconds` pass without waiting for them. Other tasks run meanwhile, and a cancellation is noticed."""
        import anyio

        self._pass(seconds)
        await anyio.lowlevel.checkpoint()

    def _pass(self, seconds: float) -> None:
        seconds = min(seconds, LONGEST_SLEEP)
        if seconds > 0:
            self._sleeps.add(seconds)  # before time passes: who reads the clock first takes it for that of others
        self.advance(seconds)


def are_countable(seconds: float) -> bool:
    """Tell if seconds can be added to a time: Python has whole numbers of more digits than a float holds.

    Example:
        >>> are_countable(1e300), are_countable(10**400)
        (True, False)
    """
    return not isinstance(seconds, int) or seconds <= sys.float_info.max


def check_seconds(name: str, value: object, *, zero: bool = False, endless: bool = False, also: str = "") -> None:
    """Check that an argument of a constructor is a length of time.

    Args:
        name: the name of the argument.
        value: its value.
        zero: allow 0.
        endless: allow infinity.
        also: what may be given instead, for the message.

    Raises:
        ConfigurationError: it isn't one.

    Example:
        >>> check_seconds("open_for", 30)
        >>> check_seconds("open_for", 0)
        Traceback (most recent call last):
        ...
        buildkite_ext.errors.ConfigurationError: open_for=0: give seconds above 0.
    """
    if not isinstance(value, bool) and isinstance(value, int | float):
        long_enough = value >= 0 if zero else value > 0
        if long_enough and (endless or value < math.inf) and are_countable(value):
            return
    said = "a number of too many digits" if isinstance(value, int) and not are_countable(value) else repr(value)
    raise ConfigurationError(f"{name}={said}: give seconds{', 0 or more' if zero else ' above 0'}{also}.")


def epoch_of(clock: MonotonicClock) -> Callable[[], float]:
    """Return what gives the seconds since the epoch by a clock: by this computer's own time for a clock that has no dates.

    Example:
        >>> epoch_of(VirtualClock())() == START
        True
    """
    # A SystemClock ignores corrections of the system's time, which a comparison with another computer's clock must not.
    dated: Callable[[], float] | None = None if isinstance(clock, SystemClock) else getattr(clock, "time", None)
    return time.time if dated is None else dated
