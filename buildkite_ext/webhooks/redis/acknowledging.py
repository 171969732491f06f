"""Acknowledging many deliveries at the price of one: those that end while Redis is asked share the next question."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from . import scripts
from .entries import Entry
from .link import Link
from .script import Argument, Script
from .settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis


class Acknowledgements:
    """Takes what was handled out of its stream."""

    def __init__(self, redis: Redis, settings: Settings, link: Link) -> None:
        self._script = Script(redis, scripts.ACKNOWLEDGE)
        self._group = settings.group
        self._streams = settings.names.streams
        self._link = link
        self._due: dict[Entry, asyncio.Future[None]] = {}
        self._asking = asyncio.Lock()

    async def add(self, entry: Entry) -> None:
        """Acknowledge an entry: once this returns, nobody gets it again."""
        done = self._due[entry] = asyncio.get_running_loop().create_future()
        async with self._asking:
            if not done.done():
                await self._ask()
        await done

    async def finish(self) -> None:
        """Acknowledge what was handled and interrupted before it could be."""
        if self._due:
            await self._ask()

    async def _ask(self) -> None:
        due = dict(self._due)
        keys = [self._streams[entry.partition] for entry in due]
        args: list[Argument] = [self._group, *(entry.id for entry in due)]
        await self._link.insist(self._script.bound(keys, args))
        for entry, done in due.items():
            self._due.pop(entry, None)
            if not done.done():
                done.set_result(None)
