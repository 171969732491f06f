"""The time of a simulated organization: real, or moved by the test."""

from __future__ import annotations

import threading
import time
from typing import Protocol

START = 1_767_603_600.0
"""Where a `VirtualClock` begins unless told otherwise: 2026-01-05 09:00 UTC, in seconds since the epoch."""


class Clock(Protocol):
    """What the simulator reads the hour from. A client takes the same object as its `clock=`."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Pause the calling thread for `seconds`."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Pause the calling task for `seconds`."""
        ...


class SystemClock:
    """Real time, as seconds since the epoch. It never goes back, whatever is done to the computer's clock.

    Example:
        >>> SystemClock().now() > START
        True
    """

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        return self._offset + time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)


class VirtualClock:
    """Time that passes only when somebody sleeps by it or calls `advance`: an hour's build takes a test no time.

    Args:
        start: the hour it begins at, in seconds since the epoch.

    Example:
        >>> clock = VirtualClock()
        >>> clock.sleep(90)
        >>> clock.now() - START
        90.0
    """

    def __init__(self, start: float = START) -> None:
        self._now = float(start)
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> float:
        """Let `seconds` pass at once.

        Returns:
            The new hour, in seconds since the epoch.

        Raises:
            ValueError: `seconds` is negative: time goes one way.
        """
        if seconds < 0:
            raise ValueError(f"advance({seconds}): time goes one way")
        with self._lock:
            self._now += seconds
            return self._now

    def sleep(self, seconds: float) -> None:
        """Pass `seconds` without waiting for them."""
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        """Pass `seconds` without waiting for them; other tasks get their turn, and a cancellation is noticed."""
        import anyio

        self.advance(seconds)
        await anyio.lowlevel.checkpoint()
