"""A lease, measured: a worker that loses Redis stops before another may take its partition."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from buildkite_ext.webhooks.redis import RedisStreamSink, RedisStreamSource

from ...webhooks.redis.helpers import STREAM, Handler, delivery, until, working
from ...webhooks.redis.server import RedisServer


async def test_a_worker_cut_off_from_redis_stops_before_its_lease_ends(
    own_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    sink = RedisStreamSink(own_server.url)
    await sink.put(delivery("a"))
    await sink.aclose()
    handler = Handler(takes=30)
    async with (
        Redis.from_url(own_server.url) as redis,
        working(RedisStreamSource(own_server.url, ordered=True, lease=2, timeout=0.3), handler),
    ):
        await until(lambda: handler.begun)
        await redis.client_pause(2500)
        cut_off = asyncio.get_running_loop().time()
        await until(lambda: handler.at_once == 0)
        assert asyncio.get_running_loop().time() - cut_off < 2.0, "the lease ends then"
        assert handler.done == []
        assert "Lost the lease" in caplog.text
        handler.takes = 0
        assert await redis.xlen(STREAM) == 1
