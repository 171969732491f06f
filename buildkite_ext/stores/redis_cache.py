"""Entries in Redis: answers that the clients of many processes share, where that is asked for.

What they tell of has versions in Redis, as `stores.entries` describes. A change of this process counts here at once. Redis is
told of it, and until it has answered each further call tells it again, before the call reads or keeps anything.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from .._forks import reset_after_fork
from . import redis_scripts
from .entries import CacheStats, Entry, Found
from .memory import MemoryStore
from .redis_calls import seconds_of

if TYPE_CHECKING:
    from ..runtime import Runtime
    from .entries import Cache, Change
    from .redis_calls import RedisCalls

__all__ = ["RedisCache"]

_T = TypeVar("_T")

_LARGEST = 1024 * 1024
"""Bytes of the largest entry that Redis is given. While it takes in one, it serves nobody else."""

_REMEMBERED = 10_000
"""Maximum of tags whose version Redis remembers, and of tags of changes that wait for Redis."""

_EVERYTHING = ""
"""Tag of a change of everything."""


class _CachedContent(Struct, frozen=True, array_like=True):
    """What Redis keeps of an answer."""

    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes


class RedisCache:
    """Part of a store: the entries in Redis.

    Args:
        calls: the calls of scripts in Redis.
    """

    caches = True
    """A client of another process may have asked for entries."""

    def __init__(self, calls: RedisCalls) -> None:
        self._calls = calls
        self._keys = [calls.key("cache", name) for name in ("versions", "entries", "recency")]
        self._own = MemoryStore()
        """The versions by the changes of this process, for requests that share an answer while Redis is away."""
        self._lock = threading.RLock()  # the handler of a signal may come while it is held
        self._changes = 0
        self._pending: dict[str, tuple[int, float]] = {}
        """Tags of changes that Redis may not know: the number of the change, and the time until which they settle."""
        self._hits = self._misses = self._entries = self._bytes = 0
        reset_after_fork(self)

    async def cached(self, key: str, tags: frozenset[str], runtime: Runtime, *, seconds: float) -> Found:
        arguments = {"key": _digest(key), "tags": sorted(tags), "seconds": seconds}

        def read(told: list[str]) -> Found:
            version, age, left, content = told
            if not age:
                return Found(None, int(version))
            now = runtime.now()
            sent, expires = now - seconds_of(age, most=seconds), now + seconds_of(left)
            return Found(_unpacked(content, sent=sent, expires=expires), int(version))

        found = await self._ask(redis_scripts.FIND, arguments, runtime, read)
        if seconds > 0:
            is_hit = found is not None and found.entry is not None
            with self._lock:
                self._hits += is_hit
                self._misses += not is_hit
        if found is not None:
            return found
        own = await self._own.cached(key, tags, runtime, seconds=0)
        return Found(None, -1 - own.version)  # no version of Redis is below 0

    async def keep(
        self, key: str, tags: frozenset[str], entry: Entry, runtime: Runtime, *, version: int, policy: Cache
    ) -> None:
        if version < 0 or entry.size > _LARGEST:
            return
        arguments = {
            "key": _digest(key),
            "tags": sorted(tags),
            "version": version,
            "sent_ago": runtime.now() - entry.sent,
            "kept_for": entry.expires - entry.sent,
            "content": _packed(entry),
            "size": entry.size,
            "entries": policy.entries,
            "bytes": policy.bytes,
        }
        await self._ask(redis_scripts.KEEP, arguments, runtime, _nothing)

    async def change(self, change: Change, runtime: Runtime) -> None:
        await self._own.change(change, runtime)
        settles = runtime.now() + change.settling
        with self._lock:
            self._changes += 1
            for tag in change.tags:
                self._pending[tag] = self._changes, max(settles, self._pending.get(tag, (0, 0.0))[1])
            if len(self._pending) > _REMEMBERED:
                self._pending = {_EVERYTHING: (self._changes, max(until for _, until in self._pending.values()))}
        if not change.tags:
            return
        try:
            await self._ask(redis_scripts.CHANGE, {}, runtime, _nothing)
        except BaseException:  # the task is being cancelled
            self._calls.tell(redis_scripts.CHANGE, self._keys, self._arguments({}, runtime), runtime)
            raise

    def cache_stats(self) -> CacheStats:
        with self._lock:
            return CacheStats(hits=self._hits, misses=self._misses, entries=self._entries, bytes=self._bytes)

    async def _ask(
        self, script: str, arguments: dict[str, object], runtime: Runtime, read: Callable[[list[str]], _T]
    ) -> _T | None:
        """Run a script that takes in the pending changes first; return what it tells, or None as `RedisCalls.ask` does."""
        with self._lock:
            latest = self._changes

        def read_all(told: list[str]) -> _T:
            *answer, entries, size = told
            found = read(answer)
            with self._lock:
                self._entries, self._bytes = int(entries), int(size)
                self._pending = {tag: each for tag, each in self._pending.items() if each[0] > latest}
            return found

        return await self._calls.ask(script, self._keys, self._arguments(arguments, runtime), runtime, read=read_all)

    def _arguments(self, arguments: dict[str, object], runtime: Runtime) -> dict[str, Any]:
        """Return the arguments of a script, with the pending changes."""
        now = runtime.now()
        with self._lock:
            changes = {tag: max(0.0, settles - now) for tag, (_, settles) in self._pending.items()}
        return {**arguments, "changes": changes, "remembered": _REMEMBERED, "random": secrets.randbits(48)}

    def _reset_after_fork(self) -> None:
        self._lock = threading.RLock()


def _nothing(_: list[str]) -> None:
    """Read nothing of an answer."""


def _digest(key: str) -> str:
    """Return what stands for a key, so that Redis holds no URL."""
    return hashlib.sha256(key.encode()).hexdigest()


def _packed(entry: Entry) -> str:
    """Return the headers and the body of an entry as a text, which a client of Redis that decodes leaves as it is."""
    packed = msgspec.msgpack.encode(_CachedContent(entry.headers, entry.content))
    return base64.b64encode(zlib.compress(packed, 1)).decode()


def _unpacked(text: str, *, sent: float, expires: float) -> Entry | None:
    """Return the entry of a text; None for one that this version doesn't read, or that is too large."""
    unpacking = zlib.decompressobj()
    try:
        packed = unpacking.decompress(base64.b64decode(text), 2 * _LARGEST)
        found = msgspec.msgpack.decode(packed, type=_CachedContent)
    except (ValueError, zlib.error):  # msgspec's errors are ValueErrors
        return None
    return Entry(found.headers, found.content, sent, expires)
