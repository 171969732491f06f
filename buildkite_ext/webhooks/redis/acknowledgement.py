"""Entries of a stream: how they are read from Redis's answers, tried, and acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...redis.reconnect import Reconnector, describe
from ...redis.scripts import RedisScript, ScriptArgument
from ..delivery import Delivery, Handle
from . import scripts
from .keys import ConsumerSettings

if TYPE_CHECKING:
    from ...redis.connection import RedisClient

__all__ = ["Acknowledgements", "StreamEntry", "entries_of", "paired", "try_once"]


@dataclass(frozen=True, slots=True, eq=False)
class StreamEntry:
    """One entry of a partition's stream."""

    partition: int
    id: bytes
    fields: Mapping[bytes, bytes]
    tries: int
    """The number of this try, from 1."""

    @property
    def key(self) -> tuple[int, bytes]:
        """The partition and the id, which identify the entry."""
        return self.partition, self.id


def entries_of(answer: Any, streams: list[str], *, tries: int = 1) -> list[StreamEntry]:
    """Return the entries of an answer to XREAD or XREADGROUP.

    redis-py gives the answer in the form of RESP2, of RESP3, or (before version 8) in a third form for RESP3.

    Example:
        >>> pairs = [(b"1-0", {b"v": b"1"})]
        >>> [len(entries_of(answer, ["s"])) for answer in ([[b"s", pairs]], {b"s": pairs}, {b"s": [pairs]}, None)]
        [1, 1, 1, 0]
    """
    found = []
    for stream, pairs in answer.items() if isinstance(answer, Mapping) else answer or ():
        rows = pairs[0] if pairs and isinstance(pairs[0], list) else pairs
        partition = streams.index(stream.decode())
        # An entry that was deleted since has no fields.
        found += [StreamEntry(partition, entry_id, fields, tries) for entry_id, fields in rows if entry_id and fields]
    return found


def paired(flat: list[bytes]) -> dict[bytes, bytes]:
    """Return the fields that a script gives as field, value, field, value, …"""
    return dict(zip(flat[::2], flat[1::2], strict=True))


async def try_once(handle: Handle, delivery: Delivery) -> str | None:
    """Handle a delivery once. Return the reason of a failure, or None."""
    try:
        await handle(delivery)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return describe(error)  # the handler awaited a task that was cancelled, which is a failure of the handler
    except Exception as error:
        return describe(error)
    return None


class Acknowledgements:
    """Acknowledges handled entries. Entries that end while Redis is called share the next call."""

    def __init__(self, redis: RedisClient, settings: ConsumerSettings, reconnector: Reconnector) -> None:
        self._script = RedisScript(redis, scripts.ACKNOWLEDGE)
        self._group = settings.group
        self._streams = settings.keys.streams
        self._reconnector = reconnector
        self._due: dict[StreamEntry, asyncio.Future[None]] = {}
        self._sending = asyncio.Lock()

    async def add(self, entry: StreamEntry) -> None:
        """Acknowledge an entry. Once this returns, no worker gets the entry again."""
        done = self._due[entry] = asyncio.get_running_loop().create_future()
        async with self._sending:
            if not done.done():
                await self._send()
        await done

    async def finish(self) -> None:
        """Acknowledge entries whose `add` was cancelled before Redis was called."""
        if self._due:
            await self._send()

    async def _send(self) -> None:
        due = dict(self._due)
        keys = [self._streams[entry.partition] for entry in due]
        args: list[ScriptArgument] = [self._group, *(entry.id for entry in due)]
        await self._reconnector.call(self._script.bind(keys, args))
        for entry, done in due.items():
            self._due.pop(entry, None)
            if not done.done():
                done.set_result(None)
