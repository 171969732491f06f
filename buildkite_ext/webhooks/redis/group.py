"""Reading without an order: a consumer group, in which whoever is free takes what comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError, ResponseError

from ..delivery import Handle
from . import scripts
from .acknowledging import Acknowledgements
from .attempt import attempt
from .burial import announce
from .codec import Unreadable, from_fields
from .dead_letters import details
from .entries import Entry, entries_of, paired
from .link import Away, Link, hopeless, logger
from .pauses import growing_pause
from .script import Argument, Script
from .settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

NOBODY = "waiting"
"""The consumer to whom belongs what waits for its next try. Its idle time is set so that it is `claim_after` when the pause
is over: whoever looks then for what others left claims it with the rest."""

_LOOKS = 100  # XAUTOCLAIM looks at ten times as many entries as it is asked for, and so often is it asked in a row


class GroupReader:
    """One worker's share of a consumer group."""

    def __init__(self, redis: Redis, settings: Settings, link: Link) -> None:
        self._redis = redis
        self._settings = settings
        self._link = link
        self._streams = settings.names.streams
        self._claim = Script(redis, scripts.CLAIM)
        self._renew = Script(redis, scripts.RENEW)
        self._park = Script(redis, scripts.PARK)
        self._bury = Script(redis, scripts.BURY)
        self._give_back = Script(redis, scripts.GIVE_BACK)
        self._forget = Script(redis, scripts.FORGET)
        self._acknowledgements = Acknowledgements(redis, settings, link)
        self._held: dict[tuple[int, bytes], Entry] = {}  # read and not done
        self._ahead: deque[Entry] = deque()  # those of them that are not begun
        self._cursors = [b"0-0"] * len(self._streams)
        self._closing = asyncio.Event()
        self._free = asyncio.Event()
        self._running = 0

    def close(self) -> None:
        """Take nothing more, and let `run` return once what is being handled is done."""
        self._closing.set()
        self._free.set()
        self._link.hurry()

    async def run(self, handle: Handle) -> None:
        """Handle deliveries until it is closed."""
        link = self._link
        link.repair = self._make_groups
        try:
            with contextlib.suppress(Away):  # closed before Redis came
                await link.insist(self._make_groups)
            async with asyncio.TaskGroup() as tasks:
                renewing = tasks.create_task(self._keep_renewing())
                try:
                    async with asyncio.TaskGroup() as handling:
                        await self._feed(handle, handling)
                finally:
                    renewing.cancel()
        finally:
            link.hurry()
            await self._leave()

    async def _feed(self, handle: Handle, handling: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        look = loop.time()
        while not self._closing.is_set():
            free = self._settings.concurrency - self._running
            while free > 0 and self._ahead:
                self._running += 1
                free -= 1
                handling.create_task(self._one(self._ahead.popleft(), handle))
            if free <= 0:
                self._free.clear()
                await self._free.wait()
                continue
            try:
                if loop.time() >= look:
                    await self._take_what_others_left(free)
                    look = loop.time() + self._settings.tick
                if not self._ahead:
                    await self._take_new(free, min(self._settings.block, max(0.001, look - loop.time())))
            except Away:  # only while closing
                break

    def _hold(self, entries: list[Entry]) -> None:
        for entry in entries:
            # One that we have in hand comes again where it wasn't renewed in time, or where the group was made anew.
            if entry.key not in self._held:
                self._held[entry.key] = entry
                self._ahead.append(entry)

    async def _take_new(self, free: int, block: float) -> None:
        streams: dict[Any, Any] = dict.fromkeys(self._streams, ">")
        count = max(1, free // len(streams))
        group, consumer = self._settings.group, self._settings.consumer
        answer = await self._take(
            lambda: self._redis.xreadgroup(group, consumer, streams, count=count, block=max(1, _milliseconds(block))),
            block=block,
        )
        self._hold(entries_of(answer, self._streams))

    async def _take_what_others_left(self, free: int) -> None:
        settings = self._settings
        for partition, stream in enumerate(self._streams):
            for _ in range(_LOOKS):
                count = free - len(self._ahead)
                if count <= 0:
                    return
                args: list[Argument] = [settings.group, settings.consumer, _milliseconds(settings.claim_after)]
                args += [self._cursors[partition], count]
                cursor, claimed = await self._take(self._claim.bound([stream], args))
                self._cursors[partition] = cursor
                self._hold([Entry(partition, entry, paired(flat), tries) for entry, tries, flat in claimed])
                if cursor == b"0-0":
                    break

    async def _take(self, ask: Callable[[], Awaitable[Any]], *, block: float = 0.0) -> Any:
        failed = False

        async def carefully() -> Any:
            nonlocal failed
            if failed:  # Redis may have given us what never arrived
                await self._give_back_all_but(self._held.values())
            failed = True
            return await ask()

        return await self._link.insist(carefully, block=block)

    async def _one(self, entry: Entry, handle: Handle) -> None:
        try:
            await self._to_its_end(entry, handle)
        except Away as error:
            self._say_lost(error)
        finally:
            self._running -= 1
            self._held.pop(entry.key, None)
            self._free.set()

    async def _to_its_end(self, entry: Entry, handle: Handle) -> None:
        try:
            delivery = from_fields(entry.fields)
        except Unreadable as unreadable:
            await self._give_up(entry, str(unreadable), entry.tries)
            return
        if entry.tries > self._settings.tries:
            await self._give_up(entry, "the workers that had it died, or lost Redis", entry.tries - 1)
            return
        reason = await attempt(handle, delivery)
        if reason is None:
            await self._acknowledgements.add(entry)
        elif entry.tries >= self._settings.tries:
            await self._give_up(entry, reason, entry.tries)
        else:
            await self._try_later(entry)

    async def _try_later(self, entry: Entry) -> None:
        longest = self._settings.claim_after
        pause = growing_pause(entry.tries, base=self._settings.pause, maximum=longest, random=self._settings.random())
        args: list[Argument] = [self._settings.group, self._settings.consumer, NOBODY, entry.id]
        args += [_milliseconds(max(0.0, longest - pause)), entry.tries]
        await self._link.insist(self._park.bound([self._streams[entry.partition]], args))

    async def _give_up(self, entry: Entry, reason: str, tries: int) -> None:
        added = details(reason, tries, entry.partition)
        args: list[Argument] = [
            self._settings.group,
            self._settings.consumer,
            entry.id,
            self._settings.dead_letter_limit,
            *added,
        ]
        keys = [self._streams[entry.partition], self._settings.names.dead]
        announce(self._settings, entry.fields, added, await self._link.insist(self._bury.bound(keys, args)))

    async def _keep_renewing(self) -> None:
        while True:
            await asyncio.sleep(self._settings.claim_after / 3)
            with contextlib.suppress(Away):
                await self._link.insist(self._forget_the_dead)
                await self._renew_what_is_held()

    async def _renew_what_is_held(self) -> None:
        held = list(self._held.values())
        if held:
            keys = [self._streams[entry.partition] for entry in held]
            args: list[Argument] = [self._settings.group, self._settings.consumer, *(entry.id for entry in held)]
            await self._link.insist(self._renew.bound(keys, args))

    async def _leave(self) -> None:
        """What is still ours goes back to the others, who needn't wait for it as they do for what a dead worker left."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                await self._acknowledgements.finish()
                await self._give_back_all_but(())
                await self._forget(self._streams, [self._settings.group, self._settings.consumer, 0])
        except (Away, RedisError, OSError) as error:
            if not hopeless(error):  # else consume raises it
                self._say_lost(error)

    async def _give_back_all_but(self, kept: Iterable[Entry]) -> None:
        args: list[Argument] = [
            self._settings.group,
            self._settings.consumer,
            NOBODY,
            _milliseconds(self._settings.claim_after),
        ]
        args += [f"{self._streams[entry.partition]} {entry.id.decode()}" for entry in kept]
        await self._give_back(self._streams, args)

    async def _forget_the_dead(self) -> None:
        long_ago = _milliseconds(10 * self._settings.claim_after)
        await self._forget(self._streams, [self._settings.group, "", long_ago])

    async def _make_groups(self) -> None:
        for stream in self._streams:
            try:
                await self._redis.xgroup_create(stream, self._settings.group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise
        self._cursors = [b"0-0"] * len(self._streams)

    def _say_lost(self, error: Exception) -> None:
        logger.warning(
            "Redis was away when it was told of results (%s): these are handled again after %g seconds",
            error,
            self._settings.claim_after,
        )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
