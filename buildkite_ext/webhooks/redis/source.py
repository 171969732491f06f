"""Source of workers on several machines: takes the deliveries that receivers appended to a Redis Stream."""

from __future__ import annotations

import asyncio
import os
import random as _random
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._unfinished import shown_unfinished
from ...errors import ConfigurationError
from ...redis.connection import connect
from ...redis.scripts import RedisScript
from ..delivery import Handle
from ..events import logger
from . import scripts
from .dead_letters import DeadLetter, parse_dead_letter
from .eviction import warn_of_eviction
from .keys import ConsumerSettings, StreamKeys, check_hash_tags

if TYPE_CHECKING:
    from ...redis.connection import RedisClient
    from .consumer_group import ConsumerGroupReader
    from .ordered import OrderedReader

__all__ = ["Lag", "PartitionLag", "RedisStreamSource"]


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """Lag of the workers in one partition. The fields that aren't described here are those of `Lag`."""

    partition: int
    waiting: int
    pending: int
    oldest_seconds: float
    leased: bool
    """True if a worker reads the partition in order; always False without `ordered=True`."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Lag of the workers in all partitions together, by Redis's clock."""

    waiting: int
    """Deliveries that have not begun."""
    pending: int
    """Deliveries that began and are not done: being handled, between two tries, or left by a dead worker."""
    oldest_seconds: float
    """The age of the oldest delivery that is not done; 0 if there is none."""
    dead: int
    """Deliveries that were given up: see `RedisStreamSource.dead_letters`."""
    partitions: tuple[PartitionLag, ...]
    """The same for each partition."""


