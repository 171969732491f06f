"""Webhooks on many machines, over Redis 6.2 or newer. It needs the extra of that name: `pip install 'buildkite-ext[redis]'`.

Buildkite ──> receivers ──put──> RedisStreamSink ══ Redis Streams ══> RedisStreamSource ──handle──> workers
                  └── RedisDeduplicationStore: the same delivery once among all of them
"""

from __future__ import annotations

from .dead_letters import DeadLetter
from .deduplication import RedisDeduplicationStore
from .lag import Lag, PartitionLag
from .sink import RedisStreamSink
from .source import RedisStreamSource

__all__ = ["DeadLetter", "Lag", "PartitionLag", "RedisDeduplicationStore", "RedisStreamSink", "RedisStreamSource"]
