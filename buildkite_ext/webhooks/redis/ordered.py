"""Reader in order: each partition is read by one worker at a time, which holds its lease."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ...backoff import equal_jitter
from ...redis.reconnect import Reconnector, RedisUnavailable
from ...redis.scripts import RedisScript, ScriptArgument
from ..delivery import Handle
from ..events import logger
from . import scripts
from .acknowledgement import StreamEntry, entries_of, try_once
from .codec import UnreadableEntry, from_fields
from .dead_letters import dead_letter_details, report_dead_letter
from .keys import ConsumerSettings

if TYPE_CHECKING:
    from ...redis.connection import RedisClient

__all__ = ["LeasePlan", "LeaseState", "OrderedReader", "fair_share", "plan_leases"]

_TRUSTED = 0.8
"""The part of a lease's time that is used. A handler that is cancelled needs the rest to stop before another begins."""

_BATCH = 64


class OrderedReader:
    """One worker's share of the partitions."""

    def __init__(self, redis: RedisClient, settings: ConsumerSettings, reconnector: Reconnector) -> None:
        self._redis = redis
        self._settings = settings
        self._reconnector = reconnector
        self._token = f"{settings.consumer}:{secrets.token_hex(8)}"
        self._milliseconds = round(settings.lease * 1000)
        self._heartbeat = RedisScript(redis, scripts.HEARTBEAT)
        self._release = RedisScript(redis, scripts.RELEASE_LEASE)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._closing = asyncio.Event()
        self._reading: dict[int, _PartitionReader] = {}

    def close(self) -> None:
        """Begin no more deliveries, and let `run` return when those being handled are done."""
        self._closing.set()
        self._reconnector.close_soon()
        for partition in self._reading.values():
            partition.stop()

    async def run(self, handle: Handle) -> None:
        """Handle deliveries until `close`."""
        try:
            async with asyncio.TaskGroup() as tasks:
                balancing = tasks.create_task(self._keep_balancing(handle, tasks))
                await self._closing.wait()
                while self._reading:
                    await asyncio.wait({partition.task for partition in self._reading.values()})
                    await asyncio.sleep(0)  # lets the callbacks of the tasks run
                balancing.cancel()
        finally:
            with contextlib.suppress(Exception):  # the entry expires in any case
                async with asyncio.timeout(self._settings.timeout):
                    await self._redis.zrem(self._settings.keys.workers, self._token)

    async def _keep_balancing(self, handle: Handle, tasks: asyncio.TaskGroup) -> None:
        while True:
            with contextlib.suppress(RedisUnavailable):  # only while closing
                await self._balance(handle, tasks)
            await asyncio.sleep(self._settings.tick)

    async def _balance(self, handle: Handle, tasks: asyncio.TaskGroup) -> None:
        """Renew the leases, and take or release partitions so that each worker has its share."""
        keys = self._settings.keys
        until = 0.0

        async def beat() -> Any:
            nonlocal until
            until = self._trusted_until()
            return await self._heartbeat([keys.workers, *keys.leases], [self._token, self._milliseconds])

        workers, owned = await self._reconnector.call(beat)
        states = [state.decode() for state in owned]
        for index, state in enumerate(states):
            partition = self._reading.get(index)
            if partition is not None and state == "mine":
                partition.trust_until(until)
            elif partition is not None:
                partition.lose()
            elif state == "mine":  # left by a command whose answer was lost
                await self._reconnector.call(self._release.bind([keys.leases[index]], [self._token]))
        leaving = {index for index, partition in self._reading.items() if partition.stopping.is_set()}
        take, release = plan_leases(states, [worker.decode() for worker in workers], self._token, leaving)
        for index in release:
            if index in self._reading:
                self._reading[index].stop()
        for index in take:
            if index not in self._reading and not self._closing.is_set():
                await self._take(index, handle, tasks)

    async def _take(self, index: int, handle: Handle, tasks: asyncio.TaskGroup) -> None:
        lease = self._settings.keys.leases[index]
        until = self._trusted_until()
        taken = await self._reconnector.call(
            lambda: self._redis.set(lease, self._token, nx=True, px=self._milliseconds)
        )
        if not taken or self._closing.is_set():
            return
        partition = _PartitionReader(
            index, self._redis, self._settings, self._reconnector, token=self._token, slots=self._slots
        )
        self._reading[index] = partition
        partition.start(handle, tasks, until)
        partition.task.add_done_callback(lambda _: self._reading.pop(index, None))

    def _trusted_until(self) -> float:
        return asyncio.get_running_loop().time() + _TRUSTED * self._settings.lease


