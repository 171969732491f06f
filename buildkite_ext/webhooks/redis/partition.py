"""One partition, read strictly in its order for as long as its lease is held."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from ..delivery import Handle
from . import scripts
from .attempt import attempt
from .burial import announce
from .codec import Unreadable, from_fields
from .dead_letters import details
from .entries import Entry, entries_of
from .link import Away, Link, logger
from .pauses import growing_pause
from .script import Argument, Script
from .settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

_BATCH = 64


class LeaseLost(Exception):
    """Another worker may read the partition now."""


class Partition:
    """Reads one partition.

    The first entry of the stream is always the next, since what was handled is deleted. How often it was begun stands in
    the partition's head, and outlives the worker. Each step asks Redis whether the lease is still ours, and nothing is
    begun or acknowledged without it; between two steps the worker trusts it for a part of its time only.
    """

    def __init__(
        self, index: int, redis: Redis, settings: Settings, link: Link, *, token: str, slots: asyncio.Semaphore
    ) -> None:
        names = settings.names
        self._index = index
        self._redis = redis
        self._settings = settings
        self._link = link
        self._token = token
        self._slots = slots
        self._stream, self._lease, self._head = names.streams[index], names.leases[index], names.heads[index]
        self._step_script = Script(redis, scripts.STEP)
        self._bury_script = Script(redis, scripts.BURY_LEASED)
        self._release_script = Script(redis, scripts.RELEASE)
        self._handled = b""  # and not yet acknowledged: the next step does it
        self.stopping = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None]

    def start(self, handle: Handle, tasks: asyncio.TaskGroup, until: float) -> None:
        """Begin to read."""
        self.task = tasks.create_task(self._run(handle))
        self.trust_until(until)

    def stop(self) -> None:
        """Finish what is being handled, then release the lease."""
        self.stopping.set()

    def lose(self) -> None:
        """Stop at once: the lease is another's, or may be soon."""
        if not self.task.done() and not self.task.cancelling():
            logger.warning("Lost the lease of %s: another worker may read it now", self._stream)
            self.task.cancel()

    def trust_until(self, until: float) -> None:
        """Trust the lease until the event loop's clock says so."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(until, self.lose)

    async def _run(self, handle: Handle) -> None:
        try:
            while not self.stopping.is_set():
                for entry in await self._first_entries():
                    if self.stopping.is_set():
                        break
                    await self._in_turn(entry, handle)
                if self._handled:
                    await self._step(b"")
        except LeaseLost:
            logger.warning("Lost the lease of %s: another worker reads it now", self._stream)
        except Away as error:  # only while closing
            logger.warning("Left %s while Redis was away (%s)", self._stream, error)
        finally:
            await self._let_go()

    async def _first_entries(self) -> list[Entry]:
        block = self._settings.block
        answer = await self._link.insist(
            lambda: self._redis.xread({self._stream: "0"}, count=_BATCH, block=round(block * 1000)), block=block
        )
        return [Entry(self._index, entry.id, entry.fields, 0) for entry in entries_of(answer, [self._stream])]

    async def _in_turn(self, entry: Entry, handle: Handle) -> None:
        settings = self._settings
        while True:
            if self._handled and self._slots.locked():
                await self._step(b"")  # rather than after another partition's slow handler
            async with self._slots:
                tries = await self._step(entry.id)
                try:
                    delivery = from_fields(entry.fields)
                except Unreadable as unreadable:
                    await self._give_up(entry, str(unreadable), tries)
                    return
                if tries > settings.tries:
                    await self._give_up(entry, "the workers that had it died, or lost Redis", tries - 1)
                    return
                reason = await attempt(handle, delivery)
            if reason is None:
                self._handled = entry.id
                return
            if tries >= settings.tries:
                await self._give_up(entry, reason, tries)
                return
            pause = growing_pause(tries, base=settings.pause, maximum=settings.claim_after, random=settings.random())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)
                return  # whoever reads the partition next goes on with it

    async def _step(self, begin: bytes) -> int:
        keys = [self._stream, self._lease, self._head]
        args: list[Argument] = [self._token, self._settings.group, self._handled, begin]
        tries: int = await self._link.insist(self._step_script.bound(keys, args))
        if tries == 0:
            raise LeaseLost
        self._handled = b""
        return tries

    async def _give_up(self, entry: Entry, reason: str, tries: int) -> None:
        settings = self._settings
        added = details(reason, tries, self._index)
        keys = [self._stream, settings.names.dead, self._lease, self._head]
        args: list[Argument] = [settings.group, self._token, entry.id, settings.dead_letter_limit, *added]
        buried: list[Any] = await self._link.insist(self._bury_script.bound(keys, args))
        if buried[0] == -1:
            raise LeaseLost
        announce(settings, entry.fields, added, buried)

    async def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with contextlib.suppress(Exception):  # the lease ends by itself, and what was not acknowledged comes again
            async with asyncio.timeout(self._settings.timeout):
                if self._handled:
                    await self._step_script(
                        [self._stream, self._lease, self._head],
                        [self._token, self._settings.group, self._handled, ""],
                    )
                await self._release_script([self._lease], [self._token])
