"""Outages of Redis: workers wait and continue."""

from __future__ import annotations

import asyncio
import logging

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from buildkite_ext.webhooks.redis import RedisStreamSink, RedisStreamSource

from .helpers import STREAM, Closing, Handler, delivery, until, working
from .server import RedisServer

BOTH = pytest.mark.parametrize("ordered", [False, True])


@BOTH
async def test_workers_survive_a_restart_of_redis(
    own_server: RedisServer, closing: Closing, ordered: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sink = closing(RedisStreamSink(own_server.url))
    handler = Handler()
    async with working(RedisStreamSource(own_server.url, ordered=ordered, claim_after=1, lease=1), handler):
        await sink.put(delivery("before"))
        await until(lambda: handler.done == ["before"])
        own_server.stop()
        await until(lambda: "waiting for it" in caplog.text)
        await asyncio.sleep(0.3)
        own_server.start()
        await sink.put(delivery("after"))
        await until(lambda: handler.done == ["before", "after"])
    assert "is back" in caplog.text
    assert caplog.text.count("waiting for it") <= 2, "an outage is told once"


@BOTH
async def test_workers_survive_a_flush(url: str, redis: Redis, closing: Closing, ordered: bool) -> None:
    sink = closing(RedisStreamSink(url))
    handler = Handler()
    async with working(RedisStreamSource(url, ordered=ordered, claim_after=1, lease=1), handler):
        await sink.put(delivery("before"))
        await until(lambda: handler.done == ["before"])
        await redis.flushall()
        await redis.script_flush()
        await sink.put(delivery("after"))
        await until(lambda: handler.done == ["before", "after"])


@BOTH
async def test_cut_connections_lose_repeat_and_delay_no_delivery(
    url: str, redis: Redis, closing: Closing, ordered: bool
) -> None:
    sink = closing(RedisStreamSink(url))
    handler = Handler()
    source = RedisStreamSource(url, ordered=ordered, claim_after=60, lease=60)
    async with working(source, handler):
        for number in range(300):
            await sink.put(delivery(str(number)))
            if number % 50 == 25:
                await redis.client_kill_filter(_type="normal", skipme=True)
        await until(lambda: len(handler.done) == 300)
    assert sorted(handler.done, key=int) == [str(number) for number in range(300)]


async def test_what_is_handled_while_redis_is_away_is_acknowledged_when_it_is_back(
    url: str, redis: Redis, closing: Closing
) -> None:
    await closing(RedisStreamSink(url)).put(delivery("a"))
    handler = Handler(takes=0.2)
    async with working(RedisStreamSource(url, timeout=0.2), handler):
        await until(lambda: handler.begun)
        await redis.client_pause(1000)
        await until(lambda: handler.done)
        async with asyncio.timeout(60):
            while await redis.xlen(STREAM):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert handler.begun == ["a"]


@BOTH
async def test_closing_while_redis_is_away_ends_in_time(own_server: RedisServer, ordered: bool) -> None:
    source = RedisStreamSource(own_server.url, ordered=ordered, timeout=0.5)
    consuming = asyncio.create_task(source.consume(Handler()))
    await asyncio.sleep(0.3)
    own_server.stop()
    async with asyncio.timeout(60):
        await source.aclose()
        await consuming


@BOTH
async def test_closing_before_redis_has_answered_ends_in_time(own_server: RedisServer, ordered: bool) -> None:
    own_server.stop()
    source = RedisStreamSource(own_server.url, ordered=ordered, timeout=0.5)
    consuming = asyncio.create_task(source.consume(Handler()))
    await asyncio.sleep(0.3)
    async with asyncio.timeout(60):
        await source.aclose()
        await consuming


@BOTH
async def test_a_worker_that_starts_before_redis_waits_for_it(
    own_server: RedisServer, closing: Closing, ordered: bool
) -> None:
    own_server.stop()
    handler = Handler()
    async with working(RedisStreamSource(own_server.url, ordered=ordered), handler):
        await asyncio.sleep(0.3)
        own_server.start()
        await closing(RedisStreamSink(own_server.url)).put(delivery("a"))
        await until(lambda: handler.done == ["a"])


@BOTH
async def test_a_key_of_another_type_ends_it_with_redis_pys_error(
    url: str, redis: Redis, closing: Closing, ordered: bool
) -> None:
    await redis.set(STREAM, "a string")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await asyncio.wait_for(closing(RedisStreamSource(url, ordered=ordered)).consume(Handler()), 60)


@BOTH
async def test_a_wrong_password_ends_it_and_is_not_shown(
    own_server: RedisServer, closing: Closing, ordered: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with own_server.client() as client:
        client.config_set("requirepass", "right")
        url = f"{own_server.url}?password=hunter2"
        with pytest.raises(Exception, match=r"(?i)password") as refused:
            await asyncio.wait_for(closing(RedisStreamSource(url, ordered=ordered)).consume(Handler()), 60)
    assert "hunter2" not in str(refused.value) + caplog.text


async def test_the_call_that_waited_for_redis_makes_a_lost_group_again(
    own_server: RedisServer, closing: Closing
) -> None:
    handler = Handler()
    source = RedisStreamSource(own_server.url, claim_after=600)  # so that no other call comes by
    async with working(source, handler):
        sink = closing(RedisStreamSink(own_server.url))
        await sink.put(delivery("before"))
        await until(lambda: handler.done)
        own_server.stop()
        await asyncio.sleep(0.8)
        own_server.start()
        await sink.put(delivery("after"))
        await until(lambda: handler.done == ["before", "after"])
