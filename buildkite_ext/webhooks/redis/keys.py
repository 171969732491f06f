"""Keys of a stream in Redis, the partition of a delivery, and the settings of a consumer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from ...errors import ConfigurationError
from ..delivery import Delivery

if TYPE_CHECKING:
    from .dead_letters import DeadLetter

__all__ = ["ConsumerSettings", "StreamKeys", "check_hash_tags", "partition_of"]


@dataclass(frozen=True, slots=True)
class StreamKeys:
    """All keys of a stream.

    The first partition has the key of the stream itself. A change from one partition to several leaves no entries behind.
    """

    stream: str
    partitions: int
    dead_letters: str

    @property
    def streams(self) -> list[str]:
        """The stream of each partition."""
        return [self.stream, *(f"{self.stream}:{index}" for index in range(1, self.partitions))]

    @property
    def leases(self) -> list[str]:
        """The lease of each partition, which holds the token of its reader."""
        return [f"{self.stream}:{index}:lease" for index in range(self.partitions)]

    @property
    def heads(self) -> list[str]:
        """The head of each partition, which holds the id and the tries of its first entry."""
        return [f"{self.stream}:{index}:head" for index in range(self.partitions)]

    @property
    def workers(self) -> str:
        """The sorted set of the workers that live."""
        return f"{self.stream}:workers"


def check_hash_tags(*keys: str) -> None:
    """Check that a Redis Cluster has all these keys, and the keys that begin with them, in one slot.

    Raises:
        ConfigurationError: a key has no hash tag, or the tags differ.

    Example:
        >>> check_hash_tags("{buildkite}:webhooks", "{buildkite}:dead")
    """
    tags = {_hash_tag(key) for key in keys}
    if len(tags) > 1 or "" in tags:
        raise ConfigurationError(
            f"On a Redis Cluster all keys of a stream must be in one slot, but {' and '.join(map(repr, keys))} have no "
            'common hash tag: give one, such as stream="{buildkite}:webhooks", the same to sinks and sources.'
        )


def _hash_tag(key: str) -> str:
    """Return the part of a key that determines its slot; empty if that is the whole key.

    Example:
        >>> [_hash_tag(key) for key in ("{buildkite}:webhooks", "web{a}{b}", "{}:webhooks", "webhooks")]
        ['buildkite', 'a', '', '']
    """
    return key.partition("{")[2].partition("}")[0] if "}" in key.partition("{")[2] else ""


def partition_of(delivery: Delivery, partitions: int) -> int:
    """Return the partition of a delivery.

    It is the same for all deliveries of a build, on all machines and in all releases.

    Example:
        >>> build = Delivery("5f1c", "build.finished", b"{}", 0.0, build_id="0190046e-e199-453b-a302-a21a4d649d31")
        >>> partition_of(build, 8)
        3
    """
    key = (delivery.id if delivery.build_id is None else delivery.build_id).encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest()) % partitions


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerSettings:
    """The arguments of `RedisStreamSource`, where each is described."""

    keys: StreamKeys
    group: str
    consumer: str
    ordered: bool
    concurrency: int
    tries: int
    claim_after: float
    lease: float
    pause: float
    block: float
    timeout: float
    dead_letter_limit: int
    on_dead_letter: Callable[[DeadLetter], None] | None
    random: Callable[[], float]

    @property
    def tick(self) -> float:
        """Seconds between two polls for entries or leases that other workers left."""
        return min(1.0, (self.lease if self.ordered else self.claim_after) / 5)
