"""Lifecycle of a receiver, from its first delivery to its last, and of a worker process."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

from ..._forks import keep_inherited, reset_after_fork
from ...errors import ConfigurationError
from ..deduplication import DeduplicationStore
from ..delivery import Delivery, EventSink, EventSource, Handle
from ..events import DeliveriesLost, DeliveryEvents
from .event_loop import EventLoopThread, call_at_exit, running_loop

if TYPE_CHECKING:
    from ..queue import MemoryQueue

__all__ = ["Lifecycle", "consume_until_signal", "sudden_end"]

T = TypeVar("T")

_CANCEL_TIMEOUT = 1.0
"""Seconds that a cancelled worker gets to end."""

if sys.platform == "win32":
    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
else:
    _SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Lifecycle:
    """The sink of a receiver, and the worker that empties it if it is a queue of this process.

    The worker needs an event loop that lives longer than a request. Within a lifespan this is the server's. Otherwise the
    loop of a request may end with it, so the worker runs in an event loop of its own, until the process ends.

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
        self._worker: _Worker | None = None
        self._loop_thread = EventLoopThread()
        self._closes_at_exit = False
        self._warned = False
        self._lifespan_loop: asyncio.AbstractEventLoop | None = None
        self._awaited: dict[str, Future[None]] = {}
        self._starting = threading.Lock()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget the worker, which handles in the parent process what was accepted there."""
        keep_inherited(self._worker, self._lifespan_loop, self._awaited)
        self._worker = None
        self._lifespan_loop = None
        self._awaited = {}
        self._warned = False
        self._starting = threading.Lock()

    async def put(self, delivery: Delivery, queued: list[Future[None]] | None = None) -> None:
        """Give a delivery to the sink, and see to it that a worker runs where the sink is a queue of this process.

        Args:
            delivery: the delivery.
            queued: the future that ends when the delivery was handled is added to it, if the server doesn't tell when
                it ends.
        """
        if self.queue is not None:
            with self._starting:
                self._ensure_worker(self.queue)
                if queued is not None and self._lifespan_loop is None:
                    self._awaited[delivery.id] = Future()
                    queued.append(self._awaited[delivery.id])
        try:
            await self.sink.put(delivery)
        except BaseException:
            self._awaited.pop(delivery.id, None)
            raise
        if self.queue is not None and self._lifespan_loop is None:
            self._warn_of_signals(server_waits=queued is not None)

    def _ensure_worker(self, queue: MemoryQueue) -> None:
        if self._worker is not None and self._worker.runs:
            return
        loop = self._lifespan_loop
        if loop is None or not loop.is_running():
            loop = self._loop_thread.start()
            self.close_when_the_process_ends()
        # In an empty context: the context variables of the first request must not reach the deliveries that follow.
        consumed = contextvars.Context().run(asyncio.run_coroutine_threadsafe, queue.consume(self._handle_queued), loop)
        self._worker = _Worker(loop, consumed)

    async def _handle_queued(self, delivery: Delivery, /) -> None:
        try:
            await self._handle(delivery)
        finally:
            done = self._awaited.pop(delivery.id, None)
            if done is not None:
                done.set_result(None)

    def _warn_of_signals(self, *, server_waits: bool) -> None:
        """Warn once where SIGTERM ends the process before it can handle what is in the queue.

        Args:
            server_waits: the call of the app ends when its delivery was handled, which servers wait for. One process of
                several is ended by the process that started it all the same.
        """
        if self._warned:
            return
        handler = signal.getsignal(signal.SIGTERM)
        if server_waits and (handler is not signal.SIG_DFL or multiprocessing.parent_process() is None):
            return
        self._warned = True
        reason = sudden_end(handler)
        if reason is not None:
            self._events.warn(
                f"deliveries are answered before they are handled, and {reason}: those in the queue are lost then. Use "
                'hooks.lifespan, hooks.close_at_sigterm(), respond_after="handled", or a RedisStreamSink. See "Servers" in '
                "the guide of webhooks."
            )

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine for a caller that can't await.

        Raises:
            LoopStopped: the receiver was closed before the coroutine ended.
        """
        self.close_when_the_process_ends()
        return self._loop_thread.run(coroutine)

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Accept deliveries until the context ends, then handle what was accepted."""
        self.closed = False
        self._lifespan_loop = running_loop()
        try:
            yield
        finally:
            try:
                # hypercorn ends all its processes by SIGTERM when the first of them has ended.
                with _sigterm_held_back():
                    await self.aclose(None)
            finally:
                self._lifespan_loop = None

    def close_at_sigterm(self) -> None:
        """See `WebhookHandler.close_at_sigterm`."""
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            raise ConfigurationError(
                "close_at_sigterm(): SIGTERM has a handler already. Call hooks.close() in it, or leave the signal to the server."
            )

        def end() -> None:
            try:
                self.close(None)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        def handle(*_: object) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second signal ends the process at once
            # In a thread, since a handler may have interrupted the holder of a lock that closing needs.
            threading.Thread(target=end, name="buildkite-webhooks-close").start()

        signal.signal(signal.SIGTERM, handle)

    async def aclose(self, timeout: float | None) -> None:
        """Stop accepting deliveries, and handle what was accepted."""
        self.closed = True
        try:
            await self._drain(self._seconds(timeout))
        finally:
            # Last: handlers with once=True use the store until they end.
            close = getattr(self._store, "aclose", None)
            if close is not None:
                await close()
            self._events.flush()

    def close(self, timeout: float | None) -> None:
        """Do the same as `aclose` for callers that can't await, and end the thread of the event loop."""
        self.closed = True
        begun = time.monotonic()
        if self._loop_thread.started or self._worker is not None or self.queue is None:
            self._loop_thread.run(self.aclose(timeout))
        else:
            self._events.flush()
        self._loop_thread.stop(max(0.0, self._seconds(timeout) - (time.monotonic() - begun)))

    def close_when_the_process_ends(self) -> None:
        """Close this receiver when the interpreter ends, unless it was closed before."""
        if not self._closes_at_exit:
            self._closes_at_exit = True
            call_at_exit(self._close_at_exit)

    def _close_at_exit(self) -> None:
        if self._loop_thread.started:
            self.close(None)
        else:
            self._events.flush()

    def _seconds(self, timeout: float | None) -> float:
        return self._close_timeout if timeout is None else timeout

    async def _drain(self, timeout: float) -> None:
        await self.sink.aclose()
        with self._starting:
            worker, self._worker = self._worker, None
        if worker is None or self.queue is None:
            return
        ended = False
        try:
            # Its loop may have been stopped before the worker ended.
            ended = worker.loop.is_running() and await worker.ended(timeout)
            if not ended:
                self.queue._abandon()
                if worker.loop.is_running():
                    await worker.ended(_CANCEL_TIMEOUT)
        finally:  # also if the caller doesn't wait so long
            lost = 0 if ended else self.queue._discard()
            if lost:
                self._events.emit(DeliveriesLost(lost))
            self._release_calls()

    def _release_calls(self) -> None:
        """End the calls of the app that wait until their delivery was handled."""
        while self._awaited:
            self._awaited.popitem()[1].set_result(None)


