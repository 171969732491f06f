"""Walker over the pages of a list, for blocking and async code, and for both sources of pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from buildkite_api.types import kind_of
from msgspec import Struct

from .._sync import DetachedIterator
from ..errors import InvalidRequest, InvalidResponse, TooManyPages
from ..messages import shown
from .links import links_of, number_of, page_of, total_of
from .page import Page, created_at, field_of, identity
from .slices import is_still, next_bound, not_continued, passed_time, still_bound, too_deep

if TYPE_CHECKING:
    import httpx

    from .links import Links
    from .sources import PageSource

__all__ = ["MAX_PAGES", "Walker"]

T = TypeVar("T")

MAX_PAGES = 10_000
"""The pages of a list that are read unless a user allows more or less."""


class Walker(Struct, Generic[T], frozen=True):
    """Walker over the pages of a list.

    An item that comes again, because the list grew at its front meanwhile, is given out once. Where Buildkite refuses to
    list deeper, a list that takes `created_to` is continued in slices.

    Attributes:
        source: the list.
        limit: the most items to give out.
        concurrency: pages fetched at the same time.
        max_pages: pages after which a list that has more raises TooManyPages.
        at_end: nothing is given out before the whole list is read, so all pages that are known are fetched in one go.
    """

    source: PageSource
    limit: int | None = None
    concurrency: int = 1
    max_pages: int = MAX_PAGES
    at_end: bool = False

    def __post_init__(self) -> None:
        for name, value, least in (
            ("limit", self.limit, 0),
            ("concurrency", self.concurrency, 1),
            ("max_pages", self.max_pages, 1),
        ):
            if value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{name}={shown(value)}: give a whole number.")
            if value < least:
                raise ValueError(f"{name}={shown(value)}: give at least {least}.")

    def pages(self) -> DetachedIterator[Page[T]]:
        """Return each page in order. No connection is held while the caller has a page."""
        return DetachedIterator(self._pages())

    async def _pages(self) -> AsyncGenerator[Page[T], None]:
        if self.limit == 0:
            return
        source = self.source
        seen = _Seen[T](self.limit)
        read = 0
        visited: set[int] = set()
        passed: datetime | None = None
        # Pages of a list that grows at its front can be fetched at the same time only below where it grows.
        still = self.concurrency == 1 or not source.takes_created_to
        begun = False  # several pages were fetched at the same time already
        urls: list[httpx.URL | None] = [None]
        while True:  # one slice at a time; nearly always there are one or two
            oldest: datetime | None = None
            bound: datetime | None = None
            first: list[httpx.URL | None] = [None]
            while urls and bound is None:
                fetch = _UntilEnd(partial(self._fetch, source), len(urls))
                outcomes = await source.requester.runtime.map(fetch, urls, at_once=self.concurrency)
                end: _Fetched[T] | None = None
                for outcome in outcomes:
                    if outcome is None:
                        break
                    if isinstance(outcome, InvalidRequest):
                        bound = _bound_after(outcome, source, oldest)
                        break
                    read += 1
                    visited.add(_key(outcome.url))
                    passed = passed or passed_time(created_at(outcome.items), outcome.date)
                    oldest = created_at(reversed(outcome.items)) or oldest
                    yield seen.page(outcome)
                    if seen.full:
                        return
                    if outcome.links.next is not None and _key(outcome.links.next) in visited:
                        raise InvalidResponse(
                            f"{source.name}: the link to the next page leads to a page that was read before, so the list has no "
                            "end."
                        )
                    end = outcome
                    if outcome.ends(len(urls)):
                        break
                if bound is None and (end is None or end.links.next is None):
                    return
                if read >= self.max_pages:
                    raise TooManyPages(f"{source.name}: {read} pages were read and there are more. {source.if_longer}")
                if bound is not None or end is None:
                    break
                begun = begun or len(urls) > 1
                room = min(self.max_pages - read, seen.pages_left(end))
                still = still or is_still(passed, source.created_to)
                if not still:
                    bound = still_bound(passed, oldest, source.created_to)
                    still = bound is not None
                    if bound is not None and _behind(end) is not None:
                        first = _first(source.before(bound), min(room, self._batch(end, begun=begun)))
                urls = _ahead(end, min(room, self._batch(end, begun=begun)) if still else 1)
            if bound is None:
                return
            source = source.before(bound)
            urls = first

    def _batch(self, end: _Fetched[T], *, begun: bool) -> int:
        """Return the number of pages of the next batch. No page is given out before its batch is read.

        A first batch is small, so that its items come soon. Further ones are larger, since the last pages of a batch leave
        connections without work.
        """
        behind = _behind(end)
        if behind is None or self.concurrency == 1:
            return self.concurrency
        if self.at_end:
            return behind
        return min(behind, 2 * self.concurrency if begun else self.concurrency)

    async def _fetch(self, source: PageSource, url: httpx.URL | None) -> _Fetched[T] | InvalidRequest:
        """Return a page, or the refusal to list so deep."""
        request = source.request(url)
        try:
            response = await source.requester.send(request)
        except InvalidRequest as error:
            if url is not None and too_deep(error):
                return error
            raise
        body = source.decode(response)
        items = cast("list[T]", body if isinstance(body, list) else field_of(body, "items"))
        if not isinstance(items, list):
            raise InvalidResponse(f"{source.name}: the answer's items are {kind_of(items)}, not a list.")
        links = links_of(response, body, source.requester.origin, source.name)
        if links.next == request.url:
            raise InvalidResponse(f"{source.name}: the link to the next page leads back to the page it came with.")
        return _Fetched(request.url, items, links, total_of(response), response.headers.get("Date", ""))


class _UntilEnd(Generic[T]):
    """Fetching of the pages of one batch, in their order, until one shows that those behind it are empty or refused.

    Calling it returns a page, or the refusal to list so deep; None for a page that wasn't fetched any more.
    """

    def __init__(
        self, fetch: Callable[[httpx.URL | None], Coroutine[Any, Any, _Fetched[T] | InvalidRequest]], batch: int
    ) -> None:
        self._fetch = fetch
        self._batch = batch
        self._over = False

    async def __call__(self, url: httpx.URL | None) -> _Fetched[T] | InvalidRequest | None:
        if self._over:
            return None
        outcome = await self._fetch(url)
        if isinstance(outcome, InvalidRequest) or outcome.ends(self._batch):
            self._over = True
        return outcome


class _Fetched(Struct, Generic[T], frozen=True):
    url: httpx.URL
    items: list[T]
    links: Links
    total: int | None
    date: str
    """When it was answered, as the answer says."""

    def ends(self, batch: int) -> bool:
        """Return True if the pages of the same batch behind this one can only be empty."""
        return self.links.next is None or (batch > 1 and not self.items)


class _Seen(Generic[T]):
    """Items that were given out. A new build shifts the others by one, so the last items of a page come again."""

    def __init__(self, limit: int | None) -> None:
        self._left = limit
        self._ids: set[str] = set()

    @property
    def full(self) -> bool:
        """True if the limit is reached."""
        return self._left == 0

    def pages_left(self, last: _Fetched[T]) -> int:
        """Return the number of pages, as long as the last one, that the limit has room for."""
        return MAX_PAGES if self._left is None else -(-self._left // max(1, len(last.items)))

    def page(self, fetched: _Fetched[T]) -> Page[T]:
        """Return a page with the items that are new, up to the limit."""
        fresh: list[T] = []
        for item in fetched.items:
            if self._left == 0:
                break
            key = identity(item)
            if key is not None:
                if key in self._ids:
                    continue
                self._ids.add(key)
            fresh.append(item)
            if self._left is not None:
                self._left -= 1
        links = fetched.links
        return Page(fresh, page_of(links.next), page_of(links.prev), fetched.total)


def _key(url: httpx.URL) -> int:
    """Return a number that tells the page of a URL from others: a list may have thousands of long URLs."""
    params = url.params
    first = () if {"page", "after", "before"} & params.keys() else (("page", "1"),)
    return hash(tuple(sorted((*params.multi_items(), *first))))


def _bound_after(refused: InvalidRequest, source: PageSource, oldest: datetime | None) -> datetime:
    """Return the `created_to` of the slice that continues a list whose depth was refused.

    Raises:
        InvalidRequest: the list can't be continued.
    """
    sliced = source.takes_created_to
    bound = next_bound(oldest, source.created_to) if sliced else None
    if bound is None:
        raise not_continued(refused, source.name, takes_created_to=sliced, oldest=oldest) from refused
    return bound


def _behind(end: _Fetched[Any]) -> int | None:
    """Return the number of pages behind one that has a next page; None if nothing tells it."""
    following, last = number_of(end.links.next), number_of(end.links.last)
    return None if following is None or last is None else max(1, last - following + 1)


def _first(source: PageSource, count: int) -> list[httpx.URL | None]:
    """Return the URLs of the first pages of a list that has page numbers."""
    url = source.request(None).url
    return [None, *(url.copy_set_param("page", number) for number in range(2, count + 1))]


def _ahead(end: _Fetched[Any], count: int) -> list[httpx.URL | None]:
    """Return the URLs to fetch next: one, or a batch where pages have numbers."""
    following = end.links.next
    if following is None:
        return []
    first = number_of(following)
    if first is None or count == 1:
        return [following]
    return [following.copy_set_param("page", number) for number in range(first, first + count)]
