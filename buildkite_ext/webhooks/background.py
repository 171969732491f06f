"""An event loop of our own, for callers that have none: WSGI servers, AWS Lambda, plain threads."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from .forks import forget_when_forked, keep

T = TypeVar("T")

_CANCELLING = 1.0
"""Seconds for what is canceled to end."""


class Stopped(RuntimeError):
    """The loop was stopped before what ran in it was done."""


class BackgroundLoop:
    """An asyncio event loop in a daemon thread, which starts with the first `run`, and anew in a forked process.

    Any number of threads may use it at once, also threads in which another event loop runs.

    Example:
        >>> async def add(a, b):
        ...     return a + b
        >>> background = BackgroundLoop()
        >>> background.run(add(1, 2))
        3
        >>> background.stop()
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self.forget()
        forget_when_forked(self)

    def forget(self) -> None:
        if self._loop is not None:
            keep(self._loop, self._thread)
        self._lock = threading.Lock()
        self._loop = None
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        """Whether the thread runs in this process."""
        return self._loop is not None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end in the loop, and wait for it.

        Raises:
            RuntimeError: this is the loop's own thread, which would wait for itself.
            Stopped: the loop was stopped meanwhile.
        """
        if self._thread is threading.current_thread():
            coroutine.close()
            raise RuntimeError("this is the thread of the loop that would have to run it: await the coroutine instead")
        try:
            with self._lock:
                future = asyncio.run_coroutine_threadsafe(coroutine, self._loop or self._start())
        except BaseException:
            coroutine.close()  # no thread can be started while the interpreter ends
            raise
        try:
            return future.result()
        except CancelledError:
            raise Stopped("the background loop was stopped before this was done") from None
        except BaseException:
            future.cancel()  # Ctrl-C, or a server's own timeout: nobody waits for the answer
            raise

    def stop(self, timeout: float = 0.0) -> None:
        """Wait for what runs, cancel what still runs then, and end the thread. `run` starts it anew.

        Args:
            timeout: seconds to wait.
        """
        with self._lock:
            loop, thread = self._loop, self._thread
            if loop is None or thread is None:
                return
            if thread is threading.current_thread():
                raise RuntimeError("a loop can't wait for its own end")
            self._loop = self._thread = None
        asyncio.run_coroutine_threadsafe(_finish(timeout), loop).add_done_callback(
            lambda _: loop.call_soon_threadsafe(loop.stop)
        )
        thread.join(timeout + 2 * _CANCELLING)

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        # In a context of its own: what the first caller has in its context variables is no business of the others.
        thread = threading.Thread(
            target=contextvars.Context().run, args=(_live, loop), name="buildkite-webhooks", daemon=True
        )
        try:
            thread.start()
        except BaseException:
            loop.close()
            raise
        self._loop, self._thread = loop, thread
        return loop


def _live(loop: asyncio.AbstractEventLoop) -> None:
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
            await asyncio.wait(others, timeout=_CANCELLING)
            return
        await asyncio.wait(others, timeout=left)


def at_exit(function: Callable[[], None]) -> None:
    """Call a function when the interpreter ends, while threads can still be started.

    `atexit` alone comes too late: by then `concurrent.futures` takes no more work, with which asyncio resolves names, so
    that a handler that is still at work could connect nowhere.
    """
    import concurrent.futures.thread  # noqa: F401 - what is registered later is called earlier

    register: Callable[[Callable[[], None]], Any] = getattr(threading, "_register_atexit", atexit.register)
    try:
        register(function)
    except RuntimeError:  # the interpreter ends already
        atexit.register(function)
