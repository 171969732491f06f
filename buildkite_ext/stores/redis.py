"""Store in Redis or Valkey, which the clients of many processes and machines share.

Each decision is a script that Redis runs as one step. A request costs two round trips: one that admits it, one that tells what
its answer said of the limits, and that may admit the next ones ahead. The circuit is looked at on both of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .._unfinished import shown_unfinished
from ..errors import ConfigurationError
from . import redis_scripts
from .redis_cache import RedisCache
from .redis_calls import RedisCalls
from .redis_limits import RedisLimits

if TYPE_CHECKING:
    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..redis.connection import BlockingRedisClient
    from ..runtime import Runtime
    from .entries import Cache, CacheStats, Change, Entry, Found

__all__ = ["RedisStore"]

_LARGEST_LOT = 20

_MOST_ANNOUNCEMENTS = 10_000
"""Announcements that Redis keeps."""

_ANNOUNCED = 600_000
"""Milliseconds for which Redis keeps announcements, from the last one on."""


class RedisStore(RedisLimits):
    """Store in Redis or Valkey. The clients of all processes that are given one with the same prefix share it.

    Blocking and async clients take it, on asyncio and trio; the latter ask Redis on a thread. It decides as `MemoryStore`
    does, by the time of Redis. A lost connection to Buildkite counts for this process alone, so that the network of one
    machine opens no circuit for the others.

    Answers that a `cache=` keeps stay in the process, since they hold what its token may see. What another process changes is
    seen there when their time is over, or by a webhook event. With `share_cache=True` they stand in Redis, compressed and not
    encrypted. Each token has its own, and what one process changes is dropped for all.

    A Redis that is slow or away makes no call fail. The clients go on with what this process knows, until Redis answers again.
    A `StoreUnavailable` and a `StoreRecovered` tell of it, once each, and so does the log. What is found under its keys and can't
    be read is deleted, and the log says so once.

    All keys have one hash tag, so a Redis Cluster keeps them on one node. Each expires.

    Args:
        client_or_url: a URL such as `redis://localhost:6379/0`, `rediss://…` with TLS, or `valkey://…`; or a `redis.Redis` or
            `redis.RedisCluster`, which stays yours to close, and whose timeouts hold instead of `timeout`. For Sentinel give the
            client of its master.
        prefix: the prefix of all keys in Redis.
        timeout: seconds within which the whole answer of Redis to a command must come.
        retry_after: seconds after which a Redis that didn't answer is tried again, in the background.
        lot: maximum of requests that one round trip admits. With more than 1, a request that goes at once costs one round trip
            instead of two. So many requests at most are admitted ahead while the limits have plenty of room. They are given back
            if they aren't sent within a second, when a client is closed, and when the process ends.
        share_cache: keep the answers of clients with a `cache=` in Redis, for all processes. All processes with the same prefix
            are to be given the same. Who can read this Redis can read them, and who can write to it decides what clients get.
        clock: returns the time instead of Redis, for tests. By such a clock the next request or `close` gives back what was
            admitted ahead.

    Raises:
        ConfigurationError: redis-py isn't installed, or an argument can't be used. The first call raises it if Redis refuses
            the password, or if its certificate can't be verified.

    Example:
        >>> from buildkite_ext import BuildkiteClient
        >>> store = RedisStore("redis://:hunter2@redis.internal:6379/0")
        >>> store
        RedisStore('redis://redis.internal:6379/0', prefix='buildkite')
        >>> buildkite = BuildkiteClient("acme", token="bkua_0123", store=store)
    """

    def __init__(
        self,
        client_or_url: BlockingRedisClient | str,
        *,
        prefix: str = "buildkite",
        timeout: float = 0.25,
        retry_after: float = 3.0,
        lot: int = 1,
        share_cache: bool = False,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if isinstance(lot, bool) or not isinstance(lot, int) or not 1 <= lot <= _LARGEST_LOT:
            raise ConfigurationError(f"lot={lot!r}: give a whole number of 1 to {_LARGEST_LOT}.")
        calls = RedisCalls(client_or_url, prefix=prefix, timeout=timeout, retry_after=retry_after, clock=clock)
        super().__init__(calls, lot=lot)
        self._entries = RedisCache(calls) if share_cache else self._own

    @shown_unfinished
    def __repr__(self) -> str:
        return f"RedisStore({self._calls!r})"

    def close(self) -> None:
        """Close the connections to Redis, unless the client is yours. A store that is used again opens new ones."""
        self._give_back(math.inf)
        self._calls.close()

    def subscribe(self, events: Dispatcher[Event]) -> None:
        self._calls.subscribe(events)

    @property
    def caches(self) -> bool:
        """True if a client of this process may have asked for entries, or one of another process where they are shared."""
        return self._entries.caches

    async def cached(self, key: str, tags: frozenset[str], runtime: Runtime, *, seconds: float) -> Found:
        return await self._entries.cached(key, tags, runtime, seconds=seconds)

    async def keep(
        self, key: str, tags: frozenset[str], entry: Entry, runtime: Runtime, *, version: int, policy: Cache
    ) -> None:
        await self._entries.keep(key, tags, entry, runtime, version=version, policy=policy)

    async def change(self, change: Change, runtime: Runtime) -> None:
        await self._entries.change(change, runtime)

    @property
    def is_remote(self) -> bool:
        return True

    async def announce(self, name: str, runtime: Runtime) -> None:
        await self._own.announce(name, runtime)
        arguments = {"name": name, "by": self._calls.identity, "most": _MOST_ANNOUNCEMENTS, "ttl": _ANNOUNCED}
        await self._calls.ask(
            redis_scripts.ANNOUNCE, [self._calls.key("announced", "builds")], arguments, runtime, read=len
        )

    def listen(self, receive: Callable[[str], None]) -> Callable[[], None]:
        return self._own.listen(receive)

    async def announced(self, position: str | None, runtime: Runtime) -> tuple[str | None, Sequence[str]]:
        arguments = {"position": position or "", "by": self._calls.identity}
        told = await self._calls.ask(
            redis_scripts.ANNOUNCED, [self._calls.key("announced", "builds")], arguments, runtime, read=_position
        )
        return (position, ()) if told is None else told

    def cache_stats(self) -> CacheStats:
        return self._entries.cache_stats()


def _position(told: list[str]) -> tuple[str, Sequence[str]]:
    """Return a position in the announcements, and the names that are told."""
    return told[0], told[1:]
