"""Time limit of a coroutine, on asyncio and trio."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar

import anyio
import anyio.lowlevel
import pytest

from buildkite_ext.webhooks.runtime.time_limit import TimeIsOver, within

_NAME: ContextVar[str] = ContextVar("name", default="")

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("pauses", [0, 1, 5])
async def test_what_ends_in_time_has_its_result(pauses: int) -> None:
    async def work() -> int:
        for _ in range(pauses):
            await anyio.lowlevel.checkpoint()
        return pauses

    assert await within(60, work()) == pauses


@pytest.mark.parametrize("pauses", [0, 1])
async def test_an_error_is_raised_as_it_is(pauses: int) -> None:
    async def work() -> None:
        for _ in range(pauses):
            await anyio.lowlevel.checkpoint()
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await within(60, work())


async def test_what_takes_too_long_is_cancelled_and_cleans_up() -> None:
    cleaned = False

    async def work() -> None:
        nonlocal cleaned
        try:
            await anyio.sleep_forever()
        finally:
            cleaned = True

    with pytest.raises(TimeIsOver):
        await within(0.01, work())
    assert cleaned
    await anyio.lowlevel.checkpoint()  # the task itself isn't cancelled


async def test_time_before_the_first_wait_counts() -> None:
    async def work() -> None:
        time.sleep(0.05)  # noqa: ASYNC251 - a handler that blocks
        await anyio.sleep_forever()

    with pytest.raises(TimeIsOver):
        await within(0.01, work())


async def test_scopes_that_the_coroutine_begins_before_it_waits_end_as_they_should() -> None:
    async def work() -> str:
        with anyio.move_on_after(60), anyio.CancelScope():
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.sleep, 0)
                await anyio.lowlevel.checkpoint()
        with anyio.move_on_after(0.01):
            await anyio.sleep_forever()
        return "ended"

    assert await within(60, work()) == "ended"

    async def too_long() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep_forever)

    with pytest.raises(TimeIsOver):
        await within(0.01, too_long())


async def test_an_error_of_time_of_the_coroutine_is_its_own() -> None:
    async def work() -> None:
        with anyio.fail_after(0.01):
            await anyio.sleep_forever()

    with pytest.raises(TimeoutError):
        await within(60, work())


async def test_context_variables_are_those_of_the_caller() -> None:
    async def work() -> str:
        before = _NAME.get()
        await anyio.lowlevel.checkpoint()
        return before + _NAME.get()

    _NAME.set("x")
    assert await within(60, work()) == "xx"


async def test_a_cancelled_caller_is_cancelled() -> None:
    begun = anyio.Event()

    async def work() -> None:
        begun.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(within, 60.0, work())
        await begun.wait()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_that_is_cancelled_as_its_time_ends_is_cancelled() -> None:
    task: asyncio.Task[None]

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            task.cancel()
            raise

    task = asyncio.create_task(within(0.01, work()))
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_ignores_its_end_is_cancelled_again() -> None:
    ignored = 0

    async def work() -> None:
        nonlocal ignored
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ignored += 1
        await asyncio.sleep(3600)

    with pytest.raises(TimeIsOver):
        await within(0.01, work())
    assert ignored == 1
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_ends_after_its_time_without_an_error_has_its_result() -> None:
    async def work() -> str:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return "cleaned up"
        return "never"

    assert await within(0.01, work()) == "cleaned up"
    await asyncio.sleep(0)
