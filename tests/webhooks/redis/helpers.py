"""Deliveries and a worker for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from buildkite_ext.webhooks.delivery import Delivery, Handle
from buildkite_ext.webhooks.redis import RedisStreamSource

STREAM = "buildkite:webhooks"


class Closable(Protocol):
    async def aclose(self) -> None: ...


T = TypeVar("T", bound=Closable)


class Closing(Protocol):
    """Returns its argument, and closes it at the end of the test."""

    def __call__(self, thing: T, /) -> T: ...


def delivery(name: str, *, build: str | None = None, body: bytes = b"{}") -> Delivery:
    return Delivery(name, "build.finished", body, 1_700_000_000.25, build_id=build)


class Handler:
    """A handler that records the ids of its deliveries, and fails on request."""

    def __init__(self, *, fails: Callable[[Delivery, int], bool] = lambda _delivery, _tries: False, takes: float = 0.0):
        self.begun: list[str] = []
        self.done: list[str] = []
        self.deliveries: list[Delivery] = []
        self.at_once = 0
        self.most_at_once = 0
        self._fails = fails
        self.takes = takes

    async def __call__(self, delivery: Delivery) -> None:
        self.begun.append(delivery.id)
        self.deliveries.append(delivery)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.takes)
            if self._fails(delivery, self.begun.count(delivery.id)):
                raise ValueError(f"can't handle {delivery.id}")
        finally:
            self.at_once -= 1
        self.done.append(delivery.id)


@asynccontextmanager
async def working(source: RedisStreamSource, handle: Handle) -> AsyncIterator[asyncio.Task[None]]:
    """Consume a source, and close it at the end."""
    task = asyncio.create_task(source.consume(handle))
    try:
        yield task
    finally:
        await source.aclose()
        if not task.cancelled():
            await asyncio.wait_for(task, 60)


async def until(happened: Callable[[], object], *, seconds: float = 60.0) -> None:
    """Wait until a condition is true."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
