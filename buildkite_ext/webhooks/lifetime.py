"""What begins with the first delivery and ends with the last: the worker of a queue, and the loop of blocking callers."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..errors import ConfigurationError
from .background import BackgroundLoop, at_exit
from .deliveries import EventSink, Handle
from .forks import forget_when_forked, keep
from .memory import MemoryQueue
from .replays import ReplayStore
from .reports import Lost, Reports
from .threads import running_loop

T = TypeVar("T")


class Lifetime:
    """Keeps a sink, and empties it where it is a queue of this process.

    Args:
        sink: where deliveries go.
        replays: what remembers them; closed at the end, if it can be.
        handle: what the worker of a queue hands them to.
        reports: whom to tell what was lost.
        close_timeout: seconds to give to what was accepted.
    """

    def __init__(
        self, sink: EventSink, replays: ReplayStore, handle: Handle, reports: Reports, *, close_timeout: float
    ) -> None:
        self.sink = sink
        self._replays = replays
        self.queue = sink if isinstance(sink, MemoryQueue) else None
        self.closed = False
        self._handle = handle
        self._reports = reports
        self._close_timeout = close_timeout
        self._worker: asyncio.Task[None] | None = None
        self._background = BackgroundLoop()
        self._closes_at_exit = False
        self._starting = threading.Lock()
        forget_when_forked(self)

    def forget(self) -> None:
        """Begin anew in a forked process, without what its parent accepted."""
        keep(self._worker)
        self._worker = None
        self._starting = threading.Lock()

    def open(self) -> None:
        """Accept again, after an end."""
        self.closed = False

    def ensure_running(self) -> None:
        """Empty the queue, where there is one, in the loop that runs now, unless another one does."""
        if self.queue is not None:
            with self._starting:
                self._start_worker(self.queue)

    def _start_worker(self, queue: MemoryQueue) -> None:
        if self._worker is not None and not (self._worker.done() or self._worker.get_loop().is_closed()):
            return
        loop = running_loop()
        if loop is None:
            raise ConfigurationError('a MemoryQueue needs asyncio: on trio, use WebhookHandler(answer="handled")')
        # In a context of its own: the first request's would otherwise cling to all that follow.
        context = contextvars.Context()
        self._worker = loop.create_task(queue.consume(self._handle), name="buildkite-webhooks", context=context)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine for a caller that can't await.

        Raises:
            Stopped: this ended meanwhile.
        """
        if not self._closes_at_exit:
            self._closes_at_exit = True
            at_exit(self._close_at_exit)
        return self._background.run(coroutine)

    async def aclose(self, timeout: float | None) -> None:
        """Accept nothing more, and handle what was accepted."""
        self.closed = True
        home = self._worker.get_loop() if self._worker is not None else None
        if home is None or home is asyncio.get_running_loop() or not home.is_running():
            await self._end(self._seconds(timeout))
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._end(self._seconds(timeout)), home))

    def close(self, timeout: float | None) -> None:
        """As `aclose`, for callers that can't await; the background loop ends, too."""
        self.closed = True
        begun = time.monotonic()
        if self._background.started or self._worker is not None or self.queue is None:
            self._background.run(self.aclose(timeout))
        self._background.stop(max(0.0, self._seconds(timeout) - (time.monotonic() - begun)))

    def _close_at_exit(self) -> None:
        if self._background.started:
            self.close(None)

    def _seconds(self, timeout: float | None) -> float:
        return self._close_timeout if timeout is None else timeout

    async def _end(self, timeout: float) -> None:
        try:
            await self._drain(timeout)
        finally:
            # Last: handlers that run once remember what they did.
            close = getattr(self._replays, "aclose", None)
            if close is not None:
                await close()

    async def _drain(self, timeout: float) -> None:
        await self.sink.aclose()
        worker, self._worker = self._worker, None
        if worker is None or self.queue is None:
            return
        if worker.get_loop() is not asyncio.get_running_loop():
            # Its loop was stopped before its work was done.
            if len(self.queue):
                self._reports.emit(Lost(len(self.queue)))
            return
        await asyncio.wait({worker}, timeout=timeout)
        if not worker.done():
            left = len(self.queue)
            worker.cancel()
            await asyncio.wait({worker}, timeout=1.0)
            self._reports.emit(Lost(left))
