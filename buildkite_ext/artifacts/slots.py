"""Slots of a download of many files: how many come at the same time, and when the address of a next one is asked for."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..runtime import Runtime, Signal

__all__ = ["QUICK_SECONDS", "Slot", "Slots"]

QUICK_SECONDS = 5.0
"""Limit on the seconds of a file behind which addresses are asked for ahead. They wait for about as long as a file takes."""


class Slots:
    """Slots of the files that come at the same time.

    A file takes two requests, one after the other: for its address, and for its bytes. While the bytes of others come, the
    addresses of a few next files are asked for, half as many as there are slots.

    Args:
        runtime: the runtime.
        number: the files that come at the same time; at least one.
    """

    def __init__(self, runtime: Runtime, number: int) -> None:
        self._runtime = runtime
        self._free = max(1, number)
        self.workers = self._free + self._free // 2
        """Files that are worked at: those that come, and those whose addresses are asked for ahead."""
        self.are_quick = False
        """True if the last file that came took so little that an address won't wait for long."""
        self._waiting: deque[Signal] = deque()
        self._lock = threading.Lock()

    def next(self) -> Slot:
        """Return the slot of the next file, which it hasn't taken yet."""
        return Slot(self)

    def came(self, seconds: float) -> None:
        """Note the seconds that the bytes of a file took."""
        self.are_quick = seconds <= QUICK_SECONDS

    async def take(self) -> None:
        """Wait for a slot. Those who wait get one in order."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = self._runtime.signal()
            self._waiting.append(turn)
        try:
            await turn.wait(None)
        except BaseException:
            with self._lock:
                waits = turn in self._waiting
                if waits:
                    self._waiting.remove(turn)
            if not waits:  # it was given one
                self.give()
            raise

    def give(self) -> None:
        """Give a slot to the file that waits longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class Slot:
    """Slot of one file. It is taken before any byte comes, and may be taken earlier."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._taken = False

    @property
    def asks_ahead(self) -> bool:
        """True if the file's address is worth asking for before the slot is taken."""
        return not self._taken and self._slots.are_quick

    def came(self, seconds: float) -> None:
        """Note the seconds that the bytes of the file took."""
        self._slots.came(seconds)

    async def take(self) -> None:
        """Wait for the slot, unless it is taken."""
        if not self._taken:
            await self._slots.take()
            self._taken = True

    def free(self) -> None:
        """Let the next file come."""
        if self._taken:
            self._taken = False
            self._slots.give()
