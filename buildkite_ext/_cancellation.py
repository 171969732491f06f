"""Cancellation that leaves no connection busy.

`asyncio.Task.cancel()` raises CancelledError at each point where a task waits, also inside the shielded clean-up of httpcore.
Those shields are anyio scopes, and only cancellation by anyio respects them. A connection that is cancelled there stays busy
in its pool for ever. On asyncio `guarded` therefore runs an attempt in a separate task, which `cancel()` of the caller never
reaches: it becomes the cancellation of an anyio scope inside that task, and the caller waits until the task has ended.
Structured cancellation on trio respects the shields, so only the deadline is added there.

Blocking code loads this module too, so asyncio is imported where it is used.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import anyio
import httpx

if TYPE_CHECKING:
    import asyncio

__all__ = ["GuardedTransport", "TaskSignal", "asyncio_task", "guarded", "is_stray", "run_soon"]

_T = TypeVar("_T")

_attempts: WeakKeyDictionary[asyncio.Task[Any], float] = WeakKeyDictionary()
"""The tasks of attempts that run, and the ends of their limits on the clock of their event loop; infinite without one."""

_left_over: set[asyncio.Task[None]] = set()
"""The tasks of `run_soon`, which an event loop alone would not keep alive."""


def asyncio_task() -> asyncio.Task[Any] | None:
    """Return the task that runs, or None if asyncio runs none, as on trio."""
    import asyncio

    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def is_stray(error: BaseException) -> bool:
    """Tell if an error is a CancelledError of asyncio in a task that nobody cancelled. Groups of tasks would drop it."""
    import asyncio

    task = asyncio_task() if isinstance(error, asyncio.CancelledError) else None
    return task is not None and not task.cancelling()


async def guarded(
    function: Callable[[], Awaitable[_T]],
    *,
    seconds: float | None = None,
    discard: Callable[[_T], Awaitable[object]] | None = None,
) -> _T:
    """Await `function()` so that cancellation reaches it only in a way that httpcore cleans up after.

    The caller's context variables are set in the attempt. An attempt inside an attempt needs no further task, nor a limit
    that is later than the outer one. A caller that is cancelled gets its CancelledError when the attempt has ended, however
    often it was cancelled.

    Args:
        function: starts the attempt.
        seconds: limit on the attempt, which is cancelled after that.
        discard: called with a result that arrives although the caller was cancelled, for example to close a response.

    Raises:
        TimeoutError: the attempt took longer than `seconds`.
    """
    current = asyncio_task()
    if current is None:
        with anyio.fail_after(seconds):
            return await function()
    loop = current.get_loop()
    ends = math.inf if seconds is None else loop.time() + seconds
    outer = _attempts.get(current)
    if outer is not None:
        if ends >= outer:
            return await function()
        with anyio.fail_after(seconds):
            return await function()

    import asyncio

    scope = anyio.CancelScope(deadline=ends)
    ended: asyncio.Future[None] = loop.create_future()

    def wake(_: object = None) -> None:
        if not ended.done():
            ended.set_result(None)

    async def attempt() -> _T:
        try:
            with scope:
                return await function()
            raise TimeoutError
        finally:
            wake()  # the callback of the task would come an iteration of the event loop later

    task = loop.create_task(attempt())
    task.add_done_callback(wake)  # a task that is cancelled before it begins runs nothing
    _attempts[task] = ends
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            if cancelled is None:
                await ended
            else:
                ended = loop.create_future()
                with anyio.CancelScope(
                    shield=True
                ):  # anyio would repeat the cancellation for as long as the wait lasts
                    await ended
        except asyncio.CancelledError as error:
            cancelled = error
            scope.cancel()
    if cancelled is None:
        try:
            return task.result()
        finally:
            del task  # its error refers to this frame
    try:
        if not task.cancelled() and task.exception() is None and discard is not None:
            await _discarded(discard, task.result())
        raise cancelled
    finally:
        cancelled = None  # its traceback holds this frame


def run_soon(function: Callable[[], Awaitable[object]]) -> None:
    """Run `function()` soon in the event loop of this thread; its errors are dropped. Without a loop nothing runs.

    The connections of a loop that has ended are closed with its pools.
    """

    import asyncio

    async def quietly() -> None:
        with contextlib.suppress(Exception):
            await function()

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        task = loop.create_task(quietly())
        _left_over.add(task)
        task.add_done_callback(_left_over.discard)
        return
    if "trio" in sys.modules:
        import trio

        with contextlib.suppress(RuntimeError):
            trio.lowlevel.spawn_system_task(quietly)


class GuardedTransport(httpx.AsyncBaseTransport):
    """Transport passed by the user, whose answers are read, and whose connections are closed, by `guarded`."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if not response.is_stream_consumed:  # one that is read may be the answer to further requests
            assert isinstance(response.stream, httpx.AsyncByteStream)
            response.stream = _GuardedStream(response.stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _GuardedStream(httpx.AsyncByteStream):
    """Body of an answer whose chunks are read, and whose connection is closed, by `guarded`."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner
        self._chunks: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await guarded(self._next)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        await guarded(self._inner.aclose)

    async def _next(self) -> bytes | None:
        if self._chunks is None:
            self._chunks = aiter(self._inner)
        return await anext(self._chunks, None)


async def _discarded(discard: Callable[[_T], Awaitable[object]], result: _T) -> None:
    import asyncio

    with contextlib.suppress(Exception, asyncio.CancelledError):  # the caller is being cancelled anyway
        await guarded(lambda: discard(result))


class TaskSignal:
    """Signal that a task waits for, on asyncio or trio, and that any thread may set."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self._run_in_loop, self._runs = _loop()
        self._asked_at: float | None = None

    def set(self) -> None:
        """End the wait."""
        # A loop that has ended has no task that waits.
        with contextlib.suppress(RuntimeError):
            self._run_in_loop(self._event.set)

    async def wait(self, seconds: float | None) -> None:
        """Wait until the signal is set, for `seconds` of the event loop's time at most."""
        with anyio.move_on_after(seconds):
            await self._event.wait()

    @property
    def is_alive(self) -> bool:
        """False if the event loop doesn't run any more."""
        return self._runs()

    def silence(self) -> float:
        """Return the seconds since which the event loop owes a sign of life, and ask it for one."""
        asked_at, now = self._asked_at, time.monotonic()
        if asked_at is not None:
            return now - asked_at
        self._asked_at = now
        with contextlib.suppress(RuntimeError):
            self._run_in_loop(self._answer)
        return 0.0

    def _answer(self) -> None:
        self._asked_at = None


def _loop() -> tuple[Callable[[Callable[[], None]], object], Callable[[], bool]]:
    """Return two functions for any thread: one runs a function in the event loop that runs now, one tells if it still runs."""
    if asyncio_task() is not None:
        import asyncio

        loop = asyncio.get_running_loop()
        return loop.call_soon_threadsafe, loop.is_running
    import trio

    run_soon = trio.lowlevel.current_trio_token().run_sync_soon

    def runs() -> bool:
        try:
            run_soon(_nothing)
        except trio.RunFinishedError:
            return False
        return True

    return run_soon, runs


def _nothing() -> None:
    """Do nothing."""
