"""The protocols of sinks, sources and stores over Redis. This file is checked by the type checkers and never run."""

from __future__ import annotations

from redis.asyncio import Redis, RedisCluster

from buildkite_ext.webhooks.deduplication import DeduplicationStore
from buildkite_ext.webhooks.delivery import EventSink, EventSource
from buildkite_ext.webhooks.redis import RedisDeduplicationStore, RedisStreamSink, RedisStreamSource

sink: EventSink = RedisStreamSink("redis://localhost")
source: EventSource = RedisStreamSource("redis://localhost")
replays: DeduplicationStore = RedisDeduplicationStore("redis://localhost")


def clients(one: Redis, cluster: RedisCluster) -> None:
    RedisStreamSink(one)
    RedisStreamSink(cluster, stream="{buildkite}:webhooks")
    RedisStreamSource(cluster, stream="{buildkite}:webhooks")
    RedisDeduplicationStore(cluster)
    RedisStreamSink(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