class RedisStreamSource:
    """Takes the deliveries that a `RedisStreamSink` appended, in any number of workers on any number of machines.

    **At least once.** A delivery is deleted from Redis only after `handle` returned. It is handled again if `handle` raised,
    or if a worker died, was cancelled or lost Redis between taking and acknowledging it. In these three cases it may have
    been handled already, and is handled twice: at most the `concurrency` deliveries that the worker had at that time. A
    living worker keeps its deliveries, even if `handle` is slow. It loses them to another worker only if its event loop is
    blocked, or its Redis away, for `claim_after` seconds.

    **Failures.** After `handle` raised, the delivery is tried again by any free worker, `tries` times in all. The pause
    between tries grows from `retry_pause` to `claim_after`. Then, or at once if the entry can't be read, it moves to the
    dead-letter stream. A try counts when it begins, so a delivery that kills its workers becomes a dead letter too.

    **No order by default.** With `ordered=True` the deliveries of a build are handled one after the other, in the order in
    which they were accepted. One worker at a time reads a partition, under a lease, and a failed delivery is tried again
    while its partition waits. Partitions are shared evenly among the living workers; those of a dead worker are taken over
    `lease` seconds after its last sign of life. The lease is checked in Redis before each delivery, and a handler is
    cancelled before the lease can pass to another worker. A limit remains: a handler that resists cancellation, runs in a
    thread, or whose process is suspended (SIGSTOP, a paused machine) may overlap with the next owner, which repeats the
    same delivery. A cancelled or duplicated delivery is repeated before any later one of its partition. A dead letter that
    is queued again goes to the end.

    All workers of a stream must have the same settings. A stream has one consumer group, because acknowledging an entry
    deletes it for all groups.

    If Redis is away, the source waits for it, logs that to `buildkite_ext.webhooks`, and continues. Only a wrong password,
    a missing permission, a key of another type or a certificate that can't be verified ends `consume`, with the error of
    redis-py. If Redis may evict any key when its memory is full, `consume` logs a warning.

    Args:
        client_or_url: a `redis.asyncio.Redis` or `RedisCluster` that doesn't decode responses, which stays yours to close, or
            a URL such as `redis://localhost:6379/0`, `rediss://…` with TLS, or `valkey://…`. For Sentinel give the client of
            its master. With `ordered=True` it takes a connection for each partition it reads, and two more.
        stream: the stream's key, as in the sink; on a Redis Cluster with a hash tag, such as `{buildkite}:webhooks`.
        group: the consumer group's name. A missing group is made, and begins with the first entry.
        consumer: this worker's name, which must be unique; by default made of the host, the process and random digits.
        ordered: keep the order of each build's deliveries.
        partitions: the number of streams: at least as many as the sinks write.
        concurrency: the maximum number of deliveries that this worker handles at the same time.
        tries: the number of tries before a delivery is given up.
        claim_after: seconds without a sign of life after which other workers take the deliveries of a worker; also the
            longest pause between two tries.
        lease: with `ordered=True`, seconds without a sign of life after which a worker loses its partitions.
        retry_pause: seconds to wait after the first failure, with jitter; each further pause is twice as long.
        timeout: seconds within which Redis must answer before it counts as away.
        dead_letters: the key of the dead-letter stream; by default the stream's with `:dead`.
        dead_letter_limit: the maximum number of dead letters. Beyond it the oldest is dropped, and this is logged.
        on_dead_letter: called with each delivery that this worker gave up, after it has moved.
        random: returns numbers from 0 to 1, for jitter.

    Raises:
        ConfigurationError: redis-py isn't installed, the URL isn't a Redis URL, the client decodes responses, a number is
            out of its range, or the keys of a Redis Cluster have no common hash tag.

    Example:
        ```python
        source = RedisStreamSource("redis://localhost:6379/0", ordered=True, partitions=16)
        async with asyncio.TaskGroup() as tasks:
            loop = asyncio.get_running_loop()
            # Not on Windows; `WebhookHandler.work` stops at signals on every system.
            loop.add_signal_handler(signal.SIGTERM, lambda: tasks.create_task(source.aclose()))
            await source.consume(handle)
        ```
    """

    def __init__(
        self,
        client_or_url: RedisClient | str,
        *,
        stream: str = "buildkite:webhooks",
        group: str = "handlers",
        consumer: str | None = None,
        ordered: bool = False,
        partitions: int = 1,
        concurrency: int = 8,
        tries: int = 5,
        claim_after: float = 60.0,
        lease: float = 15.0,
        retry_pause: float = 1.0,
        timeout: float = 5.0,
        dead_letters: str | None = None,
        dead_letter_limit: int = 10_000,
        on_dead_letter: Callable[[DeadLetter], None] | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        if min(partitions, concurrency, tries, dead_letter_limit) < 1:
            raise ConfigurationError("partitions=, concurrency=, tries= and dead_letter_limit= must be at least 1.")
        if min(claim_after, lease, retry_pause, timeout) <= 0:
            raise ConfigurationError("claim_after=, lease=, retry_pause= and timeout= must be more than 0 seconds.")
        self._connection = connect(client_or_url, timeout=timeout)
        if self._connection.decodes:
            raise ConfigurationError(
                "RedisStreamSource needs bytes, because a delivery's body is bytes: give a client without "
                "decode_responses=True, or the URL."
            )
        dead_letters = f"{stream}:dead" if dead_letters is None else dead_letters
        if self._connection.is_cluster:
            check_hash_tags(stream, dead_letters)
        self._redis = self._connection.client
        self._ordered = ordered
        self._settings = ConsumerSettings(
            keys=StreamKeys(stream, partitions, dead_letters),
            group=group,
            consumer=consumer or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
            ordered=ordered,
            concurrency=concurrency,
            tries=tries,
            claim_after=claim_after,
            lease=lease,
            pause=retry_pause,
            block=self._connection.longest_block,
            timeout=timeout,
            dead_letter_limit=dead_letter_limit,
            on_dead_letter=on_dead_letter,
            random=random,
        )
        self._reader: ConsumerGroupReader | OrderedReader | None = None
        self._closed = False
        self._idle: asyncio.Event | None = None

    @shown_unfinished
    def __repr__(self) -> str:
        settings = self._settings
        return (
            f"RedisStreamSource({self._connection.label!r}, stream={settings.keys.stream!r}, group={settings.group!r}, "
            f"consumer={settings.consumer!r}, ordered={self._ordered}, partitions={settings.keys.partitions})"
        )

    async def consume(self, handle: Handle, /) -> None:
        """Give each delivery to `handle`, several at the same time, until the source is closed.

        When this is cancelled, it cancels the handlers, acknowledges finished deliveries, and gives the others back.

        Raises:
            RuntimeError: the source is being consumed already.
            redis.exceptions.RedisError: the password is wrong, a permission is missing, a key is of another type, or the
                certificate can't be verified.
        """
        from ...redis.reconnect import Reconnector
        from .consumer_group import ConsumerGroupReader
        from .ordered import OrderedReader

        if self._reader is not None:
            raise RuntimeError("This source is being consumed already: make another RedisStreamSource")
        if self._closed:
            return
        settings = self._settings
        reconnector = Reconnector(
            self._connection.label, timeout=settings.timeout, random=settings.random, logger=logger
        )
        kind = OrderedReader if self._ordered else ConsumerGroupReader
        self._reader = kind(self._redis, settings, reconnector)
        self._idle = asyncio.Event()
        try:
            await warn_of_eviction(self._connection, settings.keys.stream)
            await self._reader.run(handle)
        except BaseExceptionGroup as group:
            raise _first_error(group) from None
        finally:
            self._reader = None
            self._idle.set()

    async def aclose(self) -> None:
        """Take no more deliveries, wait for those being handled, acknowledge them, and let `consume` return.

        Deliveries that have not begun are given back to other workers. Then the connections are closed, unless the client
        is yours.
        """
        self._closed = True
        if self._reader is not None:
            self._reader.close()
        if self._idle is not None:
            await self._idle.wait()
        await self._connection.aclose()

    async def lag(self) -> Lag:
        """Return the lag of the workers, for metrics. This is one call to Redis, fast at any length of the stream.

        Raises:
            TimeoutError: Redis didn't answer in time.
            redis.exceptions.RedisError: Redis is away, or it answered with an error.
        """
        of = self._settings.keys
        keys = [of.dead_letters]
        for partition in zip(of.streams, of.leases, of.heads, strict=True):
            keys += partition
        async with asyncio.timeout(self._settings.timeout):
            return _lag(await RedisScript(self._redis, scripts.LAG)(keys, [self._settings.group]))

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """Return deliveries that were given up, the oldest first.

        Args:
            limit: the maximum number to return.

        Raises:
            TimeoutError: Redis didn't answer in time.
            redis.exceptions.RedisError: Redis is away, or it answered with an error.
        """
        async with asyncio.timeout(self._settings.timeout):
            found: Any = await self._redis.xrange(self._settings.keys.dead_letters, count=limit)
        return [parse_dead_letter(entry_id, fields) for entry_id, fields in found or ()]

    async def requeue(self, dead_letter_id: str) -> bool:
        """Queue a dead letter again, at the end of its partition. It gets as many tries as a new delivery.

        Args:
            dead_letter_id: the `id` of a `DeadLetter`.

        Returns:
            True if the dead letter was queued; False if there is none with this id, because it was queued before.

        Raises:
            TimeoutError: Redis didn't answer in time.
            redis.exceptions.RedisError: Redis is away, or it answered with an error.
        """
        keys = self._settings.keys
        async with asyncio.timeout(self._settings.timeout):
            moved = await RedisScript(self._redis, scripts.REQUEUE)(
                [keys.dead_letters, *keys.streams], [dead_letter_id]
            )
        return bool(moved)


def _first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _lag(answer: Sequence[Any]) -> Lag:
    """Return the lag from the result of the script LAG.

    Example:
        >>> lag = _lag([1_700_000_009_500, 2, [[5, 3, b"1700000000000-0", 0], [0, 0, b"", 1]]])
        >>> lag.waiting, lag.pending, lag.oldest_seconds, lag.dead
        (2, 3, 9.5, 2)
    """
    now, dead, rows = answer
    partitions = tuple(
        PartitionLag(
            partition=index,
            waiting=max(0, length - pending),
            pending=min(pending, length),
            oldest_seconds=max(0, now - int(oldest.partition(b"-")[0])) / 1000 if oldest else 0.0,
            leased=bool(leased),
        )
        for index, (length, pending, oldest, leased) in enumerate(rows)
    )
    return Lag(
        waiting=sum(partition.waiting for partition in partitions),
        pending=sum(partition.pending for partition in partitions),
        oldest_seconds=max(partition.oldest_seconds for partition in partitions),
        dead=dead,
        partitions=partitions,
    )
