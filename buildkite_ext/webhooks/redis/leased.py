"""Reading in order: each partition by one worker at a time, who holds its lease."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Any

from ..delivery import Handle
from . import scripts
from .leases import plan
from .link import Away, Link
from .partition import Partition
from .script import Script
from .settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

_TRUSTED = 0.8  # of a lease: a handler that is cut off needs time to stop before another worker may begin


class LeasedReader:
    """One worker's share of the partitions."""

    def __init__(self, redis: Redis, settings: Settings, link: Link) -> None:
        self._redis = redis
        self._settings = settings
        self._link = link
        self._token = f"{settings.consumer}:{secrets.token_hex(8)}"
        self._milliseconds = round(settings.lease * 1000)
        self._meet = Script(redis, scripts.MEET)
        self._release = Script(redis, scripts.RELEASE)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._closing = asyncio.Event()
        self._reading: dict[int, Partition] = {}

    def close(self) -> None:
        """Begin nothing more, and let `run` return once what is being handled is done."""
        self._closing.set()
        self._link.hurry()
        for partition in self._reading.values():
            partition.stop()

    async def run(self, handle: Handle) -> None:
        """Handle deliveries until it is closed."""
        try:
            async with asyncio.TaskGroup() as tasks:
                meeting = tasks.create_task(self._keep_meeting(handle, tasks))
                await self._closing.wait()
                while self._reading:
                    await asyncio.wait({partition.task for partition in self._reading.values()})
                    await asyncio.sleep(0)  # for their callbacks
                meeting.cancel()
        finally:
            with contextlib.suppress(Exception):  # it is forgotten anyway once its time is over
                async with asyncio.timeout(self._settings.timeout):
                    await self._redis.zrem(self._settings.names.workers, self._token)

    async def _keep_meeting(self, handle: Handle, tasks: asyncio.TaskGroup) -> None:
        while True:
            with contextlib.suppress(Away):  # only while closing
                await self._meet_others(handle, tasks)
            await asyncio.sleep(self._settings.tick)

    async def _meet_others(self, handle: Handle, tasks: asyncio.TaskGroup) -> None:
        names = self._settings.names
        until = 0.0

        async def meet() -> Any:
            nonlocal until
            until = self._trusted_until()
            return await self._meet([names.workers, *names.leases], [self._token, self._milliseconds])

        workers, owned = await self._link.insist(meet)
        states = [state.decode() for state in owned]
        for index, state in enumerate(states):
            partition = self._reading.get(index)
            if partition is not None and state == "mine":
                partition.trust_until(until)
            elif partition is not None:
                partition.lose()
            elif state == "mine":  # left over from a question whose answer was lost
                await self._link.insist(self._release.bound([names.leases[index]], [self._token]))
        leaving = {index for index, partition in self._reading.items() if partition.stopping.is_set()}
        take, release = plan(states, [worker.decode() for worker in workers], self._token, leaving)
        for index in release:
            if index in self._reading:
                self._reading[index].stop()
        for index in take:
            if index not in self._reading and not self._closing.is_set():
                await self._take(index, handle, tasks)

    async def _take(self, index: int, handle: Handle, tasks: asyncio.TaskGroup) -> None:
        lease = self._settings.names.leases[index]
        until = self._trusted_until()
        taken = await self._link.insist(lambda: self._redis.set(lease, self._token, nx=True, px=self._milliseconds))
        if not taken or self._closing.is_set():
            return
        partition = Partition(index, self._redis, self._settings, self._link, token=self._token, slots=self._slots)
        self._reading[index] = partition
        partition.start(handle, tasks, until)
        partition.task.add_done_callback(lambda _: self._reading.pop(index, None))

    def _trusted_until(self) -> float:
        return asyncio.get_running_loop().time() + _TRUSTED * self._settings.lease
