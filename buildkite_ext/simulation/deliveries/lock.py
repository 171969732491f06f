"""Lock of a simulator's state that calls a function when it is free."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["StateLock"]


class StateLock:
    """Lock that a thread can take several times. When the thread has given it back, a function is called without it.

    Deliveries are sent then: a receiver may use the simulator from another thread.

    Attributes:
        released: the function.
    """

    def __init__(self) -> None:
        self.released: Callable[[], object] | None = None
        self._lock = threading.RLock()
        self._depth = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        free = not self._depth
        self._lock.release()
        if free and self.released is not None:
            self.released()
