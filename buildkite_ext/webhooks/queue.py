"""Queue of deliveries within one process, and the workers that empty it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import zlib
from collections import deque

from .._forks import reset_after_fork
from .._unfinished import shown_unfinished
from ..errors import ConfigurationError, WebhookQueueFull
from .delivery import Delivery, Handle
from .runtime.own_cancel import take_back_cancel

__all__ = ["MemoryQueue"]


class _Lane:
    """Items, and the workers that wait for one. It is used in the thread of their event loop, which may be another one later."""

    def __init__(self) -> None:
        self.items: deque[Delivery | None] = deque()
        self._idle: deque[asyncio.Future[None]] = deque()

    def put(self, item: Delivery | None) -> None:
        """Add an item, and wake a worker for it. If its event loop is closed, this raises, and the item isn't added."""
        while self._idle:
            woken = self._idle.popleft()
            if not woken.done():
                woken.set_result(None)
                break
        self.items.append(item)

    async def get(self) -> Delivery | None:
        """Take the first item. Wait for one if there is none."""
        while not self.items:
            woken = asyncio.get_running_loop().create_future()
            self._idle.append(woken)
            await woken  # a worker is cancelled only with all others
        return self.items.popleft()


class _Workers:
    """The workers of one call of `consume`. They are tasks of one event loop.

    Attributes:
        busy: the number of deliveries that they handle.
        over: True when they are to end at once.
        abandoned: True if that is because their time is over. Then they take no more deliveries.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.thread = threading.get_ident()
        self.busy = 0
        self.over = False
        self.abandoned = False
        self.tasks: list[asyncio.Task[None]] = []
        self._consumer = asyncio.current_task()
        self._cancelling = self._consumer.cancelling() if self._consumer else 0

    def ending(self) -> bool:
        """Return True if somebody ends the workers, and not a handler that cancels its own task."""
        return self.over or (self._consumer is not None and self._consumer.cancelling() > self._cancelling)

    def cancel(self) -> None:
        self.over = True
        for task in self.tasks:
            task.cancel()


class MemoryQueue:
    """A bounded sink and source in one process.

    When the queue is closed, the deliveries in it are handled. When the process dies, they are lost. A delivery whose
    handler failed is reported and not handled again. For stronger guarantees, see `RedisStreamSink` and
    `RedisStreamSource`. `put` may be called in any event loop and thread, `consume` in one.

    Args:
        limit: the maximum number of waiting deliveries. Beyond it, `put` refuses.
        max_bytes: the maximum size of the waiting deliveries' bodies together. A delivery that is larger is accepted only
            while no other waits.
        workers: the number of deliveries that are handled at the same time.
        ordered: handle the deliveries of one build one after the other, in the order in which this process accepted
            them. Without it, no order is promised. A server with several processes has one queue in each, and the
            deliveries of one build come to any of them: for an order among all of them, use `RedisStreamSource`.

    Raises:
        ConfigurationError: a number below 1.

    Example:
        >>> MemoryQueue(limit=500, workers=4, ordered=True)
        MemoryQueue(limit=500, max_bytes=67108864, workers=4, ordered=True)
    """

    def __init__(
        self, limit: int = 1000, *, max_bytes: int = 64 << 20, workers: int = 8, ordered: bool = False
    ) -> None:
        if limit < 1 or max_bytes < 1 or workers < 1:
            raise ConfigurationError(
                f"MemoryQueue(limit={limit}, max_bytes={max_bytes}, workers={workers}): all must be 1 or more"
            )
        self._limit = limit
        self._max_bytes = max_bytes
        self._workers = workers
        self._ordered = ordered
        self._reset_after_fork()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Empty the queue in a forked process. The parent process handles what it accepted."""
        self._lock = threading.Lock()
        self._reset()

    def _reset(self) -> None:
        self._lanes = self._new_lanes()
        self._waiting = 0
        self._waiting_bytes = 0
        self._interrupted = 0
        self._present: _Workers | None = None
        self._closed = False

    @shown_unfinished
    def __repr__(self) -> str:
        return (
            f"MemoryQueue(limit={self._limit}, max_bytes={self._max_bytes}, workers={self._workers}, "
            f"ordered={self._ordered})"
        )

    def __len__(self) -> int:
        """Return the number of deliveries that wait or are being handled."""
        return self._waiting + (self._present.busy if self._present else 0)

    def _new_lanes(self) -> list[_Lane]:
        return [_Lane() for _ in range(self._workers if self._ordered else 1)]

    async def put(self, delivery: Delivery, /) -> None:
        """Accept a delivery.

        Raises:
            WebhookQueueFull: the queue is full or closed. The delivery was not accepted.
        """
        with self._lock:
            if self._closed:
                raise WebhookQueueFull("The delivery is refused: this receiver is shutting down.", reason="queue_full")
            if self._waiting >= self._limit:
                raise WebhookQueueFull(
                    f"The delivery is refused: {self._waiting} others wait for a handler, which is the limit. Make handlers "
                    "faster, run more workers, or raise the limit.",
                    reason="queue_full",
                )
            size = len(delivery.body)
            if self._waiting and self._waiting_bytes + size > self._max_bytes:
                raise WebhookQueueFull(
                    f"The delivery is refused: with its {size} bytes, the {self._waiting} others that wait for a handler "
                    f"would exceed max_bytes={self._max_bytes}. Make handlers faster, run more workers, or raise max_bytes.",
                    reason="queue_full",
                )
            self._enter(self._lane_of(delivery), delivery)
            self._waiting += 1
            self._waiting_bytes += size

    def _enter(self, lane: _Lane, item: Delivery | None) -> None:
        """Put an item into a lane, in the thread of the loop of its workers."""
        if self._present is None or self._present.thread == threading.get_ident():
            lane.put(item)
        else:
            self._present.loop.call_soon_threadsafe(lane.put, item)

    async def consume(self, handle: Handle, /) -> None:
        """Give each delivery to `handle`, until the queue is closed and empty."""
        with self._lock:
            self._adopt()
            workers = self._present = _Workers()
            if self._closed:
                self._end_lanes()
        lanes = self._lanes if self._ordered else self._lanes * self._workers
        workers.tasks = [asyncio.create_task(self._work(lane, handle, workers)) for lane in lanes]
        try:
            await asyncio.gather(*workers.tasks)
        except asyncio.CancelledError:
            if not workers.abandoned:
                raise
        finally:
            workers.cancel()
            try:
                await asyncio.gather(*workers.tasks, return_exceptions=True)
            finally:  # also if this is cancelled a second time, as asyncio.run does at its end
                with self._lock:
                    if self._present is workers and not workers.abandoned:
                        self._present, self._closed = None, False

    def _adopt(self) -> None:
        """Move waiting deliveries to new lanes: workers of another loop may have waited for the old ones."""
        lanes, self._lanes = self._lanes, self._new_lanes()
        for old in lanes:
            for delivery in old.items:
                if delivery is not None:
                    self._lane_of(delivery).put(delivery)

    def _lane_of(self, delivery: Delivery) -> _Lane:
        if not self._ordered:
            return self._lanes[0]
        return self._lanes[zlib.crc32((delivery.build_id or delivery.id).encode()) % len(self._lanes)]

    async def _work(self, lane: _Lane, handle: Handle, workers: _Workers) -> None:
        task = asyncio.current_task()
        while (delivery := await lane.get()) is not None:
            with self._lock:
                if workers.abandoned:
                    return
                self._waiting -= 1
                self._waiting_bytes -= len(delivery.body)
                workers.busy += 1
            interrupted = False
            try:
                await handle(delivery)
            except Exception:  # noqa: S110 - it was reported by the dispatcher, and this queue doesn't try again
                pass
            except asyncio.CancelledError:
                interrupted = workers.ending()
                if interrupted:
                    raise
            finally:
                with self._lock:
                    workers.busy -= 1
                    self._interrupted += interrupted and self._present is workers
            if task is not None and task.cancelling():
                await take_back_cancel(task, workers.ending)

    def _ending(self) -> bool:
        """Return True if somebody ends the workers, and not a handler that cancels its own task."""
        workers = self._present
        return workers is None or workers.ending()

    async def aclose(self) -> None:
        """Refuse new deliveries, and end the workers when they have handled the others. Then it can be used again."""
        with self._lock:
            workers = self._present
            if self._closed or not (workers or self._waiting):
                return
            self._closed = True
            if workers and not workers.loop.is_closed():
                self._end_lanes()

    def _abandon(self) -> None:
        """Cancel the workers, which take no more deliveries. The queue refuses others until `_discard`."""
        with self._lock:
            workers = self._present
            if workers is None:
                return
            workers.abandoned = True
        with contextlib.suppress(RuntimeError):  # the loop is closed
            workers.loop.call_soon_threadsafe(workers.cancel)

    def _discard(self) -> int:
        """Empty the queue, which can be used again then. Return the number of deliveries that aren't handled."""
        self._abandon()
        with self._lock:
            lost = len(self) + self._interrupted
            self._reset()
        return lost

    def _end_lanes(self) -> None:
        for lane in self._lanes:
            for _ in range(self._workers // len(self._lanes)):
                self._enter(lane, None)
