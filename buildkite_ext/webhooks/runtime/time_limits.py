"""Time limits of many short waits, with one timer of the event loop for all of them.

A timer of its own for each wait costs more than the wait itself where nearly all of them end at once, as the body of a request
does that is there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

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
        self._waits: _Waits | None = None
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget the waits of the parent process."""
        keep_inherited(self._waits)
        self._waits = None

    def move_on(self) -> AbstractContextManager[object]:
        """Return a context that is cancelled when its time is over, and then left without an error."""
        loop = running_loop()
        task = None if loop is None else asyncio.current_task(loop)
        if loop is None or task is None:  # trio, which may also run as a guest of an event loop
            return anyio.move_on_after(self.seconds)
        return _Cancelled(self._waits_of(loop), task)

    def scope(self) -> AbstractContextManager[anyio.CancelScope]:
        """Return the same for code of users: a scope of anyio, which respects the scopes inside that are shielded."""
        loop = running_loop()
        if loop is None or asyncio.current_task(loop) is None:
            return anyio.move_on_after(self.seconds)
        return _Scope(self._waits_of(loop))

    def _waits_of(self, loop: asyncio.AbstractEventLoop) -> _Waits:
        waits = self._waits
        if waits is None or waits.loop is not loop:
            # Those of another loop go on: each wait knows where it belongs.
            waits = self._waits = _Waits(loop, self.seconds)
        return waits


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
    """The waits of one event loop. All may take the same time, so the first of them is the first that is too late."""

    __slots__ = ("_pending", "_seconds", "_timer", "loop", "scope")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.loop = loop
        # The class of asyncio. anyio.CancelScope() looks for it at each call, which takes most of its time.
        self.scope = type(anyio.CancelScope())
        self._pending: dict[_Wait, None] = {}
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, expire: Callable[[], object]) -> _Wait:
        wait = _Wait(self.loop.time() + self._seconds, expire)
        self._pending[wait] = None
        if self._timer is None:
            self._timer = self.loop.call_at(wait.until, self._expire)
        return wait

    def end(self, wait: _Wait) -> None:
        self._pending.pop(wait, None)

    def _expire(self) -> None:
        self._timer = None
        now = self.loop.time()
        for wait in tuple(self._pending):
            if wait.until > now:
                self._timer = self.loop.call_at(wait.until, self._expire)
                break
            del self._pending[wait]
            wait.expired = True
            wait.expire()


class _Cancelled:
    """A context whose task is cancelled when its time is over, in the way of `asyncio.timeout`."""

    __slots__ = ("_before", "_task", "_wait", "_waits")

    def __init__(self, waits: _Waits, task: asyncio.Task[Any]) -> None:
        self._waits = waits
        self._task = task

    def __enter__(self) -> None:
        self._before = self._task.cancelling()
        self._wait = self._waits.begin(self._task.cancel)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._waits.end(self._wait)
        if not self._wait.expired:
            return False
        # If someone else has cancelled the task as well, it stays cancelled.
        return self._task.uncancel() <= self._before and kind is asyncio.CancelledError


class _Scope:
    """A scope of anyio that is cancelled when its time is over."""

    __slots__ = ("_scope", "_wait", "_waits")

    def __init__(self, waits: _Waits) -> None:
        self._waits = waits
        self._scope = waits.scope()

    def __enter__(self) -> anyio.CancelScope:
        scope = self._scope.__enter__()
        self._wait = self._waits.begin(scope.cancel)
        return scope

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._waits.end(self._wait)
        return bool(self._scope.__exit__(kind, error, traceback))
