"""Deduplication store in Redis, for all machines together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..._unfinished import shown_unfinished
from ...redis.connection import connect
from ..deduplication import Claim

if TYPE_CHECKING:
    from ...redis.connection import RedisClient

__all__ = ["RedisDeduplicationStore"]

_PENDING = "pending"
_SETTLED = "settled"


class RedisDeduplicationStore:
    """Store of keys in Redis. With one store for all machines, once means once among all of them.

    Args:
        client_or_url: a `redis.asyncio.Redis` or `RedisCluster`, which stays yours to close, or a URL such as
            `redis://localhost:6379/0`, `rediss://…` with TLS, or `valkey://…`. For Sentinel give the client of its master.
        prefix: the prefix of all keys in Redis.
        timeout: seconds within which Redis must answer.

    Raises:
        ConfigurationError: redis-py isn't installed, or the URL isn't a Redis URL.

    Example:
        >>> RedisDeduplicationStore("redis://:hunter2@redis.internal:6379/0")
        RedisDeduplicationStore('redis://redis.internal:6379/0', prefix='buildkite:deduplication:')
    """

    def __init__(
        self, client_or_url: RedisClient | str, *, prefix: str = "buildkite:deduplication:", timeout: float = 5.0
    ) -> None:
        self._connection = connect(client_or_url, timeout=timeout)
        self._redis = self._connection.client
        self._prefix = prefix
        self._timeout = timeout

    @shown_unfinished
    def __repr__(self) -> str:
        return f"RedisDeduplicationStore({self._connection.label!r}, prefix={self._prefix!r})"

    async def claim(self, key: str, seconds: float, /) -> Claim:
        """Claim a key if it is free, by one `SET NX PX`, so that exactly one of several callers gets it.

        Raises:
            TimeoutError: Redis didn't answer in time. It is unknown whether the key was claimed.
            redis.exceptions.RedisError: Redis is away, or it answered with an error.
        """
        name = self._prefix + key
        async with asyncio.timeout(self._timeout):
            if await self._redis.set(name, _PENDING, nx=True, px=_milliseconds(seconds)):
                return "new"
            found = await self._redis.get(name)
        return "settled" if found in (_SETTLED, _SETTLED.encode()) else "pending"

    async def settle(self, key: str, seconds: float, /) -> None:
        """Record that the work of a key was done, and remember that for `seconds`; with 0, forget the key.

        Raises:
            TimeoutError: Redis didn't answer in time.
            redis.exceptions.RedisError: Redis is away, or it answered with an error.
        """
        async with asyncio.timeout(self._timeout):
            if seconds > 0:
                await self._redis.set(self._prefix + key, _SETTLED, px=_milliseconds(seconds))
            else:
                await self._redis.delete(self._prefix + key)

    async def aclose(self) -> None:
        """Close the connections, unless the client is yours."""
        await self._connection.aclose()


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
