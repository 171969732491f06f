"""Sink of receivers on several machines: appends deliveries to a Redis Stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..._unfinished import shown_unfinished
from ...errors import ConfigurationError, WebhookQueueFull
from ...redis.connection import connect
from ...redis.scripts import RedisScript
from ..delivery import Delivery
from . import scripts
from .codec import to_fields
from .eviction import warn_of_eviction
from .keys import StreamKeys, check_hash_tags, partition_of

if TYPE_CHECKING:
    from ...redis.connection import RedisClient


__all__ = ["RedisStreamSink"]


class RedisStreamSink:
    """Appends deliveries to a Redis Stream, from which a `RedisStreamSource` in each worker takes them.

    Accepted deliveries are in Redis and are never trimmed. They survive the end of any receiver and worker, and a failure
    of Redis as far as its persistence is configured to
    (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/). An entry is deleted once it was handled,
    so the stream's length is the backlog. A Redis that may evict any key when its memory is full (`allkeys-*`) would drop the
    stream: the first delivery logs a warning then. On a Redis Cluster give `stream` a hash tag, `{buildkite}:webhooks`,
    because all its keys must be in one slot.

    Args:
        client_or_url: a `redis.asyncio.Redis` or `RedisCluster`, which stays yours to close, or a URL such as
            `redis://localhost:6379/0`, `rediss://…` with TLS, or `valkey://…`. For Sentinel give the client of its master. A
            client that repeats commands by itself may append a delivery twice; a client made from a URL doesn't.
        stream: the stream's key.
        limit: the maximum number of waiting deliveries in all partitions. Beyond it none is accepted.
        partitions: the number of streams for the builds, so that workers can keep the order of each build: at most as
            many as the sources read. To raise it, raise it in the sources first.
        timeout: seconds within which Redis must answer.

    Raises:
        ConfigurationError: redis-py isn't installed, the URL isn't a Redis URL, a number is out of its range, or the stream
            of a Redis Cluster has no hash tag.

    Example:
        >>> RedisStreamSink("redis://:hunter2@redis.internal:6379/0")
        RedisStreamSink('redis://redis.internal:6379/0', stream='buildkite:webhooks', limit=100000, partitions=1)
    """

    def __init__(
        self,
        client_or_url: RedisClient | str,
        *,
        stream: str = "buildkite:webhooks",
        limit: int = 100_000,
        partitions: int = 1,
        timeout: float = 5.0,
    ) -> None:
        if limit < 1 or partitions < 1 or timeout <= 0:
            raise ConfigurationError("limit= and partitions= must be at least 1, and timeout= more than 0.")
        self._connection = connect(client_or_url, timeout=timeout)
        if self._connection.is_cluster:
            check_hash_tags(stream)
        self._streams = StreamKeys(stream, partitions, "").streams
        self._limit = limit
        self._timeout = timeout
        self._checked = False
        self._append = RedisScript(self._connection.client, scripts.APPEND)

    @shown_unfinished
    def __repr__(self) -> str:
        return (
            f"RedisStreamSink({self._connection.label!r}, stream={self._streams[0]!r}, limit={self._limit}, "
            f"partitions={len(self._streams)})"
        )

    async def put(self, delivery: Delivery, /) -> None:
        """Accept a delivery. Once this returns, it is in Redis.

        Raises:
            WebhookQueueFull: `limit` deliveries wait already. This one was not accepted.
            TimeoutError: Redis didn't answer in time. It is unknown whether the delivery was accepted.
            redis.exceptions.RedisError: Redis is away or read-only, or it answered with an error.
        """
        stream = self._streams[partition_of(delivery, len(self._streams))]
        async with asyncio.timeout(self._timeout):
            length = await self._append([stream, *self._streams], [self._limit, *to_fields(delivery)])
        if length <= 0:
            raise WebhookQueueFull(
                f"{self._streams[0]} holds {-length} deliveries that wait to be handled, and limit={self._limit}: this one "
                "was not accepted. Start more workers, or check RedisStreamSource.lag() to see why they wait.",
                reason="queue_full",
            )
        if not self._checked:
            self._checked = True
            await warn_of_eviction(self._connection, self._streams[0])

    async def aclose(self) -> None:
        """Close the connections, unless the client is yours. Accepted deliveries stay accepted."""
        await self._connection.aclose()
