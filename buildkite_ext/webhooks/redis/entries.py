"""What redis-py makes of XREAD and XREADGROUP, which differs by its release and by the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One entry of a partition's stream."""

    partition: int
    id: bytes
    fields: Mapping[bytes, bytes]
    tries: int
    """Which try this is, from 1."""

    @property
    def key(self) -> tuple[int, bytes]:
        """What tells it from every other entry of the stream."""
        return self.partition, self.id


def entries_of(answer: Any, streams: list[str], *, tries: int = 1) -> list[Entry]:
    """The entries of an answer in RESP2's shape, in RESP3's, or in that of redis-py before 8 for RESP3.

    Example:
        >>> pairs = [(b"1-0", {b"v": b"1"})]
        >>> [len(entries_of(answer, ["s"])) for answer in ([[b"s", pairs]], {b"s": pairs}, {b"s": [pairs]}, None)]
        [1, 1, 1, 0]
    """
    found = []
    for stream, pairs in answer.items() if isinstance(answer, Mapping) else answer or ():
        rows = pairs[0] if pairs and isinstance(pairs[0], list) else pairs
        partition = streams.index(stream.decode())
        # An entry deleted since has no fields: there is nothing left to handle.
        found += [Entry(partition, entry_id, fields, tries) for entry_id, fields in rows if entry_id and fields]
    return found


def paired(flat: list[bytes]) -> dict[bytes, bytes]:
    """Fields as a script gives them: field, value, field, value, …"""
    return dict(zip(flat[::2], flat[1::2], strict=True))
