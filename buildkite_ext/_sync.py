"""Execution of shared code, which is written once as `async def`, without an event loop.

`AsyncBuildkiteClient` awaits the shared coroutines. `BuildkiteClient` passes the same coroutines to `run`, which finishes
them on the calling thread: the blocking runtime never suspends, so one `send(None)` is enough.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from typing import Any, Generic, TypeVar

from ._tracebacks import EndsAtCaller

__all__ = ["BlockingIterator", "DetachedIterator", "run"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a shared coroutine to its end on the calling thread, and return its result.

    Args:
        coroutine: a coroutine over the blocking runtime.

    Raises:
        RuntimeError: the coroutine suspended, so it awaited something other than its runtime.
        StopIteration: a function of the user raised it, such as `until=`. Python makes a RuntimeError of one in a coroutine.

    Example:
        >>> async def answer() -> int:
        ...     return 42
        >>> run(answer())
        42
    """
    stopped: StopIteration | None = None
    try:
        return _run(coroutine)
    except RuntimeError as error:
        if not isinstance(error.__cause__, StopIteration) or error.args != ("coroutine raised StopIteration",):
            raise
        stopped = error.__cause__
    raise stopped


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    # Inside a running event loop, as in a notebook, the loop's hooks would register every async generator that starts
    # here, and close it later without notice.
    hooks = sys.get_asyncgen_hooks()
    within_loop = hooks.firstiter is not None or hooks.finalizer is not None
    if within_loop:
        sys.set_asyncgen_hooks(firstiter=None, finalizer=None)
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        if within_loop:
            sys.set_asyncgen_hooks(*hooks)
    coroutine.close()
    raise RuntimeError("shared code suspended: it awaited something other than its runtime")


class BlockingIterator(Iterator[T], Generic[T]):
    """Iterator over an async iterator of shared code, on the calling thread.

    A `for` loop may be left early. `close()` ends the iterator at once, and so does `with`.

    Example:
        >>> async def numbers():
        ...     yield 1
        ...     yield 2
        >>> list(BlockingIterator(numbers()))
        [1, 2]
    """

    def __init__(self, source: AsyncIterator[T]) -> None:
        self._source: AsyncIterator[T] | None = source

    def __iter__(self) -> BlockingIterator[T]:
        return self

    def __next__(self) -> T:
        if self._source is None:
            raise StopIteration
        with EndsAtCaller():
            try:
                return _run(_step(self._source))  # where a StopIteration would end the caller's loop
            except StopAsyncIteration:
                self._source = None
                raise StopIteration from None

    def close(self) -> None:
        """End the iteration now. A second call does nothing."""
        source, self._source = self._source, None
        aclose = getattr(source, "aclose", None)
        if aclose is not None:
            run(_finish(aclose))

    def __enter__(self) -> BlockingIterator[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class DetachedIterator(AsyncIterator[T], Generic[T]):
    """Async iterator over a generator of shared code, which no event loop registers.

    When an event loop ends, asyncio closes the generators that began in it: a next loop would take that for the end of the
    list. trio warns when a generator is left early. Shared generators hold nothing between two items, so a loop may be left
    early. `aclose()` ends the iterator at once.

    Example:
        >>> async def numbers():
        ...     yield 1
        ...     yield 2
        >>> list(BlockingIterator(DetachedIterator(numbers())))
        [1, 2]
    """

    def __init__(self, source: AsyncGenerator[T, None]) -> None:
        self._source = source

    def __aiter__(self) -> DetachedIterator[T]:
        return self

    async def __anext__(self) -> T:
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=None, finalizer=None)
        try:
            step = self._source.__anext__()  # a loop would register the generator at its first step
        finally:
            sys.set_asyncgen_hooks(*hooks)
        with EndsAtCaller():
            return await step

    async def aclose(self) -> None:
        """End the iteration now. A second call does nothing."""
        await self._source.aclose()


async def _step(source: AsyncIterator[T]) -> T:
    return await source.__anext__()


async def _finish(aclose: Any) -> None:
    await aclose()
