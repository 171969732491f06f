"""Limit of the lines that a flood of refused requests writes to the log."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["LogLimiter"]

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class _Window:
    begun: float
    more: int = 0


@dataclass(slots=True)
class LogLimiter(Generic[K]):
    """Limiter of one line per key and interval. What is left out is counted.

    It reads no clock and keeps one window for each key, so the keys must be few.

    Attributes:
        interval: seconds for which a key that was logged isn't logged again.

    Example:
        >>> limiter: LogLimiter[str] = LogLimiter(1.0)
        >>> [limiter.admit("queue_full", at) for at in (0.0, 0.2, 0.4, 1.5)]
        [0, None, None, 2]
    """

    interval: float = 1.0
    _windows: dict[K, _Window] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of keys that were logged and aren't forgotten yet."""
        return len(self._windows)

    def admit(self, key: K, now: float) -> int | None:
        """Return the number of lines that were left out since the last one; None if this one is left out too.

        Args:
            key: the kind of the line.
            now: monotonic seconds.
        """
        window = self._windows.get(key)
        if window is not None and now < window.begun + self.interval:
            window.more += 1
            return None
        self._windows[key] = _Window(now)
        return 0 if window is None else window.more

    def due(self, now: float) -> list[tuple[K, int]]:
        """Return the keys whose interval is over, with the number of lines that were left out, where there are any.

        These keys are logged now, so that their next interval begins. The others are forgotten.

        Args:
            now: monotonic seconds.
        """
        over = [key for key, window in self._windows.items() if now >= window.begun + self.interval]
        found = self._taken(over)
        self._windows |= {key: _Window(now) for key, _ in found}
        return found

    def rest(self) -> list[tuple[K, int]]:
        """Return all keys with the number of lines that were left out, where there are any, and forget all keys."""
        return self._taken(list(self._windows))

    def _taken(self, keys: list[K]) -> list[tuple[K, int]]:
        windows = [(key, self._windows.pop(key)) for key in keys]
        return [(key, window.more) for key, window in windows if window.more]
