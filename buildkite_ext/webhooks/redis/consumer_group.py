"""Reader without order: one consumer of a consumer group, which takes what is free."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError, ResponseError

from ...backoff import equal_jitter
from ...redis.reconnect import Reconnector, RedisUnavailable, is_permanent
from ...redis.scripts import RedisScript, ScriptArgument
from ..delivery import Handle
from ..events import logger
from . import scripts
from .acknowledgement import Acknowledgements, StreamEntry, entries_of, paired, try_once
from .codec import UnreadableEntry, from_fields
from .dead_letters import dead_letter_details, report_dead_letter
from .keys import ConsumerSettings

if TYPE_CHECKING:
    from ...redis.connection import RedisClient

__all__ = ["ConsumerGroupReader"]

_WAITING = "waiting"
"""The consumer of entries that wait for their next try. An entry's idle time is set so that it reaches `claim_after` when
the pause is over. The worker that then polls for abandoned entries claims it with them."""

_CLAIM_CALLS = 100
"""The maximum number of XAUTOCLAIM calls in a row. Each looks at ten times as many entries as it may return."""


class ConsumerGroupReader:
    """One consumer of a consumer group."""

    def __init__(self, redis: RedisClient, settings: ConsumerSettings, reconnector: Reconnector) -> None:
        self._redis = redis
        self._settings = settings
        self._reconnector = reconnector
        self._streams = settings.keys.streams
        self._claim = RedisScript(redis, scripts.CLAIM)
        self._renew = RedisScript(redis, scripts.RENEW)
        self._delay_retry = RedisScript(redis, scripts.DELAY_RETRY)
        self._dead_letter = RedisScript(redis, scripts.DEAD_LETTER)
        self._give_back = RedisScript(redis, scripts.GIVE_BACK)
        self._delete_idle = RedisScript(redis, scripts.DELETE_IDLE_CONSUMERS)
        self._acknowledgements = Acknowledgements(redis, settings, reconnector)
        self._held: dict[tuple[int, bytes], StreamEntry] = {}  # read and not done
        self._ahead: deque[StreamEntry] = deque()  # those of them that have not begun
        self._cursors = [b"0-0"] * len(self._streams)
        self._closing = asyncio.Event()
        self._free = asyncio.Event()
        self._running = 0

    def close(self) -> None:
        """Take no more entries, and let `run` return when those being handled are done."""
        self._closing.set()
        self._free.set()
        self._reconnector.close_soon()

    async def run(self, handle: Handle) -> None:
        """Handle deliveries until `close`."""
        reconnector = self._reconnector
        reconnector.repair = self._make_groups
        try:
            with contextlib.suppress(RedisUnavailable):  # closed before Redis answered
                await reconnector.call(self._make_groups)
            async with asyncio.TaskGroup() as tasks:
                renewing = tasks.create_task(self._keep_renewing())
                try:
                    async with asyncio.TaskGroup() as handling:
                        await self._feed(handle, handling)
                finally:
                    renewing.cancel()
        finally:
            reconnector.close_soon()
            await self._leave()

    async def _feed(self, handle: Handle, handling: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while not self._closing.is_set():
            free = self._settings.concurrency - self._running
            while free > 0 and self._ahead:
                self._running += 1
                free -= 1
                handling.create_task(self._process(self._ahead.popleft(), handle))
            if free <= 0:
                self._free.clear()
                await self._free.wait()
                continue
            try:
                if loop.time() >= next_poll:
                    await self._take_abandoned(free)
                    next_poll = loop.time() + self._settings.tick
                if not self._ahead:
                    await self._take_new(free, min(self._settings.block, max(0.001, next_poll - loop.time())))
            except RedisUnavailable:  # only while closing
                break

    def _hold(self, entries: list[StreamEntry]) -> None:
        for entry in entries:
            # An entry that is held comes again if it wasn't renewed in time, or if the group was made again.
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

    async def _take_abandoned(self, free: int) -> None:
        """Take entries that other workers left, and entries whose pause is over."""
        settings = self._settings
        for partition, stream in enumerate(self._streams):
            for _ in range(_CLAIM_CALLS):
                count = free - len(self._ahead)
                if count <= 0:
                    return
                args: list[ScriptArgument] = [settings.group, settings.consumer, _milliseconds(settings.claim_after)]
                args += [self._cursors[partition], count]
                cursor, claimed = await self._take(self._claim.bind([stream], args))
                self._cursors[partition] = cursor
                self._hold([StreamEntry(partition, entry, paired(flat), tries) for entry, tries, flat in claimed])
                if cursor == b"0-0":
                    break

    async def _take(self, command: Callable[[], Awaitable[Any]], *, block: float = 0.0) -> Any:
        failed = False

        async def give_back_and_take() -> Any:
            nonlocal failed
            if failed:  # Redis may have given us entries in an answer that was lost
                await self._give_back_all_but(self._held.values())
            failed = True
            return await command()

        return await self._reconnector.call(give_back_and_take, block=block)

    async def _process(self, entry: StreamEntry, handle: Handle) -> None:
        try:
            await self._handle(entry, handle)
        except RedisUnavailable as error:
            self._log_lost_results(error)
        finally:
            self._running -= 1
            self._held.pop(entry.key, None)
            self._free.set()

    async def _handle(self, entry: StreamEntry, handle: Handle) -> None:
        try:
            delivery = from_fields(entry.fields, attempt=entry.tries)
        except UnreadableEntry as unreadable:
            await self._give_up(entry, str(unreadable), entry.tries)
            return
        if entry.tries > self._settings.tries:
            await self._give_up(entry, "the workers that had it died, or lost Redis", entry.tries - 1)
            return
        reason = await try_once(handle, delivery)
        if reason is None:
            await self._acknowledgements.add(entry)
        elif entry.tries >= self._settings.tries:
            await self._give_up(entry, reason, entry.tries)
        else:
            await self._try_later(entry)

    async def _try_later(self, entry: StreamEntry) -> None:
        longest = self._settings.claim_after
        pause = equal_jitter(entry.tries, base=self._settings.pause, maximum=longest, random=self._settings.random())
        args: list[ScriptArgument] = [self._settings.group, self._settings.consumer, _WAITING, entry.id]
        args += [_milliseconds(max(0.0, longest - pause)), entry.tries]
        await self._reconnector.call(self._delay_retry.bind([self._streams[entry.partition]], args))

    async def _give_up(self, entry: StreamEntry, reason: str, tries: int) -> None:
        settings = self._settings
        details = dead_letter_details(reason, tries, entry.partition)
        keys = [self._streams[entry.partition], settings.keys.dead_letters]
        args: list[ScriptArgument] = [settings.group, settings.consumer, entry.id, settings.dead_letter_limit, *details]
        moved = await self._reconnector.call(self._dead_letter.bind(keys, args))
        report_dead_letter(settings, entry.fields, details, moved)

    async def _keep_renewing(self) -> None:
        while True:
            await asyncio.sleep(self._settings.claim_after / 3)
            with contextlib.suppress(RedisUnavailable):
                await self._reconnector.call(self._delete_dead_consumers)
                await self._renew_held()

    async def _renew_held(self) -> None:
        held = list(self._held.values())
        if held:
            keys = [self._streams[entry.partition] for entry in held]
            args: list[ScriptArgument] = [self._settings.group, self._settings.consumer, *(entry.id for entry in held)]
            await self._reconnector.call(self._renew.bind(keys, args))

    async def _leave(self) -> None:
        """Give all entries back at once, so that other workers need not wait until they count as abandoned."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                await self._acknowledgements.finish()
                await self._give_back_all_but(())
                await self._delete_idle(self._streams, [self._settings.group, self._settings.consumer, 0])
        except (RedisUnavailable, RedisError, OSError) as error:
            if not is_permanent(error):  # otherwise `consume` raises it
                self._log_lost_results(error)

    async def _give_back_all_but(self, kept: Iterable[StreamEntry]) -> None:
        settings = self._settings
        args: list[ScriptArgument] = [settings.group, settings.consumer, _WAITING, _milliseconds(settings.claim_after)]
        args += [f"{self._streams[entry.partition]} {entry.id.decode()}" for entry in kept]
        await self._give_back(self._streams, args)

    async def _delete_dead_consumers(self) -> None:
        idle = _milliseconds(10 * self._settings.claim_after)
        await self._delete_idle(self._streams, [self._settings.group, "", idle])

    async def _make_groups(self) -> None:
        for stream in self._streams:
            try:
                await self._redis.xgroup_create(stream, self._settings.group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise
        self._cursors = [b"0-0"] * len(self._streams)

    def _log_lost_results(self, error: Exception) -> None:
        logger.warning(
            "Redis was away when results had to be recorded (%s): these deliveries are handled again after %g seconds",
            error,
            self._settings.claim_after,
        )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