@dataclass(frozen=True, slots=True)
class _Worker:
    """The task that empties a queue, in any event loop."""

    loop: asyncio.AbstractEventLoop
    consumed: Future[None]

    @property
    def runs(self) -> bool:
        return not self.consumed.done() and self.loop.is_running()

    async def ended(self, timeout: float) -> bool:
        """Wait for the end, and return True if it came in time, with nothing left in the queue."""
        if running_loop() is None:  # trio
            wait = partial(concurrent.futures.wait, [self.consumed], timeout)
            await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)
        else:
            await asyncio.wait({asyncio.wrap_future(self.consumed)}, timeout=timeout)
        return self.consumed.done() and not self.consumed.cancelled() and self.consumed.exception() is None


def sudden_end(handler: object) -> str | None:
    """Return why a process ends at SIGTERM without an orderly exit of the interpreter; None if it doesn't.

    Args:
        handler: the present handler of SIGTERM, as `signal.getsignal` returns it.

    Example:
        >>> sudden_end(signal.SIG_DFL)
        'SIGTERM ends this process at once'
        >>> sudden_end(signal.default_int_handler) is None
        True
    """
    if handler is signal.SIG_DFL:
        return "SIGTERM ends this process at once"
    if getattr(handler, "__module__", "").partition(".")[0] == "uvicorn":
        # It stops serving, and then raises the signal again, with the handler that was there before.
        return "uvicorn ends this process by the signal itself when it has stopped serving"
    return None


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
def _sigterm_held_back() -> Iterator[None]:
    """Hold SIGTERM back until the context ends, where it would end the process at once.

    Only the main thread can do that, and a handler of somebody else is left alone.
    """
    alone = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not alone:
        yield
        return
    came: list[int] = []

    def note(number: int, _: object) -> None:
        came.append(number)

    signal.signal(signal.SIGTERM, note)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is note:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if came:
            signal.raise_signal(signal.SIGTERM)


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
