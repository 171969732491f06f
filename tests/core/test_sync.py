"""Shared code is written once as `async def`; the kernel runs it without a loop."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing

import anyio
import pytest
import trio

from buildkite_ext._sync import BlockingIterator, DetachedIterator, run


class Log:
    """An async generator that tells when it ends."""

    def __init__(self, last: int = 3) -> None:
        self.last = last
        self.ended = False

    async def __call__(self) -> AsyncIterator[int]:
        try:
            for number in range(1, self.last + 1):
                yield number
        finally:
            self.ended = True


def test_a_shared_coroutine_gives_its_result_on_the_calling_thread() -> None:
    async def inner() -> int:
        return threading.get_ident()

    async def outer() -> int:
        return await inner()

    assert run(outer()) == threading.get_ident()


def test_an_error_of_a_shared_coroutine_is_raised_as_it_is() -> None:
    async def broken() -> None:
        raise KeyError("it")

    with pytest.raises(KeyError, match="it"):
        run(broken())


@pytest.mark.parametrize("sleep", [asyncio.sleep, anyio.sleep, trio.sleep], ids=["asyncio", "anyio", "trio"])
def test_shared_code_that_awaits_something_foreign_is_refused_with_an_explanation(sleep: object) -> None:
    async def forgetful() -> None:
        await sleep(0)  # type: ignore[operator]

    # Outside a loop some of these fail by themselves; none may end in silence.
    with pytest.raises((RuntimeError, anyio.NoEventLoopError)):
        run(forgetful())


def test_a_suspension_is_refused_and_the_coroutine_is_closed() -> None:
    ended = []

    async def suspends() -> None:
        class Suspend:
            def __await__(self):
                yield

        try:
            await Suspend()
        finally:
            ended.append(True)

    with pytest.raises(RuntimeError, match="shared code suspended"):
        run(suspends())
    assert ended == [True]


def test_a_blocking_call_works_inside_a_running_loop_and_leaves_its_hooks_alone() -> None:
    async def main() -> None:
        before = sys.get_asyncgen_hooks()

        async def uses_a_generator() -> list[int]:
            assert sys.get_asyncgen_hooks() == (None, None)
            return [number async for number in Log()()]

        assert run(uses_a_generator()) == [1, 2, 3]
        assert sys.get_asyncgen_hooks() == before

    asyncio.run(main())
    trio.run(main)


def test_a_blocking_iterator_begun_inside_a_loop_goes_on_after_it() -> None:
    log = Log()
    numbers = BlockingIterator(log())

    async def begin() -> int:
        return next(numbers)

    assert asyncio.run(begin()) == 1
    assert not log.ended, "asyncio ended the generator with its loop"
    assert list(numbers) == [2, 3]


@pytest.mark.parametrize("loop", [asyncio.run, lambda main: trio.run(lambda: main)], ids=["asyncio", "trio"])
def test_an_async_iterator_begun_inside_a_loop_goes_on_in_the_next(loop: object) -> None:
    log = Log()
    numbers = DetachedIterator(log())

    async def one() -> int:
        return await anext(numbers)

    async def rest() -> list[int]:
        return [number async for number in numbers]

    assert loop(one()) == 1  # type: ignore[operator]
    assert not log.ended
    assert loop(rest()) == [2, 3]  # type: ignore[operator]


def test_leaving_a_blocking_loop_early_ends_the_generator_at_once() -> None:
    log = Log()
    for number in BlockingIterator(log()):
        assert number == 1
        break
    gc.collect()
    assert log.ended


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_leaving_an_async_loop_early_ends_the_generator_without_a_warning(anyio_backend: str) -> None:
    log = Log()

    async def read_one() -> None:
        async for number in DetachedIterator(log()):
            assert number == 1
            break

    await read_one()
    gc.collect()
    assert log.ended, f"{anyio_backend} kept the generator"


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_async_iterator_can_be_closed(anyio_backend: str) -> None:
    log = Log()
    async with aclosing(DetachedIterator(log())) as numbers:
        assert await anext(numbers) == 1
    assert log.ended
    with pytest.raises(StopAsyncIteration):
        await anext(numbers)


def test_closing_a_blocking_iterator_ends_it_once_and_for_all() -> None:
    log = Log()
    numbers = BlockingIterator(log())
    assert next(numbers) == 1
    numbers.close()
    numbers.close()
    assert log.ended
    assert list(numbers) == []


def test_a_blocking_iterator_closes_at_the_end_of_with() -> None:
    log = Log()
    with BlockingIterator(log()) as numbers:
        assert next(numbers) == 1
    assert log.ended


def test_an_iterator_that_never_began_needs_no_care() -> None:
    log = Log()
    numbers = BlockingIterator(log())
    numbers.close()
    del numbers
    gc.collect()
    assert not log.ended


def test_an_iterator_that_failed_is_at_its_end() -> None:
    async def fails() -> AsyncIterator[int]:
        yield 1
        raise OSError("lost")

    numbers = BlockingIterator(fails())
    assert next(numbers) == 1
    with pytest.raises(OSError, match="lost"):
        next(numbers)
    assert list(numbers) == []


def test_an_iterator_may_be_collected_on_another_thread() -> None:
    log = Log()
    holder = [BlockingIterator(log())]
    assert next(holder[0]) == 1
    thread = threading.Thread(target=holder.clear)
    thread.start()
    thread.join()
    assert log.ended
