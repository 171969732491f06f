"""Webhooks on several machines, over Redis 6.2 or newer, with the extra: `pip install 'buildkite-ext[redis]'`.

Buildkite ──> receivers ──put──> RedisStreamSink ══ Redis Streams ══> RedisStreamSource ──handle──> workers
                  └── RedisDeduplicationStore: each delivery once among all receivers
"""

from __future__ import annotations

from .dead_letters import DeadLetter
from .deduplication import RedisDeduplicationStore
from .sink import RedisStreamSink
from .source import Lag, PartitionLag, RedisStreamSource

__all__ = ["DeadLetter", "Lag", "PartitionLag", "RedisDeduplicationStore", "RedisStreamSink", "RedisStreamSource"]
