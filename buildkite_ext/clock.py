"""Time, passed in: what the clients ask for the hour, and what they sleep by."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What a client measures deadlines and pauses with. Pass one as `clock=` to make time yours in tests.

    `buildkite_ext.simulation.VirtualClock` is one whose sleeps take no time.
    """

    def now(self) -> float:
        """Seconds on a scale that never goes back; only differences are used."""
        ...

    def sleep(self, seconds: float) -> None:
        """Pause the calling thread for `seconds`."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Pause the calling task for `seconds`."""
        ...


class SystemClock:
    """Real time: monotonic, so that a corrected system clock moves no deadline. asyncio and trio both."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)
