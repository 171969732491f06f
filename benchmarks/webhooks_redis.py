"""Times of putting and handling deliveries over Redis, compared with redis-py by hand.

python -m benchmarks.webhooks_redis
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from buildkite_ext.webhooks.delivery import Delivery
from buildkite_ext.webhooks.redis import RedisStreamSink, RedisStreamSource
from tests.webhooks.redis.server import RedisServer

from .table import Row

DELIVERIES, AT_ONCE, BODY = 10_000, 32, b"x" * 6_000


def measure() -> list[Row]:
    """Return the seconds for 10,000 deliveries of 6 KB in one process; an empty list without redis-server."""
    if shutil.which("redis-server") is None:
        return []
    server = RedisServer()
    try:
        server.start()
        return asyncio.run(_measure(server.url))
    finally:
        server.remove()


async def _measure(url: str) -> list[Row]:
    async with Redis.from_url(url) as redis:
        sink, source = RedisStreamSink(redis), RedisStreamSource(redis, concurrency=AT_ONCE)
        by_hand_in = await _puts(lambda number: redis.xadd("bare", {"id": number, "body": BODY}))
        put = await _puts(lambda number: sink.put(Delivery(str(number), "job.finished", BODY, 0.0)))
        by_hand_out = await _bare_worker(redis)
        handled = await _worker(source)
    return [
        Row(f"XADD by hand, {DELIVERIES / by_hand_in:,.0f}/s", by_hand_in, by_hand_in),
        Row(f"RedisStreamSink.put, {DELIVERIES / put:,.0f}/s", put, by_hand_in),
        Row(f"XREADGROUP and XACK by hand, {DELIVERIES / by_hand_out:,.0f}/s", by_hand_out, by_hand_out),
        Row(f"RedisStreamSource, {DELIVERIES / handled:,.0f}/s", handled, by_hand_out),
    ]


async def _puts(put: Callable[[int], Awaitable[object]]) -> float:
    async def put_some(first: int) -> None:
        for number in range(first, DELIVERIES, AT_ONCE):
            await put(number)

    begun = time.perf_counter()
    await asyncio.gather(*(put_some(first) for first in range(AT_ONCE)))
    return time.perf_counter() - begun


async def _bare_worker(redis: Redis) -> float:
    await redis.xgroup_create("bare", "handlers", id="0")
    begun = time.perf_counter()
    while batch := await redis.xreadgroup("handlers", "me", {"bare": ">"}, count=AT_ONCE):
        for entry, _ in next(iter(batch.values() if isinstance(batch, dict) else dict(batch).values())):
            await redis.xack("bare", "handlers", entry)
    return time.perf_counter() - begun


async def _worker(source: RedisStreamSource) -> float:
    handled, done = 0, asyncio.Event()

    async def handle(_: Delivery) -> None:
        nonlocal handled
        handled += 1
        if handled == DELIVERIES:
            done.set()

    begun = time.perf_counter()
    consuming = asyncio.create_task(source.consume(handle))
    await done.wait()
    took = time.perf_counter() - begun
    await source.aclose()
    await consuming
    return took


if __name__ == "__main__":
    for row in measure():
        print(row)
