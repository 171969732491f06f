"""Lifecycle of a receiver, from its first delivery to its last, and of a worker process."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ..._forks import keep_inherited, reset_after_fork
from ...errors import ConfigurationError
from ..deduplication import DeduplicationStore
from ..delivery import EventSink, EventSource, Handle
from ..events import DeliveriesLost, DeliveryEvents
from .event_loop import EventLoopThread, call_at_exit, running_loop

if TYPE_CHECKING:
    from ..queue import MemoryQueue

__all__ = ["Lifecycle", "consume_until_signal"]

T = TypeVar("T")

if sys.platform == "win32":
    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
else:
    _SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Lifecycle:
    """The sink of a receiver, and the worker that empties it if it is a queue of this process.

    Args:
        sink: where deliveries go.
        queue: the sink, if it is a queue of this process that a worker empties.
        store: the store that remembers deliveries; closed at the end if it can be closed.
        handle: handles a delivery that the worker of a queue takes.
        events: where lost deliveries are reported.
        close_timeout: seconds in which accepted deliveries must be handled when the receiver closes.
    """

    def __init__(
        self,
        sink: EventSink,
        queue: MemoryQueue | None,
        store: DeduplicationStore,
        handle: Handle,
        events: DeliveryEvents,
        *,
        close_timeout: float,
    ) -> None:
        self.sink = sink
        self._store = store
        self.queue = queue
        self.closed = False
        self._handle = handle
        self._events = events
        self._close_timeout = close_timeout
        self._worker: asyncio.Task[None] | None = None
        self._loop_thread = EventLoopThread()
        self._closes_at_exit = False
        self._starting = threading.Lock()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget the worker, which handles in the parent process what was accepted there."""
        keep_inherited(self._worker)
        self._worker = None
        self._starting = threading.Lock()

    def ensure_running(self) -> None:
        """Start the worker of the queue in the running loop, unless it runs already in this or another loop."""
        if self.queue is not None:
            with self._starting:
                self._start_worker(self.queue)

    def _start_worker(self, queue: MemoryQueue) -> None:
        if self._worker is not None and not (self._worker.done() or self._worker.get_loop().is_closed()):
            return
        loop = running_loop()
        if loop is None:
            raise ConfigurationError(
                'a MemoryQueue needs asyncio: on trio, use WebhookHandler(respond_after="handled")'
            )
        # In an empty context: the context variables of the first request must not reach the deliveries that follow.
        context = contextvars.Context()
        self._worker = loop.create_task(queue.consume(self._handle), name="buildkite-webhooks", context=context)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine for a caller that can't await.

        Raises:
            LoopStopped: the receiver was closed before the coroutine ended.
        """
        if not self._closes_at_exit:
            self._closes_at_exit = True
            call_at_exit(self._close_at_exit)
        return self._loop_thread.run(coroutine)

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Accept deliveries until the context ends, then handle what was accepted."""
        self.closed = False
        try:
            yield
        finally:
            await self.aclose(None)

    async def aclose(self, timeout: float | None) -> None:
        """Stop accepting deliveries, and handle what was accepted."""
        self.closed = True
        home = self._worker.get_loop() if self._worker is not None else None
        if home is None or home is asyncio.get_running_loop() or not home.is_running():
            await self._end(self._seconds(timeout))
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._end(self._seconds(timeout)), home))

    def close(self, timeout: float | None) -> None:
        """Do the same as `aclose` for callers that can't await, and end the thread of the event loop."""
        self.closed = True
        begun = time.monotonic()
        if self._loop_thread.started or self._worker is not None or self.queue is None:
            self._loop_thread.run(self.aclose(timeout))
        self._loop_thread.stop(max(0.0, self._seconds(timeout) - (time.monotonic() - begun)))

    def _close_at_exit(self) -> None:
        if self._loop_thread.started:
            self.close(None)

    def _seconds(self, timeout: float | None) -> float:
        return self._close_timeout if timeout is None else timeout

    async def _end(self, timeout: float) -> None:
        try:
            await self._drain(timeout)
        finally:
            # Last: handlers with once=True use the store until they end.
            close = getattr(self._store, "aclose", None)
            if close is not None:
                await close()

    async def _drain(self, timeout: float) -> None:
        await self.sink.aclose()
        worker, self._worker = self._worker, None
        if worker is None or self.queue is None:
            return
        if worker.get_loop() is not asyncio.get_running_loop():
            # The worker's loop was stopped before the worker ended.
            if len(self.queue):
                self._events.emit(DeliveriesLost(len(self.queue)))
            return
        await asyncio.wait({worker}, timeout=timeout)
        if not worker.done():
            left = len(self.queue)
            worker.cancel()
            await asyncio.wait({worker}, timeout=1.0)
            self._events.emit(DeliveriesLost(left))


# --- Worker process ------------------------------------------------------------------------------------------------------


async def consume_until_signal(consume: Callable[[EventSource], Awaitable[None]], source: EventSource) -> None:
    """Consume a source until SIGINT or SIGTERM, then wait for its orderly end. A second signal has its usual effect."""
    loop = asyncio.get_running_loop()
    closing: list[asyncio.Task[None]] = []

    def end() -> None:
        closing.append(asyncio.ensure_future(source.aclose()))

    with _first_signal(lambda: loop.call_soon_threadsafe(end)):
        try:
            await consume(source)
        finally:
            await source.aclose()
            await asyncio.gather(*closing)


@contextmanager
def _first_signal(on_signal: Callable[[], object]) -> Iterator[None]:
    """Call a function at the first SIGINT or SIGTERM, on Windows also at Ctrl-Break. The next has its usual effect.

    (`loop.add_signal_handler` doesn't exist on Windows. Outside the main thread, which alone gets signals, nothing is done.)
    """
    before: dict[int, Any] = {}

    def restore() -> None:
        while before:
            number, handler = before.popitem()
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def handle(*_: object) -> None:
        restore()
        on_signal()

    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            before[number] = signal.getsignal(number)
            signal.signal(number, handle)
    try:
        yield
    finally:
        restore()
