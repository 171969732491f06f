"""The source, with several workers: each delivery once, unless a worker dies."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from redis.asyncio import Redis

from buildkite_ext.webhooks.delivery import Delivery, EventSource
from buildkite_ext.webhooks.redis import RedisStreamSink, RedisStreamSource

from .helpers import STREAM, Closing, Handler, delivery, until, working


async def test_a_delivery_arrives_unchanged(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url))
    sent = [
        Delivery("a", "build.finished", b'{"event": "build.finished"}', 1_700_000_000.123456, build_id="b-1"),
        Delivery("ü", "ping", bytes(range(256)), 0.0),
    ]
    for each in sent:
        await sink.put(each)
    handler = Handler()
    source: EventSource = RedisStreamSource(url)
    async with working(source, handler):
        await until(lambda: len(handler.done) == 2)
    assert sorted(handler.deliveries, key=lambda each: each.id) == sent


async def test_deliveries_before_the_first_worker_are_handled_and_deleted(
    url: str, redis: Redis, closing: Closing
) -> None:
    sink = closing(RedisStreamSink(url))
    for number in range(50):
        await sink.put(delivery(str(number)))
    handler = Handler()
    async with working(RedisStreamSource(url), handler):
        await until(lambda: len(handler.done) == 50)
    assert await redis.xlen(STREAM) == 0
    assert sorted(handler.done, key=int) == [str(number) for number in range(50)]


async def test_concurrency_is_the_maximum(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url, partitions=4))
    for number in range(40):
        await sink.put(delivery(str(number)))
    handler = Handler(takes=0.01)
    async with working(RedisStreamSource(url, partitions=4, concurrency=3), handler):
        await until(lambda: len(handler.done) == 40)
    assert handler.most_at_once == 3


async def test_workers_share_the_work(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url))
    first, second = Handler(takes=0.01), Handler(takes=0.01)
    async with (
        working(RedisStreamSource(url, concurrency=2), first),
        working(RedisStreamSource(url, concurrency=2), second),
    ):
        for number in range(60):
            await sink.put(delivery(str(number)))
        await until(lambda: len(first.done) + len(second.done) == 60)
    assert {*first.done} | {*second.done} == {str(number) for number in range(60)}
    assert min(len(first.done), len(second.done)) >= 10


async def test_a_worker_that_is_slow_and_alive_keeps_what_it_handles(url: str, closing: Closing) -> None:
    await closing(RedisStreamSink(url)).put(delivery("slow"))
    slow, other = Handler(takes=5.0), Handler()
    async with working(RedisStreamSource(url, claim_after=2), slow):
        await until(lambda: slow.begun)
        async with working(RedisStreamSource(url, claim_after=2), other):
            await until(lambda: slow.done)
    assert (slow.begun, other.begun) == (["slow"], [])


async def test_deliveries_of_a_dead_worker_are_claimed(url: str, redis: Redis, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url))
    await redis.xgroup_create(STREAM, "handlers", id="0", mkstream=True)
    for number in range(5):
        await sink.put(delivery(str(number)))
    await redis.xreadgroup("handlers", "dead", {STREAM: ">"})
    handler = Handler()
    async with working(RedisStreamSource(url, claim_after=2), handler):
        await asyncio.sleep(0.2)
        assert handler.begun == []
        await until(lambda: len(handler.done) == 5)
    assert await redis.xlen(STREAM) == 0


async def test_closing_waits_for_handlers_and_acknowledges_their_deliveries(
    url: str, redis: Redis, closing: Closing
) -> None:
    sink = closing(RedisStreamSink(url))
    for number in range(10):
        await sink.put(delivery(str(number)))
    handler = Handler(takes=1)
    source = RedisStreamSource(url, concurrency=4)
    consuming = asyncio.create_task(source.consume(handler))
    await until(lambda: len(handler.begun) == 4)
    await source.aclose()
    await consuming
    assert len(handler.done) == len(handler.begun) == 4
    assert await redis.xlen(STREAM) == 6
    assert await redis.xinfo_consumers(STREAM, "handlers") == [], "a worker that left is forgotten"


async def test_deliveries_that_have_not_begun_are_given_back_on_close(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url, partitions=4))
    for number in range(20):
        await sink.put(delivery(str(number)))
    first, second = Handler(takes=0.5), Handler()
    source = RedisStreamSource(url, partitions=4, concurrency=1)
    consuming = asyncio.create_task(source.consume(first))
    await until(lambda: first.begun)
    await source.aclose()
    await consuming
    async with working(RedisStreamSource(url, partitions=4, claim_after=60), second):
        await until(lambda: len(second.done) == 20 - len(first.done), seconds=30)
    assert not {*first.done} & {*second.done}


@pytest.mark.parametrize("ordered", [False, True])
async def test_cancelling_acknowledges_no_unhandled_delivery(
    url: str, redis: Redis, closing: Closing, ordered: bool
) -> None:
    sink = closing(RedisStreamSink(url))
    for name in "abc":
        await sink.put(delivery(name))
    handler, other = Handler(takes=300), Handler()
    consuming = asyncio.create_task(closing(RedisStreamSource(url, ordered=ordered, lease=60)).consume(handler))
    await until(lambda: handler.begun)
    consuming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consuming
    assert handler.at_once == 0, "the handlers are canceled"
    assert await redis.xlen(STREAM) == 3
    async with working(RedisStreamSource(url, ordered=ordered, lease=60), other):
        await until(lambda: sorted(other.done) == ["a", "b", "c"], seconds=30)


async def test_cancelling_acknowledges_handled_deliveries(url: str, redis: Redis, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url))
    for number in range(200):
        await sink.put(delivery(str(number)))
    handler = Handler()
    consuming = asyncio.create_task(closing(RedisStreamSource(url)).consume(handler))
    await until(lambda: len(handler.done) > 30)
    consuming.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await consuming
    assert await redis.xlen(STREAM) == 200 - len(handler.done)


async def test_a_closed_source_gives_no_delivery(url: str) -> None:
    source = RedisStreamSource(url)
    await source.aclose()
    await source.aclose()
    await source.consume(Handler())


async def test_a_source_is_consumed_once_at_a_time(url: str) -> None:
    source = RedisStreamSource(url)
    async with working(source, Handler()):
        await asyncio.sleep(0.01)
        with pytest.raises(RuntimeError, match="already"):
            await source.consume(Handler())


async def test_dead_consumers_are_deleted(url: str, redis: Redis) -> None:
    await redis.xgroup_create(STREAM, "handlers", id="0", mkstream=True)
    await redis.xgroup_createconsumer(STREAM, "handlers", "long-dead")
    async with working(RedisStreamSource(url, consumer="me", claim_after=0.1), Handler()):
        async with asyncio.timeout(60):
            while b"long-dead" in [consumer["name"] for consumer in await redis.xinfo_consumers(STREAM, "handlers")]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_lag_counts_waiting_and_pending_deliveries_and_their_age(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url, partitions=2))
    source = RedisStreamSource(url, partitions=2, concurrency=3)
    assert (await closing(RedisStreamSource(url)).lag()).oldest_seconds == 0
    for number in range(8):
        await sink.put(delivery(str(number), build=str(number)))
    await asyncio.sleep(0.2)
    lag = await source.lag()
    assert (lag.waiting, lag.pending, lag.dead) == (8, 0, 0)
    assert 0.2 <= lag.oldest_seconds < 60
    assert [partition.partition for partition in lag.partitions] == [0, 1]
    assert sum(partition.waiting for partition in lag.partitions) == 8
    handler = Handler(takes=2)
    async with working(source, handler):
        await until(lambda: len(handler.begun) == 3)
        lag = await source.lag()
        handler.takes = 0
        assert lag.waiting + lag.pending == 8
        assert lag.pending >= 3
        await until(lambda: len(handler.done) == 8)
        async with asyncio.timeout(60):
            while (lag := await source.lag()).waiting + lag.pending:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (lag.waiting, lag.pending, lag.oldest_seconds) == (0, 0, 0)
