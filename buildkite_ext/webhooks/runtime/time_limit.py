"""Time limit of a coroutine that usually ends without waiting."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

import anyio

from .event_loop import running_loop

__all__ = ["TimeIsOver", "within"]

T = TypeVar("T")

_AGAIN = 1.0
"""Seconds after which a coroutine that was cancelled and still runs is cancelled again. They are for its cleanup."""


class TimeIsOver(Exception):
    """Error of a coroutine that didn't end in time."""


async def within(seconds: float, coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine. It is cancelled when its time is over.

    A timer is set when the coroutine waits for the first time. Most never do: the body of a request is there already, and a
    short handler awaits nothing.

    Args:
        seconds: the time that it may take.
        coroutine: a coroutine that has not begun.

    Raises:
        TimeIsOver: the time was over, and the coroutine ended by being cancelled.

    Example:
        >>> async def four():
        ...     return 4
        >>> asyncio.run(within(1.0, four()))
        4
    """
    loop = running_loop()
    if loop is None:  # trio
        with anyio.move_on_after(seconds):
            return await coroutine
        raise TimeIsOver
    until = loop.time() + seconds
    try:
        awaited = coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    timer = _Timer(loop, until)
    try:
        return await _rest(coroutine, awaited)
    except asyncio.CancelledError:
        if timer.stop():
            raise TimeIsOver from None
        raise
    finally:
        timer.stop()


class _Timer:
    """Timer that cancels the current task from a time on, as often as necessary.

    It isn't a scope of anyio: those are nested in the order in which they begin, and the coroutine may be within one already.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        self._given = 0
        self._loop = loop
        self._handle = loop.call_at(until, self._cancel)

    def _cancel(self) -> None:
        self._given += 1
        self._task.cancel()
        self._handle = self._loop.call_later(_AGAIN, self._cancel)

    def stop(self) -> bool:
        """Stop, and return True if the task was cancelled by this timer alone."""
        self._handle.cancel()
        given, self._given = self._given, 0
        for _ in range(given):
            self._task.uncancel()
        return bool(given) and self._task.cancelling() <= self._before


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """Run the rest of a coroutine that has begun.

    Args:
        coroutine: the coroutine.
        awaited: what it waits for.
    """
    while True:
        try:
            try:
                sent = yield awaited
            except BaseException as error:
                awaited = coroutine.throw(error)
            else:
                awaited = coroutine.send(sent)
        except StopIteration as end:
            result: T = end.value
            return result
