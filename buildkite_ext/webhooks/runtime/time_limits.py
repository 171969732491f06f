"""Time limits of many short waits, with one timer of the event loop for all of them.

A timer of its own for each wait costs more than the wait itself where nearly all of them end at once, as the body of a request
does that is there already.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

import anyio

from ..._forks import keep_inherited, reset_after_fork
from .event_loop import running_loop

__all__ = ["TimeLimit"]


class TimeLimit:
    """Limit of the time of waits. Several event loops may use it, each in its own thread.

    Args:
        seconds: the time that each wait may take.

    Example:
        >>> async def wait(limit):
        ...     with limit.move_on():
        ...         await asyncio.sleep(60)
        ...         return "in time"
        ...     return "too late"
        >>> asyncio.run(wait(TimeLimit(0.01)))
        'too late'
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Waits] = WeakKeyDictionary()
        self._lock = threading.Lock()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget the waits of the parent process."""
        keep_inherited(self._of_loops)
        self._of_loops = WeakKeyDictionary()
        self._lock = threading.Lock()

    def move_on(self) -> AbstractContextManager[object]:
        """Return a context that is cancelled when its time is over, and then left without an error."""
        loop = running_loop()
        task = None if loop is None else asyncio.current_task(loop)
        if loop is None or task is None:  # trio, which may also run as a guest of an event loop
            return anyio.move_on_after(self.seconds)
        return _Cancelled(self._waits_of(loop), loop, task)

    def scope(self) -> AbstractContextManager[anyio.CancelScope]:
        """Return the same for code of users: a scope of anyio, with a deadline, which respects the shielded scopes inside."""
        loop = running_loop()
        if loop is None or asyncio.current_task(loop) is None:
            return anyio.move_on_after(self.seconds)
        return _Scope(self._waits_of(loop), loop)

    def _waits_of(self, loop: asyncio.AbstractEventLoop) -> _Waits:
        found = self._of_loops.get(loop)
        if found is None:
            with self._lock:
                for other in list(self._of_loops):
                    if other.is_closed():  # what still waited in it keeps it referenced
                        del self._of_loops[other]
                found = self._of_loops[loop] = _Waits(self.seconds)
        return found


class _Wait:
    """A wait that may take a limited time.

    Attributes:
        until: the time of the event loop when it is too late.
        expire: called then.
        expired: True if it was called.
    """

    __slots__ = ("expire", "expired", "until")

    def __init__(self, until: float, expire: Callable[[], object]) -> None:
        self.until = until
        self.expire = expire
        self.expired = False


class _Waits:
    """The waits of one event loop. All may take the same time, so the first of them is the first that is too late.

    It doesn't refer to the loop, so that a loop can end without it.
    """

    __slots__ = ("_pending", "_timed", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._pending: dict[_Wait, None] = {}
        self._timed = False

    def begin(self, loop: asyncio.AbstractEventLoop, until: float, expire: Callable[[], object]) -> _Wait:
        wait = _Wait(until, expire)
        self._pending[wait] = None
        if not self._timed:
            self._time(loop, until)
        return wait

    def end(self, wait: _Wait) -> None:
        self._pending.pop(wait, None)

    def _time(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        loop.call_at(until, self._expire, loop)
        self._timed = True

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timed = False
        now = loop.time()
        for wait in tuple(self._pending):
            if wait.until > now:
                self._time(loop, wait.until)
                break
            del self._pending[wait]
            wait.expired = True
            wait.expire()


class _Cancelled:
    """A context whose task is cancelled when its time is over, in the way of `asyncio.timeout`."""

    __slots__ = ("_before", "_loop", "_task", "_wait", "_waits")

    def __init__(self, waits: _Waits, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
        self._waits = waits
        self._loop = loop
        self._task = task

    def __enter__(self) -> None:
        self._before = self._task.cancelling()
        until = self._loop.time() + self._waits.seconds
        self._wait = self._waits.begin(self._loop, until, self._task.cancel)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._waits.end(self._wait)
        if not self._wait.expired:
            return False
        # If someone else has cancelled the task as well, it stays cancelled.
        return self._task.uncancel() <= self._before and kind is asyncio.CancelledError


@cache
def _scope_class() -> Any:
    """Return a class of scopes of anyio for asyncio that have a deadline and no timer.

    It is called in a task of asyncio. `anyio.CancelScope()` looks for the class at each call, which takes most of its time.
    """
    base: Any = type(anyio.CancelScope())

    class Scope(base):  # type: ignore[misc]
        __slots__ = ()

        def _timeout(self) -> None:
            """Begin no timer. A version of anyio that calls something else has its own timer, which does no harm."""

    return Scope


class _Scope:
    """A scope of anyio that is cancelled when its time is over."""

    __slots__ = ("_loop", "_scope", "_wait", "_waits")

    def __init__(self, waits: _Waits, loop: asyncio.AbstractEventLoop) -> None:
        self._waits = waits
        self._loop = loop

    def __enter__(self) -> anyio.CancelScope:
        until = self._loop.time() + self._waits.seconds
        scope: anyio.CancelScope = _scope_class()(deadline=until)
        self._scope = scope
        scope.__enter__()
        self._wait = self._waits.begin(self._loop, until, scope.cancel)
        return scope

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._waits.end(self._wait)
        return bool(self._scope.__exit__(kind, error, traceback))
