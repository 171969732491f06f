"""Queue of deliveries within one process, and the workers that empty it."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections import deque

from .._forks import reset_after_fork
from .._unfinished import shown_unfinished
from ..errors import ConfigurationError, WebhookQueueFull
from .delivery import Delivery, Handle

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
        self._lanes = self._new_lanes()
        self._waiting = 0
        self._waiting_bytes = 0
        self._busy = 0
        self._home: asyncio.AbstractEventLoop | None = None
        self._home_thread = 0
        self._closed = False

    @shown_unfinished
    def __repr__(self) -> str:
        return (
            f"MemoryQueue(limit={self._limit}, max_bytes={self._max_bytes}, workers={self._workers}, "
            f"ordered={self._ordered})"
        )

    def __len__(self) -> int:
        """Return the number of deliveries that wait or are being handled."""
        return self._waiting + self._busy

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
        if self._home is None or self._home_thread == threading.get_ident():
            lane.put(item)
        else:
            self._home.call_soon_threadsafe(lane.put, item)

    async def consume(self, handle: Handle, /) -> None:
        """Give each delivery to `handle`, until the queue is closed and empty."""
        with self._lock:
            self._adopt()
            self._home = asyncio.get_running_loop()
            self._home_thread = threading.get_ident()
            if self._closed:
                self._end_lanes()
        lanes = self._lanes if self._ordered else self._lanes * self._workers
        workers = [asyncio.create_task(self._work(lane, handle)) for lane in lanes]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            with self._lock:
                self._home, self._closed = None, False

    def _adopt(self) -> None:
        """Move waiting deliveries to new lanes: workers of another loop may have waited for the old ones."""
        left = self._lanes
        self._lanes = self._new_lanes()
        for old in left:
            for delivery in old.items:
                if delivery is not None:
                    self._lane_of(delivery).put(delivery)

    def _lane_of(self, delivery: Delivery) -> _Lane:
        if not self._ordered:
            return self._lanes[0]
        return self._lanes[zlib.crc32((delivery.build_id or delivery.id).encode()) % len(self._lanes)]

    async def _work(self, lane: _Lane, handle: Handle) -> None:
        while (delivery := await lane.get()) is not None:
            with self._lock:
                self._waiting -= 1
                self._waiting_bytes -= len(delivery.body)
                self._busy += 1
            try:
                await handle(delivery)
            except Exception:  # noqa: S110 - it was reported by the dispatcher, and this queue doesn't try again
                pass
            finally:
                with self._lock:
                    self._busy -= 1

    async def aclose(self) -> None:
        """Refuse new deliveries, and end the workers when they have handled the others. Then it can be used again."""
        with self._lock:
            if self._closed or not (self._home or self._waiting):
                return
            self._closed = True
            if self._home:
                self._end_lanes()

    def _end_lanes(self) -> None:
        for lane in self._lanes:
            for _ in range(self._workers // len(self._lanes)):
                self._enter(lane, None)
