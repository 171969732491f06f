"""Threads for sync handlers."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from .forks import forget_when_forked

T = TypeVar("T")

_IDLE = 10.0
"""Seconds after which a thread without work ends."""


class Threads:
    """Runs functions in threads, so many at once, for any event loop, also trio's.

    Not `asyncio.to_thread`, nor anyio's: a process waits for their threads when it ends, and a handler that never
    returns would keep it for ever. These are daemons.

    Args:
        limit: how many functions run at once. One that never returns keeps its place.

    Example:
        >>> asyncio.run(Threads(4).run(len, "four"))
        4
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.forget()
        forget_when_forked(self)

    def forget(self) -> None:
        self._changed = threading.Condition()
        self._jobs: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._threads = 0
        self._waiting = 0

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function in a thread, with the context variables of the caller.

        Cancelled, it leaves the function behind where that has begun, and doesn't begin with it otherwise.
        """
        job: Future[T] = Future()
        call = partial(contextvars.copy_context().run, function, *arguments)
        with self._changed:
            self._jobs.append((call, job))
            if self._waiting >= len(self._jobs):
                self._changed.notify()
            elif self._threads < self._limit:
                self._threads += 1
                threading.Thread(target=self._work, name="buildkite-webhooks-handler", daemon=True).start()
        return await (asyncio.wrap_future(job) if running_loop() else _awaited_on_trio(job))

    def _work(self) -> None:
        while (found := self._next()) is not None:
            call, job = found
            if job.set_running_or_notify_cancel():
                _settle(call, job)
            del found, call, job  # nothing of a handler's outlives it while the thread waits

    def _next(self) -> tuple[Callable[[], Any], Future[Any]] | None:
        with self._changed:
            while not self._jobs:
                self._waiting += 1
                in_time = self._changed.wait(_IDLE)
                self._waiting -= 1
                if not in_time and not self._jobs:
                    self._threads -= 1
                    return None
            return self._jobs.popleft()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of asyncio that runs in this thread; None where none does, or trio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _awaited_on_trio(job: Future[T]) -> T:
    import trio

    done, token = trio.Event(), trio.lowlevel.current_trio_token()

    def tell(_: Future[T]) -> None:
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(done.set)

    job.add_done_callback(tell)
    try:
        await done.wait()
    except BaseException:
        job.cancel()
        raise
    return job.result()


def _settle(call: Callable[[], Any], job: Future[Any]) -> None:
    try:
        result = call()
    except StopIteration as error:
        # No coroutine may raise it.
        problem = RuntimeError("the handler raised StopIteration")
        problem.__cause__ = error
        job.set_exception(problem)
    except BaseException as error:  # also a handler's sys.exit(), which is a failure of that handler
        job.set_exception(error)
    else:
        job.set_result(result)
