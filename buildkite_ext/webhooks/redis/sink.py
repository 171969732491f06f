"""Where receivers on many machines put what they have verified."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...errors import ConfigurationError, WebhookQueueFull
from ..delivery import Delivery
from . import scripts
from .codec import to_fields
from .connection import connect
from .names import Names, partition_of
from .script import Script

if TYPE_CHECKING:
    from redis.asyncio import Redis


class RedisStreamSink:
    """Appends deliveries to a Redis Stream, from which a `RedisStreamSource` in each worker takes them.

    What was accepted is in Redis and is never trimmed: it survives every receiver and worker, and as much of Redis's own
    fate as Redis's persistence does (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/). An entry
    is deleted once it was handled, so the stream's length is the backlog. On a Redis Cluster give `stream` a hash tag,
    `{buildkite}:webhooks`, for all its keys belong together.

    Args:
        client_or_url: a `redis.asyncio.Redis`, which stays yours to close, or a URL such as `redis://localhost:6379/0`.
            A client that sends commands again by itself may append a delivery twice; the one made from a URL doesn't.
        stream: the stream's key.
        limit: the most deliveries that may wait, over all partitions. Beyond it none are accepted.
        partitions: over how many streams to spread builds, so that workers can keep each build's order: at most as many
            as the sources read. To raise it, raise it in the sources first.
        timeout: seconds within which Redis must answer.

    Raises:
        ConfigurationError: redis-py isn't installed, the URL is no Redis URL, or a number is out of its range.

    Example:
        >>> RedisStreamSink("redis://:hunter2@redis.internal:6379/0")
        RedisStreamSink('redis://redis.internal:6379/0', stream='buildkite:webhooks', limit=100000, partitions=1)
    """

    def __init__(
        self,
        client_or_url: Redis | str,
        *,
        stream: str = "buildkite:webhooks",
        limit: int = 100_000,
        partitions: int = 1,
        timeout: float = 5.0,
    ) -> None:
        if limit < 1 or partitions < 1 or timeout <= 0:
            raise ConfigurationError("limit= and partitions= must be at least 1, and timeout= more than 0.")
        self._connection = connect(client_or_url, timeout=timeout)
        self._streams = Names(stream, partitions, "").streams
        self._limit = limit
        self._timeout = timeout
        self._append = Script(self._connection.client, scripts.APPEND)

    def __repr__(self) -> str:
        return (
            f"RedisStreamSink({self._connection.label!r}, stream={self._streams[0]!r}, limit={self._limit}, "
            f"partitions={len(self._streams)})"
        )

    async def put(self, delivery: Delivery, /) -> None:
        """Accept a delivery: once this returns, it is in Redis.

        Raises:
            WebhookQueueFull: As many deliveries as `limit` wait already. This one was not accepted.
            TimeoutError: Redis didn't answer in time. Whether the delivery was accepted, nobody knows.
            redis.exceptions.RedisError: Redis is away, read-only, or it refuses.
        """
        stream = self._streams[partition_of(delivery, len(self._streams))]
        async with asyncio.timeout(self._timeout):
            length = await self._append([stream, *self._streams], [self._limit, *to_fields(delivery)])
        if length <= 0:
            raise WebhookQueueFull(
                f"{self._streams[0]} holds {-length} deliveries that wait to be handled, and limit={self._limit}: this one "
                "was not accepted. Start more workers, or look at RedisStreamSource.lag() for what holds them up.",
                reason="queue_full",
            )

    async def aclose(self) -> None:
        """Close the connections, unless the client is yours. What was accepted stays accepted."""
        await self._connection.aclose()
