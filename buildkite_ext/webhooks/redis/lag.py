"""How far the workers are behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """How far one partition is behind."""

    partition: int
    waiting: int
    """Deliveries that nobody has begun."""
    pending: int
    """Deliveries that were begun and are not done: being handled, between two tries, or left by a dead worker."""
    oldest_seconds: float
    """For how long the oldest delivery that is not done has been there; 0 where there is none."""
    leased: bool
    """Whether a worker reads it; always False where no order is kept."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the workers are behind, all partitions together, by Redis's clock."""

    waiting: int
    """Deliveries that nobody has begun."""
    pending: int
    """Deliveries that were begun and are not done: being handled, between two tries, or left by a dead worker."""
    oldest_seconds: float
    """For how long the oldest delivery that is not done has been there; 0 where there is none."""
    dead: int
    """Deliveries that were given up: see `RedisStreamSource.dead_letters`."""
    partitions: tuple[PartitionLag, ...]
    """The same for each partition."""


def lag_of(answer: Sequence[Any]) -> Lag:
    """What the script LAG answered.

    Example:
        >>> lag = lag_of([1_700_000_009_500, 2, [[5, 3, b"1700000000000-0", 0], [0, 0, b"", 1]]])
        >>> lag.waiting, lag.pending, lag.oldest_seconds, lag.dead
        (2, 3, 9.5, 2)
    """
    now, dead, rows = answer
    partitions = tuple(
        PartitionLag(
            partition=index,
            waiting=max(0, length - pending),
            pending=min(pending, length),
            oldest_seconds=max(0, now - int(oldest.partition(b"-")[0])) / 1000 if oldest else 0.0,
            leased=bool(leased),
        )
        for index, (length, pending, oldest, leased) in enumerate(rows)
    )
    return Lag(
        waiting=sum(partition.waiting for partition in partitions),
        pending=sum(partition.pending for partition in partitions),
        oldest_seconds=max(partition.oldest_seconds for partition in partitions),
        dead=dead,
        partitions=partitions,
    )
