"""Pause of Python's garbage collector while a large body is decoded.

Decoding makes many objects, and none of them is garbage. The collector counts new objects, and would visit those of the
page, and from time to time all objects of the process, without finding anything.

It visits the objects of the page once, when the pause has ended. That costs a third of decoding where the page is larger than
the processor's cache. So a decoding says how far it is, and the youngest objects are visited while they are in the cache.

The collector belongs to the process. So a pause is one for all threads: the first decoding disables the collector, and the
last one that ends enables it again, however they end. Code of users doesn't run in a pause, except their signal handlers,
their other threads, and the finalizers of young garbage of theirs. What they do to the collector meanwhile:

- They had disabled it before: it stays disabled. After `gc.set_threshold(0)` it is enabled, and collects nothing all the same.
- They call `gc.enable()`: it is enabled at once, and stays so.
- They call `gc.disable()`: the end of the pause enables it again, because Python doesn't tell who disabled it.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

MOST_IN_A_ROW = 32
"""The most pauses that overlap without a break. Threads that decode all the time would otherwise leave no break."""

YOUNG = 1 << 20
"""Bytes of JSON, the objects of which are visited together. They take somewhat more memory than that."""

_GENERATIONS = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether the youngest objects can be visited alone. PyPy, and Python without its lock, would visit all of the process."""


class _Pause:
    """Pause of one decoding."""

    __slots__ = ("thread",)

    def __init__(self) -> None:
        self.thread = threading.get_ident()


class _State:
    """Open pauses of the process.

    Each method leaves the state such that it can be called again after it was interrupted anywhere, and such that a signal
    handler may open and close a pause anywhere in it.
    """

    __slots__ = ("disabled", "in_a_row", "lock", "open")

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a signal handler may decode as well
        self.open: set[_Pause] = set()
        self.in_a_row = 0
        self.disabled = False
        """The collector was enabled, and a pause has disabled it."""

    def begin(self, pause: _Pause) -> None:
        with self.lock:
            if self.open:
                if self.in_a_row < MOST_IN_A_ROW:
                    self.in_a_row += 1
                    self.open.add(pause)
            elif gc.isenabled():
                self.in_a_row = 1
                self.open.add(pause)
                self.disabled = True
                gc.disable()

    def end(self, pause: _Pause) -> None:
        with self.lock:
            self.open.discard(pause)
            if self.disabled and not self.open:
                gc.enable()
                self.disabled = False

    def collect_young(self) -> None:
        if self.disabled and _GENERATIONS and gc.get_threshold()[0]:
            gc.collect(0)

    def continue_in_child(self) -> None:
        """Close the pauses of other threads, which don't exist in a forked process."""
        self.lock = threading.RLock()
        thread = threading.get_ident()
        self.open = {pause for pause in self.open if pause.thread == thread}
        self.end(_Pause())


_STATE = _State()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_STATE.continue_in_child)


def without_collection(work: Callable[[], T]) -> T:
    """Return what a function returns, which runs while the garbage collector is paused."""
    # Two pauses that follow on each other: to make this object gives the collector its turn between them.
    pause = _Pause()
    try:
        _STATE.begin(pause)
        return work()
    finally:
        try:
            _STATE.end(pause)
        except BaseException:  # a KeyboardInterrupt
            _STATE.end(pause)
            raise


def collect_young() -> None:
    """Visit the youngest objects, if the collector is paused. Call it after `YOUNG` bytes of a body."""
    _STATE.collect_young()


__all__ = ["MOST_IN_A_ROW", "YOUNG", "collect_young", "without_collection"]
