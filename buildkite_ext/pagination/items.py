"""Iterables that list methods return."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec.structs import replace

from .._sync import BlockingIterator, DetachedIterator, run
from .._tracebacks import EndsAtCaller
from ..unknown_names import missing_or_raised

if TYPE_CHECKING:
    from .page import Page
    from .walker import Walker

__all__ = ["AsyncItems", "Items", "blocking_items"]

T = TypeVar("T")

_OTHER_WORDS = {
    **dict.fromkeys(("to_list", "list", "items", "tolist", "collect", "fetch_all", "get_all", "fetchall"), "all"),
    **dict.fromkeys(("json", "to_dict", "to_dicts", "dicts"), "raw"),
    **dict.fromkeys(("one", "get", "next"), "first"),
    **dict.fromkeys(("iter_pages", "by_page", "page"), "pages"),
    **dict.fromkeys(("limit", "take", "head", "max_pages", "concurrency"), "with_options"),
    **dict.fromkeys(("count", "length", "len", "size", "total"), "len(items.all())"),
}
"""Words that users look for, and what each is called here."""

_AT_ONCE = 4
"""Pages that `all` fetches at the same time, where none can be missed."""


class AsyncItems(Generic[T]):
    """List that is read page by page while it is iterated: `async for build in buildkite.builds.list("web")`.

    The first request is sent when the first item is asked for. Each iteration reads the list again. `pages()` gives pages
    instead of items, `first()` the first item, `all()` a list.
    """

    def __init__(self, walker: Walker[T]) -> None:
        self._walker = walker

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._walker.source.name}>"

    if not TYPE_CHECKING:  # hidden from type checkers, which refuse these

        def __getitem__(self, index: object) -> None:
            raise TypeError(_instead_of_index(self, index, "await "))

        def __len__(self) -> int:
            raise TypeError(_instead_of_length(self, "await "))

        def __bool__(self) -> bool:
            return True

        def __getattr__(self, name: str) -> Any:
            return missing_or_raised(self, name, _OTHER_WORDS)

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

    async def first(self) -> T | None:
        """Return the first item; None if the list is empty. One small page is requested. It is awaited with an async
        client.

        Example:
            >>> def newest(buildkite) -> int | None:
            ...     build = buildkite.builds.list("web", branch="main").first()
            ...     return None if build is None else build.number
        """
        items = aiter(AsyncItems(_shortened(self._walker)))
        with EndsAtCaller():
            try:
                return await anext(items, None)
            finally:
                await items.aclose()

    async def all(self) -> list[T]:
        """Return all items as a list. Pages are fetched at the same time where no item can be missed by it. It is awaited with
        an async client.

        Raises:
            TooManyPages: the list has more pages than `max_pages`.

        Example:
            >>> def slugs(buildkite) -> list[str]:
            ...     return [pipeline.slug for pipeline in buildkite.pipelines.list().all()]
        """
        with EndsAtCaller():
            return [item async for item in AsyncItems(_hastened(self._walker))]

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
    instead of items, `first()` the first item, `all()` a list.
    """

    def __init__(self, walker: Walker[T]) -> None:
        self._walker = walker

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._walker.source.name}>"

    if not TYPE_CHECKING:  # hidden from type checkers, which refuse these

        def __getitem__(self, index: object) -> None:
            raise TypeError(_instead_of_index(self, index, ""))

        def __len__(self) -> int:
            raise TypeError(_instead_of_length(self, ""))

        def __bool__(self) -> bool:
            return True

        def __getattr__(self, name: str) -> Any:
            return missing_or_raised(self, name, _OTHER_WORDS)

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

    def first(self) -> T | None:
        """Return the first item; None if the list is empty. One small page is requested. It is awaited with an async
        client.

        Example:
            >>> def newest(buildkite) -> int | None:
            ...     build = buildkite.builds.list("web", branch="main").first()
            ...     return None if build is None else build.number
        """
        with EndsAtCaller():
            return run(AsyncItems(self._walker).first())

    def all(self) -> list[T]:
        """Return all items as a list. Pages are fetched at the same time where no item can be missed by it. It is awaited with
        an async client.

        Raises:
            TooManyPages: the list has more pages than `max_pages`.

        Example:
            >>> def slugs(buildkite) -> list[str]:
            ...     return [pipeline.slug for pipeline in buildkite.pipelines.list().all()]
        """
        with EndsAtCaller():
            return run(AsyncItems(self._walker).all())

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
    from .walker import Walker

    return Walker(walker.source.raw(), limit=walker.limit, concurrency=walker.concurrency, max_pages=walker.max_pages)


def _changed(walker: Walker[T], limit: int | None, concurrency: int | None, max_pages: int | None) -> Walker[T]:
    changed = replace(
        walker,
        limit=walker.limit if limit is None else limit,
        concurrency=walker.concurrency if concurrency is None else concurrency,
        max_pages=walker.max_pages if max_pages is None else max_pages,
    )
    return changed if limit is None else replace(changed, source=walker.source.sized(limit))


def _shortened(walker: Walker[T]) -> Walker[T]:
    """Return a walker that reads one item, unless it reads none."""
    return walker if walker.limit == 0 else replace(walker, limit=1, source=walker.source.sized(1))


def _hastened(walker: Walker[T]) -> Walker[T]:
    """Return a walker for a list that is read at once: by several pages at the same time, if it stays complete so."""
    several = walker.concurrency == 1 and walker.source.takes_created_to
    return replace(walker, concurrency=_AT_ONCE if several else walker.concurrency, at_end=True)


def _instead_of_index(items: object, index: object, awaited: str) -> str:
    if index == 0:
        advice = f"Write `{awaited}items.first()`"
    elif isinstance(index, slice) and index.start is None and index.step is None and isinstance(index.stop, int):
        advice = f"Write `{awaited}items.with_options(limit={index.stop}).all()`"
    else:
        advice = (
            f"Write `{awaited}items.first()` for the first item, or `{awaited}items.all()` for a list that has an index"
        )
    said = f"{items!r} has no index, because it is read page by page. {advice}."
    if awaited and index == 0:  # a plain `for` takes an object with an index for a list, and begins with 0
        return f"{items!r} is read by `async for`: write `async for item in items`. For an index: it {said.partition('> ')[2]}"
    return said


def _instead_of_length(items: object, awaited: str) -> str:
    return (
        f"{items!r} has no length, because it is read page by page. Write `{awaited}items.all()` for a list, which has one; "
        f"to find out whether there are any, write `{awaited}items.first() is not None`."
    )
