"""The Redis parts fit the protocols of the webhooks: this file is checked, and never run."""

from __future__ import annotations

from buildkite_ext.webhooks.deliveries import EventSink, EventSource
from buildkite_ext.webhooks.redis import RedisReplays, RedisStreamSink, RedisStreamSource
from buildkite_ext.webhooks.replays import ReplayStore

sink: EventSink = RedisStreamSink("redis://localhost")
source: EventSource = RedisStreamSource("redis://localhost")
replays: ReplayStore = RedisReplays("redis://localhost")
