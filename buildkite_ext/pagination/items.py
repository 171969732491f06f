"""The iterables that list methods return."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Generic, TypeVar

from .._sync import BlockingIterator, DetachedIterator
from .page import Page
from .walk import Walk

T = TypeVar("T")


class AsyncItems(Generic[T]):
    """A list, read page by page as it is iterated: `async for build in buildkite.builds.list("web")`.

    Nothing is requested before the first item is asked for; each iteration begins anew. `pages()` gives pages instead.
    """

    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._walk.endpoint.__name__.rpartition('.')[2]}>"  # type: ignore[attr-defined]

    def __aiter__(self) -> DetachedIterator[T]:
        return DetachedIterator(self._items())

    async def _items(self) -> AsyncGenerator[T, None]:
        async for page in self._walk.pages():
            for item in page.items:
                yield item

    def pages(self) -> DetachedIterator[Page[T]]:
        """The pages, one by one: `items`, `next_page`, `prev_page`, `total_count`, `has_next()`."""
        return self._walk.pages()

    def with_options(
        self, *, limit: int | None = None, concurrency: int | None = None, max_pages: int | None = None
    ) -> AsyncItems[T]:
        """The same list, gone through differently.

        Args:
            limit: the most items to give out.
            concurrency: pages fetched at once; what comes back stays in order. Builds are then read in a slice below the
                newest ones, which goes on growing; another list that grows meanwhile may lose an item between two pages.
            max_pages: pages after which a list that still goes on raises TooManyPages (default: 10,000).
        """
        return AsyncItems(_changed(self._walk, limit, concurrency, max_pages))


class Items(Generic[T]):
    """A list, read page by page as it is iterated: `for build in buildkite.builds.list("web")`.

    Nothing is requested before the first item is asked for; each iteration begins anew. `pages()` gives pages instead.
    """

    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._walk.endpoint.__name__.rpartition('.')[2]}>"  # type: ignore[attr-defined]

    def __iter__(self) -> BlockingIterator[T]:
        return BlockingIterator(aiter(AsyncItems(self._walk)))

    def pages(self) -> BlockingIterator[Page[T]]:
        """The pages, one by one: `items`, `next_page`, `prev_page`, `total_count`, `has_next()`."""
        return BlockingIterator(self._walk.pages())

    def with_options(
        self, *, limit: int | None = None, concurrency: int | None = None, max_pages: int | None = None
    ) -> Items[T]:
        """The same list, gone through differently.

        Args:
            limit: the most items to give out.
            concurrency: pages fetched at once; what comes back stays in order. Builds are then read in a slice below the
                newest ones, which goes on growing; another list that grows meanwhile may lose an item between two pages.
            max_pages: pages after which a list that still goes on raises TooManyPages (default: 10,000).
        """
        return Items(_changed(self._walk, limit, concurrency, max_pages))


def blocking_items(items: AsyncItems[T]) -> Items[T]:
    """The blocking face of a list whose caller has the blocking runtime."""
    return Items(items._walk)


def _changed(walk: Walk[T], limit: int | None, concurrency: int | None, max_pages: int | None) -> Walk[T]:
    return replace(
        walk,
        limit=walk.limit if limit is None else limit,
        concurrency=walk.concurrency if concurrency is None else concurrency,
        max_pages=walk.max_pages if max_pages is None else max_pages,
    )
