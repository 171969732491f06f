"""Cancellation of a worker's task by the handler that runs in it, which must not end the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = ["take_back_cancel"]


async def take_back_cancel(task: asyncio.Task[Any], ending: Callable[[], bool]) -> bool:
    """Take back the requests to cancel a task, unless its worker is being ended.

    Args:
        task: the current task, which somebody has cancelled.
        ending: returns True if somebody ends the worker.

    Returns:
        True if a request had not been delivered yet: the handler returned before it awaited anything.

    Raises:
        asyncio.CancelledError: the worker is being ended.
    """
    if ending():
        return False
    waiting = False
    try:
        await asyncio.sleep(0)  # delivers it; before Python 3.13, `uncancel` alone leaves it waiting
    except asyncio.CancelledError:
        if ending():
            raise
        waiting = True
    while task.uncancel():
        pass
    return waiting
