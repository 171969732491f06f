"""Remembering what was handled, so that the same delivery, or the same happening, is handled once."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal, Protocol

Claim = Literal["new", "pending", "settled"]
"""What a claim found: `new`, it is yours now; `pending`, another has it and is not done; `settled`, it was done."""


class ReplayStore(Protocol):
    """Remembers keys for a while. With one that all machines share, once means once among all of them."""

    async def claim(self, key: str, seconds: float, /) -> Claim:
        """Take a key if nobody has it.

        Args:
            key: what to take.
            seconds: after how long it is free again unless it is settled: whoever took it may have died.
        """
        ...

    async def settle(self, key: str, seconds: float, /) -> None:
        """Say that what a key stands for was done, and remember that for `seconds`; forget the key with 0."""
        ...


class MemoryReplays:
    """Remembers keys in this process.

    Args:
        limit: the most keys to remember. Beyond it the oldest are forgotten early, so that memory stays bounded.
        clock: seconds on a scale that never goes back.

    Example:
        >>> import asyncio
        >>> replays = MemoryReplays()
        >>> asyncio.run(replays.claim("a", 60)), asyncio.run(replays.claim("a", 60))
        ('new', 'pending')
    """

    def __init__(self, *, limit: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._keys: OrderedDict[str, tuple[float, Claim]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._keys)

    async def claim(self, key: str, seconds: float, /) -> Claim:
        with self._lock:
            now = self._clock()
            found = self._keys.get(key)
            if found is not None and found[0] > now:
                return found[1]
            self._remember(key, now, now + seconds, "pending")
            return "new"

    async def settle(self, key: str, seconds: float, /) -> None:
        with self._lock:
            if seconds > 0:
                now = self._clock()
                self._remember(key, now, now + seconds, "settled")
            else:
                self._keys.pop(key, None)

    def _remember(self, key: str, now: float, until: float, claim: Claim) -> None:
        self._keys[key] = (until, claim)
        self._keys.move_to_end(key)
        while self._keys:
            oldest = next(iter(self._keys))
            if self._keys[oldest][0] > now and len(self._keys) <= self._limit:
                break
            del self._keys[oldest]
