"""The deduplication store in Redis."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from redis.exceptions import ConnectionError as RedisAway

from buildkite_ext.webhooks.deduplication import DeduplicationStore
from buildkite_ext.webhooks.redis import RedisDeduplicationStore

from .helpers import Closing
from .server import RedisServer


async def test_a_key_is_new_then_pending_then_settled(closing: Closing, url: str) -> None:
    store: DeduplicationStore = closing(RedisDeduplicationStore(url))
    assert await store.claim("a", 60) == "new"
    assert await store.claim("a", 60) == "pending"
    await store.settle("a", 60)
    assert await store.claim("a", 60) == "settled"
    assert await store.claim("b", 60) == "new"


async def test_one_of_several_machines_gets_a_key(closing: Closing, url: str) -> None:
    machines = [closing(RedisDeduplicationStore(url)) for _ in range(8)]
    claims = await asyncio.gather(*(machine.claim("a", 60) for machine in machines for _ in range(10)))
    assert Counter(claims) == {"new": 1, "pending": 79}


async def test_a_claim_and_its_settlement_end_with_their_time(closing: Closing, url: str) -> None:
    store = closing(RedisDeduplicationStore(url))
    await store.claim("a", 0.05)
    await asyncio.sleep(0.1)
    assert await store.claim("a", 60) == "new"
    await store.settle("a", 0.05)
    await asyncio.sleep(0.1)
    assert await store.claim("a", 60) == "new"


async def test_a_key_that_is_forgotten_is_new(closing: Closing, url: str) -> None:
    store = closing(RedisDeduplicationStore(url))
    await store.claim("a", 60)
    await store.settle("a", 0)
    assert await store.claim("a", 60) == "new"


async def test_prefixes_keep_stores_apart(closing: Closing, url: str) -> None:
    assert await closing(RedisDeduplicationStore(url, prefix="x:")).claim("a", 60) == "new"
    assert await closing(RedisDeduplicationStore(url, prefix="y:")).claim("a", 60) == "new"


async def test_a_redis_that_is_away_raises(closing: Closing, own_server: RedisServer) -> None:
    own_server.stop()
    with pytest.raises(RedisAway):
        await closing(RedisDeduplicationStore(own_server.url)).claim("a", 60)
