"""How shared code, written once as `async def`, runs without an event loop.

`AsyncBuildkiteClient` awaits the shared coroutines. `BuildkiteClient` hands the very same coroutines to `run`, which
drives them to their end on the calling thread: the blocking runtime never suspends, so one `send(None)` is enough.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from typing import Any, Generic, TypeVar

__all__ = ["BlockingIterator", "DetachedIterator", "run"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a shared coroutine to its end on the calling thread and return what it returns.

    Args:
        coroutine: a coroutine over the blocking runtime.

    Raises:
        RuntimeError: the coroutine suspended, so it awaited something other than its runtime.

    Example:
        >>> async def answer() -> int:
        ...     return 42
        >>> run(answer())
        42
    """
    # Inside a running event loop (a notebook) the loop's hooks would adopt every async generator that starts here and
    # later end it from outside, in silence.
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(firstiter=None, finalizer=None)
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        sys.set_asyncgen_hooks(*hooks)
    coroutine.close()
    raise RuntimeError("shared code suspended: it awaited something other than its runtime")


class BlockingIterator(Iterator[T], Generic[T]):
    """An async iterator of shared code, stepped on the calling thread.

    Leaving a `for` loop early needs no care; `close()` ends it at once, and so does `with`.

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
        try:
            return run(_step(self._source))
        except StopAsyncIteration:
            self._source = None
            raise StopIteration from None

    def close(self) -> None:
        """End the iteration now. Doing it twice is fine."""
        source, self._source = self._source, None
        aclose = getattr(source, "aclose", None)
        if aclose is not None:
            run(_finish(aclose))

    def __enter__(self) -> BlockingIterator[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class DetachedIterator(AsyncIterator[T], Generic[T]):
    """An async iterator of shared code that no event loop adopts.

    asyncio ends the generators that began in it together with the loop, which looks like the end of the list from the
    next one; trio warns when one is left early. Shared generators hold nothing while an item is with the reader, so
    leaving a loop early needs no care; `aclose()` ends one at once.

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
            step = self._source.__anext__()  # the first one is when a loop would adopt it
        finally:
            sys.set_asyncgen_hooks(*hooks)
        return await step

    async def aclose(self) -> None:
        """End the iteration now. Doing it twice is fine."""
        await self._source.aclose()


async def _step(source: AsyncIterator[T]) -> T:
    return await source.__anext__()


async def _finish(aclose: Any) -> None:
    await aclose()
