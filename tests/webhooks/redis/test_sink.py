"""The sink: a delivery is in Redis, or `put` raises an error in time."""

from __future__ import annotations

import asyncio
import time

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ReadOnlyError, RedisError

from buildkite_ext.errors import WebhookQueueFull
from buildkite_ext.webhooks.delivery import EventSink
from buildkite_ext.webhooks.redis import RedisStreamSink, RedisStreamSource

from .helpers import STREAM, Closing, delivery, until, working
from .server import RedisServer


async def test_a_full_stream_refuses_and_says_what_to_do(closing: Closing, url: str, redis: Redis) -> None:
    sink: EventSink = closing(RedisStreamSink(url, limit=3))
    for number in range(3):
        await sink.put(delivery(str(number)))
    with pytest.raises(WebhookQueueFull, match=r"buildkite:webhooks holds 3 deliveries.*limit=3.*more workers") as full:
        await sink.put(delivery("3"))
    assert full.value.reason == "queue_full"
    assert await redis.xlen(STREAM) == 3


async def test_the_limit_holds_with_several_receivers(closing: Closing, url: str, redis: Redis) -> None:
    sinks = [closing(RedisStreamSink(url, limit=10, partitions=3, timeout=60)) for _ in range(4)]
    puts = (sink.put(delivery(f"{index}-{number}")) for index, sink in enumerate(sinks) for number in range(10))
    answers = await asyncio.gather(*puts, return_exceptions=True)
    assert answers.count(None) == 10
    assert sum(isinstance(answer, WebhookQueueFull) for answer in answers) == 30
    assert sum([await redis.xlen(key) for key in (STREAM, f"{STREAM}:1", f"{STREAM}:2")]) == 10


async def test_a_delivery_counts_until_it_is_handled(closing: Closing, url: str) -> None:
    sink = closing(RedisStreamSink(url, limit=2))
    release = asyncio.Event()
    begun = []

    async def handle(delivery: object) -> None:
        begun.append(delivery)
        await release.wait()

    async with working(RedisStreamSource(url), handle):
        await sink.put(delivery("a"))
        await sink.put(delivery("b"))
        await until(lambda: len(begun) == 2)
        with pytest.raises(WebhookQueueFull):
            await sink.put(delivery("c"))
        release.set()
        await until_accepted(sink)


async def until_accepted(sink: RedisStreamSink) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await sink.put(delivery("d"))
            except WebhookQueueFull:
                await asyncio.sleep(0.01)
            else:
                return


async def test_a_builds_deliveries_share_a_partition_and_builds_spread(
    closing: Closing, url: str, redis: Redis
) -> None:
    sink = closing(RedisStreamSink(url, partitions=4))
    for build in range(40):
        for number in range(3):
            await sink.put(delivery(f"{build}-{number}", build=f"build-{build}"))
    found = []
    for key in (STREAM, f"{STREAM}:1", f"{STREAM}:2", f"{STREAM}:3"):
        found.append({fields[b"build_id"] for _, fields in await redis.xrange(key)})
    assert sum(len(builds) for builds in found) == 40
    assert min(len(builds) for builds in found) >= 3


async def test_a_redis_that_is_away_raises_at_once(closing: Closing, own_server: RedisServer) -> None:
    sink = closing(RedisStreamSink(own_server.url))
    await sink.put(delivery("a"))
    own_server.stop()
    begun = time.monotonic()
    with pytest.raises(RedisAway):
        await sink.put(delivery("b"))
    assert time.monotonic() - begun < 30
    own_server.start()
    await sink.put(delivery("c"))


@pytest.mark.parametrize("own_client", [False, True])
async def test_a_redis_that_hangs_raises_after_the_timeout(
    closing: Closing, own_server: RedisServer, own_client: bool
) -> None:
    client = Redis.from_url(own_server.url, socket_timeout=None)
    sink = closing(RedisStreamSink(client if own_client else own_server.url, timeout=1))
    await sink.put(delivery("a"))
    with own_server.client() as other:
        other.client_pause(100_000)
    begun = time.monotonic()
    with pytest.raises((TimeoutError, RedisError)):
        await sink.put(delivery("b"))
    assert time.monotonic() - begun < 30
    await client.aclose()


async def test_a_read_only_redis_raises(closing: Closing, own_server: RedisServer) -> None:
    sink = closing(RedisStreamSink(own_server.url))
    with own_server.client() as other:
        other.replicaof("127.0.0.1", "1")
    with pytest.raises(ReadOnlyError):
        await sink.put(delivery("a"))
