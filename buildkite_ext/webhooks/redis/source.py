"""Where workers on many machines get what receivers have accepted."""

from __future__ import annotations

import asyncio
import os
import random as _random
import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError
from ..delivery import Handle
from . import scripts
from .connection import connect
from .dead_letters import DeadLetter, dead_letter
from .lag import Lag, lag_of
from .names import Names
from .script import Script
from .settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from .group import GroupReader
    from .leased import LeasedReader


class RedisStreamSource:
    """Takes deliveries that a `RedisStreamSink` appended, in any number of workers on any number of machines.

    **At least once.** A delivery is deleted from Redis only after `handle` returned. It is handed over again where `handle`
    raised, and where a worker died, was canceled or lost Redis between taking it and acknowledging it. In the last three
    cases it may have been handled already, so it is handled twice: at most the `concurrency` deliveries that the worker had
    in hand. What a living worker has in hand it renews, however slow `handle` is; only one whose event loop stands still
    (or whose Redis is away) for `claim_after` seconds loses them to another.

    **Failures.** What `handle` raised is tried again after a pause that grows from `retry_pause` to `claim_after`, by
    whoever is free then, `tries` times in all. After that, or at once where an entry can't be read, it moves to the
    dead-letter stream. A try counts when it begins, so a delivery that kills its workers ends there too.

    **No order, unless you ask for it.** With `ordered=True` the deliveries of a build are handled strictly one after the
    other, in the order in which they were accepted: each partition is read by one worker at a time, under a lease, and what
    fails is tried in place while its partition waits. Partitions are shared out evenly among the workers that live; those
    of a dead one are taken over `lease` seconds after its last sign. Redis is asked for the lease before each delivery, and
    a handler is canceled before the lease can be another's. The limit: a handler that resists cancellation, one that runs
    in a thread, or a process that was stopped in the middle (SIGSTOP, a paused machine) may overlap with the next owner's
    repeat of the same delivery. A canceled or duplicated delivery is repeated before any later one of its partition, so
    order never goes back by more than the one that was in hand. What is queued again from the dead letters goes to the end.

    All workers of a stream are to be configured alike, and a stream has one group: acknowledging deletes the entry for all.

    Redis may go away and come back: the source waits, says so in the log `buildkite_ext.webhooks`, and goes on. Only a wrong
    password, a missing right or a key of another type ends `consume`, with the error of redis-py.

    Args:
        client_or_url: a `redis.asyncio.Redis` that doesn't decode responses, which stays yours to close, or a URL such as
            `redis://localhost:6379/0`. With `ordered=True` it takes a connection for each partition it reads, and two more.
        stream: the stream's key, as in the sink.
        group: the consumer group's name. It is made where it is missing, from the very first entry.
        consumer: this worker's name, which no other may have; by default made of the host, the process and something random.
        ordered: whether to keep the order of each build's deliveries.
        partitions: how many streams there are: at least as many as the sinks write.
        concurrency: the most deliveries to handle at once in this worker.
        tries: how often to try a delivery before it is given up.
        claim_after: seconds of silence after which a worker is taken for dead and what it had for free; the longest pause
            between two tries as well.
        lease: seconds after which a silent worker loses its partitions, with `ordered=True`.
        retry_pause: seconds to wait after the first failure, more or less; each further pause is twice as long.
        timeout: seconds within which Redis must answer before it is taken to be away.
        dead_letters: the key of the dead-letter stream; by default the stream's with `:dead`.
        dead_letter_limit: the most dead letters to keep. Beyond it the oldest is dropped, and the log says so.
        on_dead_letter: is called with each delivery that this worker gave up, once it has moved.
        random: gives numbers from 0 to 1, for jitter.

    Raises:
        ConfigurationError: redis-py isn't installed, the URL is no Redis URL, the client decodes responses, or a number is
            out of its range.

    Example:
        ```python
        source = RedisStreamSource("redis://localhost:6379/0", ordered=True, partitions=16)
        async with asyncio.TaskGroup() as tasks:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, lambda: tasks.create_task(source.aclose()))
            await source.consume(handle)
        ```
    """

    def __init__(
        self,
        client_or_url: Redis | str,
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
        self._connection.refuse_decoding()
        self._redis = self._connection.client
        self._ordered = ordered
        self._settings = Settings(
            names=Names(stream, partitions, f"{stream}:dead" if dead_letters is None else dead_letters),
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
        self._reader: GroupReader | LeasedReader | None = None
        self._closed = False
        self._idle: asyncio.Event | None = None

    def __repr__(self) -> str:
        settings = self._settings
        return (
            f"RedisStreamSource({self._connection.label!r}, stream={settings.names.stream!r}, group={settings.group!r}, "
            f"consumer={settings.consumer!r}, ordered={self._ordered}, partitions={settings.names.partitions})"
        )

    async def consume(self, handle: Handle, /) -> None:
        """Hand each delivery to `handle`, several at a time, until the source is closed.

        Canceled, it cancels the handlers, acknowledges what they had finished, and gives the rest back to the others.

        Raises:
            RuntimeError: The source is being consumed already.
            redis.exceptions.RedisError: The password is wrong, a right is missing, or a key is of another type.
        """
        from .group import GroupReader
        from .leased import LeasedReader
        from .link import Link

        if self._reader is not None:
            raise RuntimeError("This source is being consumed already: make another one")
        if self._closed:
            return
        link = Link(self._connection.label, timeout=self._settings.timeout, random=self._settings.random)
        kind = LeasedReader if self._ordered else GroupReader
        self._reader = kind(self._redis, self._settings, link)
        self._idle = asyncio.Event()
        try:
            await self._reader.run(handle)
        except BaseExceptionGroup as group:
            raise _first(group) from None
        finally:
            self._reader = None
            self._idle.set()

    async def aclose(self) -> None:
        """Take nothing more, wait for what is being handled, acknowledge it, give back what was not begun, and let
        `consume` return. Then the connections are closed, unless the client is yours."""
        self._closed = True
        if self._reader is not None:
            self._reader.close()
        if self._idle is not None:
            await self._idle.wait()
        await self._connection.aclose()

    async def lag(self) -> Lag:
        """How far the workers are behind, for metrics: one question to Redis, cheap at any length.

        Raises:
            TimeoutError: Redis didn't answer in time.
            redis.exceptions.RedisError: Redis is away, or it refuses.
        """
        names = self._settings.names
        keys = [names.dead]
        for partition in zip(names.streams, names.leases, names.heads, strict=True):
            keys += partition
        async with asyncio.timeout(self._settings.timeout):
            return lag_of(await Script(self._redis, scripts.LAG)(keys, [self._settings.group]))

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """Deliveries that were given up, the oldest first.

        Args:
            limit: the most to return.

        Raises:
            TimeoutError: Redis didn't answer in time.
            redis.exceptions.RedisError: Redis is away, or it refuses.
        """
        async with asyncio.timeout(self._settings.timeout):
            found: Any = await self._redis.xrange(self._settings.names.dead, count=limit)
        return [dead_letter(entry_id, fields) for entry_id, fields in found or ()]

    async def requeue(self, dead_letter_id: str) -> bool:
        """Put a dead letter at the end of the partition that it came from, to be tried as often as a new one.

        Args:
            dead_letter_id: the `id` of a `DeadLetter`.

        Returns:
            Whether there was such a dead letter: False where another was quicker.

        Raises:
            TimeoutError: Redis didn't answer in time.
            redis.exceptions.RedisError: Redis is away, or it refuses.
        """
        names = self._settings.names
        async with asyncio.timeout(self._settings.timeout):
            moved = await Script(self._redis, scripts.REQUEUE)([names.dead, *names.streams], [dead_letter_id])
        return bool(moved)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
