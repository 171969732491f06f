"""Event loop in a thread, for callers that have none: WSGI servers, AWS Lambda, plain threads.

The functions of this module also reset objects in a forked process, in which no thread and no event loop of the parent
runs.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from ..._forks import keep_inherited, reset_after_fork

__all__ = [
    "EventLoopThread",
    "LoopStopped",
    "call_at_exit",
    "running_loop",
]

T = TypeVar("T")

_CANCEL_TIMEOUT = 1.0
"""Seconds that cancelled tasks get to end."""


class LoopStopped(RuntimeError):
    """Error of a coroutine whose event loop was stopped before the coroutine ended."""


class EventLoopThread:
    """An asyncio event loop in a daemon thread.

    The thread starts with the first `run`, and again with the first `run` in a forked process. Any number of threads may
    use it at the same time, also threads in which another event loop runs.

    Example:
        >>> async def add(a, b):
        ...     return a + b
        >>> thread = EventLoopThread()
        >>> thread.run(add(1, 2))
        3
        >>> thread.stop()
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reset_after_fork()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget the loop and the thread, which run in the parent process only."""
        if self._loop is not None:
            keep_inherited(self._loop, self._thread)
        self._lock = threading.Lock()
        self._loop = None
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        """True if the thread runs in this process."""
        return self._loop is not None

    def start(self) -> asyncio.AbstractEventLoop:
        """Return the loop. The thread starts if it doesn't run yet."""
        with self._lock:
            return self._loop or self._started_loop()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait for its result.

        Raises:
            RuntimeError: this is the loop's own thread, which would wait for itself.
            LoopStopped: the loop was stopped before the coroutine ended.
        """
        if self._thread is threading.current_thread():
            coroutine.close()
            raise RuntimeError(
                "receive_blocking() and close() can't wait in an async handler of the same WebhookHandler: use await "
                "hooks.receive(...) or await hooks.aclose()"
            )
        try:
            with self._lock:
                future = asyncio.run_coroutine_threadsafe(coroutine, self._loop or self._started_loop())
        except BaseException:
            coroutine.close()  # no thread can be started while the interpreter ends
            raise
        try:
            return future.result()
        except CancelledError:
            raise LoopStopped("the event loop was stopped before the coroutine ended") from None
        except BaseException:
            future.cancel()  # Ctrl-C, or a server's own timeout: nobody waits for the result
            raise

    def stop(self, timeout: float = 0.0) -> None:
        """Wait for running tasks, cancel those that still run after `timeout`, and end the thread.

        A later `run` starts the thread again.

        Args:
            timeout: seconds to wait.
        """
        with self._lock:
            loop, thread = self._loop, self._thread
            if loop is None or thread is None:
                return
            if thread is threading.current_thread():
                raise RuntimeError(
                    "close() can't wait in a handler of the same WebhookHandler: use await hooks.aclose()"
                )
            self._loop = self._thread = None
        asyncio.run_coroutine_threadsafe(_finish(timeout), loop).add_done_callback(
            lambda _: loop.call_soon_threadsafe(loop.stop)
        )
        thread.join(timeout + 2 * _CANCEL_TIMEOUT)

    def _started_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        # In an empty context: the context variables of the first caller must not reach the other callers.
        thread = threading.Thread(
            target=contextvars.Context().run, args=(_run_forever, loop), name="buildkite-webhooks", daemon=True
        )
        try:
            thread.start()
        except BaseException:
            loop.close()
            raise
        self._loop, self._thread = loop, thread
        return loop


def _run_forever(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def _finish(timeout: float) -> None:
    now = asyncio.get_running_loop().time
    until = now() + timeout
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        left = until - now()
        if left <= 0:
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=_CANCEL_TIMEOUT)
            return
        await asyncio.wait(others, timeout=left)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the asyncio event loop that runs in this thread; None if there isn't one, or if trio runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def call_at_exit(function: Callable[[], None]) -> None:
    """Call a function when the interpreter ends, while threads can still be started.

    `atexit` is too late: by then `concurrent.futures` takes no more work. asyncio needs it to resolve host names, so a
    handler that still runs could not connect anywhere.
    """
    import concurrent.futures.thread  # noqa: F401 - functions that are registered later are called earlier

    register: Callable[[Callable[[], None]], Any] = getattr(threading, "_register_atexit", atexit.register)
    try:
        register(function)
    except RuntimeError:  # the interpreter ends already
        atexit.register(function)


# --- Forked processes -------------------------------------------------------------------------------------------------
