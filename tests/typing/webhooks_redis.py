"""The protocols of sinks, sources and stores over Redis. This file is checked by the type checkers and never run."""

from __future__ import annotations

from buildkite_ext.webhooks.deduplication import DeduplicationStore
from buildkite_ext.webhooks.delivery import EventSink, EventSource
from buildkite_ext.webhooks.redis import RedisDeduplicationStore, RedisStreamSink, RedisStreamSource

sink: EventSink = RedisStreamSink("redis://localhost")
source: EventSource = RedisStreamSource("redis://localhost")
replays: DeduplicationStore = RedisDeduplicationStore("redis://localhost")
