"""Putting and handling 10,000 deliveries of 6 KB over Redis, beside redis-py by hand: all in one process."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from redis.asyncio import Redis

from benchmarks.rows import Row, compared, rounds_of
from buildkite_ext.webhooks.delivery import Delivery
from buildkite_ext.webhooks.redis import RedisStreamSink, RedisStreamSource
from tests.webhooks.redis.server import RedisServer

TITLE = "Webhooks over Redis"
DELIVERIES, AT_ONCE, BODY = 10_000, 32, b"x" * 6_000
ROUNDS = 3
"""A part of the deliveries is put and handled in each round."""


def measure() -> list[Row]:
    """Return a row for putting and one for handling, for all deliveries; an empty list without redis-server."""
    if shutil.which("redis-server") is None:
        return []
    server = RedisServer()
    try:
        server.start()
        ways = {name: _run(server.url, way) for name, way in _WAYS.items()}
        taken = rounds_of(ways, ROUNDS)
    finally:
        server.remove()
    each = DELIVERIES // (ROUNDS + 1)
    return [
        compared(f"{each:,} deliveries put", taken, "RedisStreamSink.put", "XADD by hand"),
        compared(f"{each:,} deliveries handled", taken, "RedisStreamSource", "XREADGROUP and XACK by hand"),
    ]


def _run(url: str, way: Callable[[Redis, int], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    async def run() -> None:
        async with Redis.from_url(url) as redis:
            await way(redis, DELIVERIES // (ROUNDS + 1))

    return lambda: asyncio.run(run())


async def _at_once(number: int, put: Callable[[int], Awaitable[object]]) -> None:
    async def put_some(first: int) -> None:
        for each in range(first, number, AT_ONCE):
            await put(each)

    await asyncio.gather(*(put_some(first) for first in range(AT_ONCE)))


async def _put_by_hand(redis: Redis, number: int) -> None:
    await _at_once(number, lambda each: redis.xadd("bare", {"id": each, "body": BODY}))


async def _put(redis: Redis, number: int) -> None:
    sink = RedisStreamSink(redis)
    await _at_once(number, lambda each: sink.put(Delivery(str(each), "job.finished", BODY, 0.0)))


async def _handle_by_hand(redis: Redis, number: int) -> None:
    if not await redis.xinfo_groups("bare"):
        await redis.xgroup_create("bare", "handlers", id="0")
    while number > 0:
        answer: Any = await redis.xreadgroup("handlers", "me", {"bare": ">"}, count=AT_ONCE)
        [entries] = dict(answer).values()  # a list or a dict of streams, by the version of redis-py
        for entry, _ in entries:
            await redis.xack("bare", "handlers", entry)
        number -= len(entries)


async def _handle(redis: Redis, number: int) -> None:
    source, left = RedisStreamSource(redis, concurrency=AT_ONCE), number
    done = asyncio.Event()

    async def handle(_: Delivery) -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set()

    consuming = asyncio.create_task(source.consume(handle))
    await done.wait()
    await source.aclose()
    await consuming


_WAYS = {
    "XADD by hand": _put_by_hand,
    "RedisStreamSink.put": _put,
    "XREADGROUP and XACK by hand": _handle_by_hand,
    "RedisStreamSource": _handle,
}
