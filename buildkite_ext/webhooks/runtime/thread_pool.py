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

from ..._forks import reset_after_fork
from .event_loop import running_loop

__all__ = ["ThreadPool"]

T = TypeVar("T")

_IDLE = 10.0
"""Seconds after which a thread without work ends."""


class ThreadPool:
    """Runs a bounded number of functions in threads at the same time, for any event loop, also trio's.

    `asyncio.to_thread` and anyio's threads can't be used: a process waits for them when it ends, so a handler that never
    returns would keep the process alive. The threads of this pool are daemons.

    Args:
        limit: the number of functions that run at the same time. A function that never returns keeps its thread.

    Example:
        >>> asyncio.run(ThreadPool(4).run(len, "four"))
        4
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._reset_after_fork()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget threads and jobs, which exist in the parent process only."""
        self._changed = threading.Condition()
        self._jobs: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._threads = 0
        self._waiting = 0

    @property
    def busy(self) -> int:
        """The number of functions that run."""
        with self._changed:
            return self._threads - self._waiting

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function in a thread, with the context variables of the caller.

        When the caller is cancelled, a function that has begun is left behind, and one that has not begun never begins.
        """
        job: Future[T] = Future()
        call = partial(contextvars.copy_context().run, function, *arguments)
        with self._changed:
            self._jobs.append((call, job))
            if self._waiting >= len(self._jobs):
                self._changed.notify()
            elif self._threads < self.limit:
                self._start_thread((call, job))
        try:
            return await (asyncio.wrap_future(job) if running_loop() else _wait_on_trio(job))
        except BaseException:
            job.cancel()  # at once: asyncio would do it later, when the function may have begun
            raise

    def _start_thread(self, added: tuple[Callable[[], Any], Future[Any]]) -> None:
        """Start one more thread for a job that was added. Where the system has no room for it, the others do the job."""
        self._threads += 1
        try:
            threading.Thread(target=self._work, name="buildkite-webhooks-handler", daemon=True).start()
        except RuntimeError:
            self._threads -= 1
            if not self._threads:
                self._jobs.remove(added)
                raise

    def _work(self) -> None:
        while (found := self._next()) is not None:
            call, job = found
            if job.set_running_or_notify_cancel():
                _complete(call, job)
            del found, call, job  # the thread must not keep a handler's objects alive while it waits

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


async def _wait_on_trio(job: Future[T]) -> T:
    import trio

    done, token = trio.Event(), trio.lowlevel.current_trio_token()

    def notify(_: Future[T]) -> None:
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(done.set)

    job.add_done_callback(notify)
    await done.wait()
    return job.result()


def _complete(call: Callable[[], Any], job: Future[Any]) -> None:
    try:
        result = call()
    except StopIteration as error:
        # A coroutine may not raise StopIteration.
        problem = RuntimeError("the handler raised StopIteration")
        problem.__cause__ = error
        job.set_exception(problem)
    except BaseException as error:  # also a handler's sys.exit(), which is a failure of that handler
        job.set_exception(error)
    else:
        job.set_result(result)
