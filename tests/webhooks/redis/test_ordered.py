"""The order of a build's deliveries, among all workers."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from itertools import count

import pytest
from redis.asyncio import Redis

from buildkite_ext.webhooks.delivery import Delivery
from buildkite_ext.webhooks.redis import RedisStreamSink, RedisStreamSource

from .helpers import STREAM, Closing, Handler, delivery, until, working


async def test_each_builds_order_is_kept_among_workers(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url, partitions=6))
    journeys: dict[str | None, list[int]] = defaultdict(list)
    busy: set[str | None] = set()

    async def handle(each: Delivery) -> None:
        assert each.build_id not in busy, "two of a build at once"
        busy.add(each.build_id)
        await asyncio.sleep(0)
        busy.discard(each.build_id)
        journeys[each.build_id].append(int(each.id))

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(
                working(RedisStreamSource(url, ordered=True, partitions=6, lease=5), handle)
            )
        for number in range(300):
            await sink.put(delivery(str(number), build=f"build-{number % 10}"))
        await until(lambda: sum(len(journey) for journey in journeys.values()) == 300)
    assert all(journey == sorted(journey) and len(journey) == 30 for journey in journeys.values())


async def test_a_failed_delivery_blocks_its_partition_only(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url, partitions=8))
    order: list[str] = []
    failures = count(1)

    async def handle(each: Delivery) -> None:
        order.append(each.id)
        if each.id == "bad-1" and next(failures) < 3:
            raise ValueError

    async with working(
        RedisStreamSource(url, ordered=True, partitions=8, retry_pause=0.5, claim_after=1, random=lambda: 1.0), handle
    ):
        await sink.put(delivery("bad-1", build="bad"))
        await sink.put(delivery("bad-2", build="bad"))
        await until(lambda: "bad-1" in order)
        for number in range(8):
            await sink.put(delivery(f"fine-{number}", build=f"fine-{number}"))
        await until(lambda: "bad-2" in order)
    assert [name for name in order if name.startswith("bad")] == ["bad-1"] * 3 + ["bad-2"]
    last_try = len(order) - 1 - order[::-1].index("bad-1")
    assert sum(name.startswith("fine") for name in order[:last_try]) >= 4


async def test_after_a_dead_letter_the_next_delivery_is_handled(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url))
    handler = Handler(fails=lambda each, _: each.id == "bad")
    async with working(RedisStreamSource(url, ordered=True, tries=2, retry_pause=0.05, claim_after=1), handler):
        await sink.put(delivery("bad"))
        await sink.put(delivery("good"))
        await until(lambda: handler.done == ["good"])
    assert handler.begun == ["bad", "bad", "good"]


async def owners(redis: Redis, partitions: int) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for index in range(partitions):
        token = await redis.get(f"{STREAM}:{index}:lease")
        if token:
            found[token.decode().partition(":")[0]] += 1
    return dict(found)


async def until_shared(redis: Redis, expected: dict[str, int], *, seconds: float = 60.0) -> None:
    found: dict[str, int] = {}
    try:
        async with asyncio.timeout(seconds):
            while (found := await owners(redis, sum(expected.values()))) != expected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{found} instead of {expected}") from None


async def test_partitions_are_shared_out_evenly_as_workers_come_and_go(url: str, redis: Redis) -> None:
    def source(name: str) -> RedisStreamSource:
        return RedisStreamSource(url, ordered=True, partitions=8, lease=2, consumer=name)

    async with working(source("a"), Handler()):
        await until_shared(redis, {"a": 8})
        async with working(source("b"), Handler()):
            await until_shared(redis, {"a": 4, "b": 4})
            async with working(source("c"), Handler()):
                await until_shared(redis, {"a": 3, "b": 3, "c": 2})
            await until_shared(redis, {"a": 4, "b": 4})
        await until_shared(redis, {"a": 8})
    assert await owners(redis, 8) == {}
    assert await redis.zcard(f"{STREAM}:workers") == 0


async def test_a_dead_workers_partition_is_taken_over_when_its_lease_ends(
    url: str, redis: Redis, closing: Closing
) -> None:
    await redis.set(f"{STREAM}:0:lease", "dead:1")
    await closing(RedisStreamSink(url)).put(delivery("a"))
    handler = Handler()
    async with working(RedisStreamSource(url, ordered=True, lease=1), handler):
        await asyncio.sleep(0.5)
        assert handler.begun == []
        await redis.pexpire(f"{STREAM}:0:lease", 1)
        await until(lambda: handler.done == ["a"])


async def test_a_worker_that_loses_the_lease_stops_and_acknowledges_nothing(
    url: str, redis: Redis, closing: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    await closing(RedisStreamSink(url)).put(delivery("a"))
    handler = Handler(takes=300)
    async with working(RedisStreamSource(url, ordered=True, lease=1), handler):
        await until(lambda: handler.begun)
        await redis.set(f"{STREAM}:0:lease", "another:1", px=300_000)
        await until(lambda: handler.at_once == 0)
        assert await redis.xlen(STREAM) == 1
        assert await redis.get(f"{STREAM}:0:lease") == b"another:1"
    assert "Lost the lease of buildkite:webhooks" in caplog.text


async def test_no_delivery_is_begun_without_the_lease(url: str, redis: Redis, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url))
    begun: list[str] = []

    async def handle(each: Delivery) -> None:
        begun.append(each.id)
        await redis.set(f"{STREAM}:0:lease", "another:1", px=300_000)

    async with working(RedisStreamSource(url, ordered=True, lease=30), handle):
        await sink.put(delivery("a"))
        await sink.put(delivery("b"))
        await until(lambda: begun)
        await asyncio.sleep(0.3)
    assert begun == ["a"]
    assert await redis.xlen(STREAM) == 2, "and what was handled is its new owner's to acknowledge"


async def test_closing_finishes_deliveries_and_the_next_worker_continues_at_once(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url))
    for name in "abc":
        await sink.put(delivery(name))
    first, second = Handler(takes=1), Handler()
    source = RedisStreamSource(url, ordered=True, lease=60)
    consuming = asyncio.create_task(source.consume(first))
    await until(lambda: first.begun)
    await source.aclose()
    await consuming
    assert first.done == ["a"]
    async with working(RedisStreamSource(url, ordered=True, lease=60), second):
        await until(lambda: second.done == ["b", "c"], seconds=30)


async def test_concurrency_is_the_maximum(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url, partitions=8))
    for number in range(40):
        await sink.put(delivery(str(number)))
    handler = Handler(takes=0.02)
    async with working(RedisStreamSource(url, ordered=True, partitions=8, concurrency=2), handler):
        await until(lambda: len(handler.done) == 40)
    assert handler.most_at_once == 2


async def test_lag_shows_the_leased_partitions(url: str, closing: Closing) -> None:
    source = RedisStreamSource(url, ordered=True, partitions=3)
    sink = closing(RedisStreamSink(url, partitions=3))
    for number in range(30):
        await sink.put(delivery(str(number), build=str(number)))
    assert [partition.leased for partition in (await source.lag()).partitions] == [False] * 3
    handler = Handler(takes=2)
    async with working(source, handler):
        await until(lambda: len(handler.begun) == 3)
        lag = await source.lag()
        assert [(partition.leased, partition.pending) for partition in lag.partitions] == [(True, 1)] * 3
        assert (lag.waiting, lag.pending) == (27, 3)