# --- One partition ----------------------------------------------------------------------------------------------------


class _LeaseLost(Exception):
    """Another worker may read the partition now."""


class _PartitionReader:
    """Reads one partition in its order, as long as this worker holds the lease.

    The first entry of the stream is always the next one, because handled entries are deleted. The number of its tries is
    stored in the partition's head and survives the worker. Each step checks the lease in Redis, and nothing is begun or
    acknowledged without it. Between two steps the worker trusts the lease for a part of its time only.
    """

    def __init__(
        self,
        index: int,
        redis: RedisClient,
        settings: ConsumerSettings,
        reconnector: Reconnector,
        *,
        token: str,
        slots: asyncio.Semaphore,
    ) -> None:
        keys = settings.keys
        self._index = index
        self._redis = redis
        self._settings = settings
        self._reconnector = reconnector
        self._token = token
        self._slots = slots
        self._stream, self._lease, self._head = keys.streams[index], keys.leases[index], keys.heads[index]
        self._advance_script = RedisScript(redis, scripts.ADVANCE)
        self._dead_letter_script = RedisScript(redis, scripts.DEAD_LETTER_ORDERED)
        self._release_script = RedisScript(redis, scripts.RELEASE_LEASE)
        self._handled = b""  # handled and not yet acknowledged: the next step acknowledges it
        self.stopping = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None]

    def start(self, handle: Handle, tasks: asyncio.TaskGroup, until: float) -> None:
        """Start to read."""
        self.task = tasks.create_task(self._run(handle))
        self.trust_until(until)

    def stop(self) -> None:
        """Finish the delivery that is being handled, then release the lease."""
        self.stopping.set()

    def lose(self) -> None:
        """Stop at once: the lease belongs to another worker, or may soon."""
        if not self.task.done() and not self.task.cancelling():
            logger.warning("Lost the lease of %s: another worker may read it now", self._stream)
            self.task.cancel()

    def trust_until(self, until: float) -> None:
        """Trust the lease until a time of the event loop's clock."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(until, self.lose)

    async def _run(self, handle: Handle) -> None:
        try:
            while not self.stopping.is_set():
                for entry in await self._first_entries():
                    if self.stopping.is_set():
                        break
                    await self._process(entry, handle)
                if self._handled:
                    await self._advance(b"")
        except _LeaseLost:
            logger.warning("Lost the lease of %s: another worker reads it now", self._stream)
        except RedisUnavailable as error:  # only while closing
            logger.warning("Left %s while Redis was away (%s)", self._stream, error)
        finally:
            await self._release()

    async def _first_entries(self) -> list[StreamEntry]:
        block = self._settings.block
        answer = await self._reconnector.call(
            lambda: self._redis.xread({self._stream: "0"}, count=_BATCH, block=round(block * 1000)), block=block
        )
        return [StreamEntry(self._index, entry.id, entry.fields, 0) for entry in entries_of(answer, [self._stream])]

    async def _process(self, entry: StreamEntry, handle: Handle) -> None:
        settings = self._settings
        while True:
            if self._handled and self._slots.locked():
                await self._advance(b"")  # now, rather than after a slow handler of another partition
            async with self._slots:
                tries = await self._advance(entry.id)
                try:
                    delivery = from_fields(entry.fields, attempt=tries)
                except UnreadableEntry as unreadable:
                    await self._give_up(entry, str(unreadable), tries)
                    return
                if tries > settings.tries:
                    await self._give_up(entry, "the workers that had it died, or lost Redis", tries - 1)
                    return
                reason = await try_once(handle, delivery)
            if reason is None:
                self._handled = entry.id
                return
            if tries >= settings.tries:
                await self._give_up(entry, reason, tries)
                return
            pause = equal_jitter(tries, base=settings.pause, maximum=settings.claim_after, random=settings.random())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)
                return  # the next worker that reads the partition continues with this entry

    async def _advance(self, begin: bytes) -> int:
        """Acknowledge the handled entry and begin the next one. Return the number of its try."""
        keys = [self._stream, self._lease, self._head]
        args: list[ScriptArgument] = [self._token, self._settings.group, self._handled, begin]
        tries: int = await self._reconnector.call(self._advance_script.bind(keys, args))
        if tries == 0:
            raise _LeaseLost
        self._handled = b""
        return tries

    async def _give_up(self, entry: StreamEntry, reason: str, tries: int) -> None:
        settings = self._settings
        details = dead_letter_details(reason, tries, self._index)
        keys = [self._stream, settings.keys.dead_letters, self._lease, self._head]
        args: list[ScriptArgument] = [settings.group, self._token, entry.id, settings.dead_letter_limit, *details]
        moved: list[Any] = await self._reconnector.call(self._dead_letter_script.bind(keys, args))
        if moved[0] == -1:
            raise _LeaseLost
        report_dead_letter(settings, entry.fields, details, moved)

    async def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with contextlib.suppress(Exception):  # the lease expires in any case, and the entry is handled again
            async with asyncio.timeout(self._settings.timeout):
                if self._handled:
                    await self._advance_script(
                        [self._stream, self._lease, self._head],
                        [self._token, self._settings.group, self._handled, ""],
                    )
                await self._release_script([self._lease], [self._token])


# --- Shares -----------------------------------------------------------------------------------------------------------

LeaseState = Literal["mine", "taken", "free"]


class LeasePlan(NamedTuple):
    """The partitions to take and those to release."""

    take: list[int]
    release: list[int]


def fair_share(partitions: int, workers: Collection[str], me: str) -> int:
    """Return the number of partitions that a worker should read.

    All workers get the same number. If partitions are left over, the first workers by name get one more. The shares of all
    workers add up to the number of partitions.

    Example:
        >>> [fair_share(8, ["a", "b", "c"], worker) for worker in "abc"]
        [3, 3, 2]
    """
    names = sorted({*workers, me})
    return partitions // len(names) + (names.index(me) < partitions % len(names))


def plan_leases(
    states: Sequence[LeaseState], workers: Collection[str], me: str, leaving: Collection[int] = ()
) -> LeasePlan:
    """Return the partitions that a worker should take or release.

    Args:
        states: the state of each partition's lease.
        workers: the names of all living workers.
        me: the name of this worker.
        leaving: partitions that this worker is already releasing.

    Example:
        >>> plan_leases(["mine", "mine", "mine", "free"], ["a", "b"], "a")
        LeasePlan(take=[], release=[2])
        >>> plan_leases(["taken", "free", "free", "free"], ["a", "b"], "b")
        LeasePlan(take=[2, 3], release=[])
    """
    mine = [index for index, state in enumerate(states) if state == "mine" and index not in leaving]
    missing = fair_share(len(states), workers, me) - len(mine)
    if missing < 0:
        return LeasePlan([], mine[missing:])
    # Workers begin at different partitions, so that two workers seldom want the same one.
    free = [index for index, state in enumerate(states) if state == "free"]
    names = sorted({*workers, me})
    begin = len(free) * names.index(me) // len(names)
    return LeasePlan((free[begin:] + free[:begin])[:missing], [])
