"""Iterables that list methods return."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any, Generic, TypeVar

from .._sync import BlockingIterator, DetachedIterator
from .page import Page
from .walker import Walker

__all__ = ["AsyncItems", "Items", "blocking_items"]

T = TypeVar("T")


class AsyncItems(Generic[T]):
    """List that is read page by page while it is iterated: `async for build in buildkite.builds.list("web")`.

    The first request is sent when the first item is asked for. Each iteration reads the list again. `pages()` gives pages
    instead of items.
    """

    def __init__(self, walker: Walker[T]) -> None:
        self._walker = walker

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._walker.source.name}>"

    def __aiter__(self) -> DetachedIterator[T]:
        return DetachedIterator(self._items())

    async def _items(self) -> AsyncGenerator[T, None]:
        async for page in self._walker.pages():
            for item in page.items:
                yield item

    def pages(self) -> DetachedIterator[Page[T]]:
        """Return the pages, one by one: `items`, `next_page`, `prev_page`, `total_count`, `has_next()`."""
        return self._walker.pages()

    def raw(self) -> AsyncItems[dict[str, Any]]:
        """Return the same list with each item as a dict, exactly as it came. No key is added or left out.

        Example:
            >>> async def numbers(buildkite: AsyncBuildkiteClient) -> list[int]:
            ...     return [build["number"] async for build in buildkite.builds.list("web").raw()]
        """
        return AsyncItems(_raw(self._walker))

    def with_options(
        self, *, limit: int | None = None, concurrency: int | None = None, max_pages: int | None = None
    ) -> AsyncItems[T]:
        """Return the same list with other options for reading it.

        Args:
            limit: the most items to give out.
            concurrency: pages fetched at the same time; the items stay in order. Below the newest builds, builds are then
                read in a slice of `created_to`, since new builds shift the pages. Another list that grows meanwhile may
                lose an item between two pages.
            max_pages: pages after which a list that has more raises TooManyPages (default: 10,000).
        """
        return AsyncItems(_changed(self._walker, limit, concurrency, max_pages))


class Items(Generic[T]):
    """List that is read page by page while it is iterated: `for build in buildkite.builds.list("web")`.

    The first request is sent when the first item is asked for. Each iteration reads the list again. `pages()` gives pages
    instead of items.
    """

    def __init__(self, walker: Walker[T]) -> None:
        self._walker = walker

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._walker.source.name}>"

    def __iter__(self) -> BlockingIterator[T]:
        return BlockingIterator(aiter(AsyncItems(self._walker)))

    def pages(self) -> BlockingIterator[Page[T]]:
        """Return the pages, one by one: `items`, `next_page`, `prev_page`, `total_count`, `has_next()`."""
        return BlockingIterator(self._walker.pages())

    def raw(self) -> Items[dict[str, Any]]:
        """Return the same list with each item as a dict, exactly as it came. No key is added or left out.

        Example:
            >>> def numbers(buildkite: BuildkiteClient) -> list[int]:
            ...     return [build["number"] for build in buildkite.builds.list("web").raw()]
        """
        return Items(_raw(self._walker))

    def with_options(
        self, *, limit: int | None = None, concurrency: int | None = None, max_pages: int | None = None
    ) -> Items[T]:
        """Return the same list with other options for reading it.

        Args:
            limit: the most items to give out.
            concurrency: pages fetched at the same time; the items stay in order. Below the newest builds, builds are then
                read in a slice of `created_to`, since new builds shift the pages. Another list that grows meanwhile may
                lose an item between two pages.
            max_pages: pages after which a list that has more raises TooManyPages (default: 10,000).
        """
        return Items(_changed(self._walker, limit, concurrency, max_pages))


def blocking_items(items: AsyncItems[T]) -> Items[T]:
    """Return the blocking twin of a list. The requester of its source has the blocking runtime."""
    return Items(items._walker)


def _raw(walker: Walker[Any]) -> Walker[dict[str, Any]]:
    return Walker(walker.source.raw(), limit=walker.limit, concurrency=walker.concurrency, max_pages=walker.max_pages)


def _changed(walker: Walker[T], limit: int | None, concurrency: int | None, max_pages: int | None) -> Walker[T]:
    return replace(
        walker,
        limit=walker.limit if limit is None else limit,
        concurrency=walker.concurrency if concurrency is None else concurrency,
        max_pages=walker.max_pages if max_pages is None else max_pages,
    )
