"""The keys in Redis, and which partition a delivery belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from ..delivery import Delivery


@dataclass(frozen=True, slots=True)
class Names:
    """Every key that belongs to a stream.

    The first partition is the stream itself, so that going from one partition to several leaves nothing behind.
    """

    stream: str
    partitions: int
    dead: str

    @property
    def streams(self) -> list[str]:
        return [self.stream, *(f"{self.stream}:{index}" for index in range(1, self.partitions))]

    @property
    def leases(self) -> list[str]:
        return [f"{self.stream}:{index}:lease" for index in range(self.partitions)]

    @property
    def heads(self) -> list[str]:
        return [f"{self.stream}:{index}:head" for index in range(self.partitions)]

    @property
    def workers(self) -> str:
        return f"{self.stream}:workers"


def partition_of(delivery: Delivery, partitions: int) -> int:
    """The partition of a delivery: the same for all deliveries of a build, on every machine and in every release.

    Example:
        >>> build = Delivery("5f1c", "build.finished", b"{}", 0.0, build_id="0190046e-e199-453b-a302-a21a4d649d31")
        >>> partition_of(build, 8)
        3
    """
    key = (delivery.id if delivery.build_id is None else delivery.build_id).encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest()) % partitions
