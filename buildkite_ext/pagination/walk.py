"""The walk over a list's pages, written once for both colours."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._sync import DetachedIterator
from ..errors import InvalidRequest, InvalidResponse, TooManyPages
from ..urls import path_of
from .links import links_of, number_of, page_of, total_of
from .page import Page
from .slices import NARROWING, next_bound, still_bound, too_deep

if TYPE_CHECKING:
    import httpx

    from ..transport.requester import Endpoint, Requester
    from .links import Links

T = TypeVar("T")

PER_PAGE = 100
"""What Buildkite gives out at most; asking for it halves nobody's budget."""

MAX_PAGES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk(Generic[T]):
    """Which list, and how to go through it."""

    requester: Requester
    endpoint: Endpoint[..., Any]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    limit: int | None = None
    concurrency: int = 1
    max_pages: int = MAX_PAGES

    def __post_init__(self) -> None:
        for name, value, least in (
            ("limit", self.limit, 0),
            ("concurrency", self.concurrency, 1),
            ("max_pages", self.max_pages, 1),
        ):
            if value is not None and value < least:
                raise ValueError(f"{name}={value}: it is at least {least}")

    @classmethod
    def of(
        cls,
        requester: Requester,
        endpoint: Endpoint[..., Any],
        arguments: tuple[Any, ...],
        options: Mapping[str, Any],
        *,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> Walk[T]:
        """A walk in pages as large as Buildkite gives out, or as `limit` needs, where `options` says nothing else."""
        options = dict(options)
        if options.get("per_page") is None and "per_page" in parameters(endpoint):
            options["per_page"] = PER_PAGE if not limit else min(limit, PER_PAGE)
        return cls(
            requester=requester,
            endpoint=endpoint,
            arguments=arguments,
            options=options,
            limit=limit,
            concurrency=concurrency,
        )

    def pages(self) -> DetachedIterator[Page[T]]:
        """Each page in order. Nothing is held while a page is with the reader."""
        return DetachedIterator(self._pages())

    async def _pages(self) -> AsyncGenerator[Page[T], None]:
        seen = _Seen[T](self.limit)
        options: dict[str, Any] = dict(self.options)
        read = 0
        bound: datetime | None = options.get("created_to")
        newest: datetime | None = None
        # Pages of a list that grows at its front can be fetched at once only below where it grows.
        still = self.concurrency == 1 or "created_to" not in parameters(self.endpoint)
        if self.limit == 0:
            return
        while True:  # a slice a time; nearly always there is one
            oldest: datetime | None = None
            urls: list[httpx.URL | None] = [None]
            while urls:
                outcomes = await self.requester.runtime.map(lambda url, o=options: self._fetch(url, o), urls)  # type: ignore[misc]
                end: _Fetched[T] | None = None
                for outcome in outcomes:
                    if isinstance(outcome, InvalidRequest):
                        bound = self._slice(outcome, oldest, bound)
                        end = None
                        break
                    read += 1
                    newest = newest or _created_at(outcome.items)
                    oldest = _created_at(reversed(outcome.items)) or oldest
                    page = seen.page(outcome)
                    yield page
                    if seen.full:
                        return
                    end = outcome
                    if outcome.ends(len(urls)):
                        break
                if end is None:
                    break
                if read >= self.max_pages and end.links.next is not None:
                    raise TooManyPages(
                        f"{end.path}: {read} pages were read and there are more. Pass max_pages= to allow more, limit= to "
                        "stop earlier, or narrow the list with its filters."
                    )
                below = None if still or end.links.next is None else still_bound(newest, oldest, bound)
                if below is not None:
                    bound, still = below, True
                    break
                urls = _ahead(end, min(self.concurrency if still else 1, self.max_pages - read, seen.pages_left(end)))
            else:
                return
            options["created_to"] = bound
            options.pop("page", None)

    async def _fetch(self, url: httpx.URL | None, options: Mapping[str, Any]) -> _Fetched[T] | InvalidRequest:
        requester = self.requester
        request = requester.build(self.endpoint, self.endpoint._get_kwargs(*self.arguments, **options), url=url)
        try:
            response = await requester.send(request)
        except InvalidRequest as error:
            if url is not None and too_deep(error) and "created_to" in parameters(self.endpoint):
                return error
            raise
        body = requester.parse(self.endpoint, response)
        items: list[T] = body if isinstance(body, list) else list(body.items)
        links = links_of(response, body, requester.origin)
        if links.next == request.url:
            raise InvalidResponse(f"{path_of(request)}: the link to the next page leads back to the page it came with.")
        return _Fetched(path_of(request), items, links, total_of(response))

    def _slice(self, refused: InvalidRequest, oldest: datetime | None, bound: datetime | None) -> datetime:
        further = next_bound(oldest, bound)
        if further is None:
            raise InvalidRequest(
                f"{refused}\nThe list can't be read on from here (too many builds were created at one instant): "
                f"{NARROWING}.",
                response=refused.response,
                reason=refused.reason,
                errors=refused.errors,
                operation=refused.operation,
                method=refused.method,
                path=refused.path,
            ) from refused
        return further


@dataclass(frozen=True, slots=True)
class _Fetched(Generic[T]):
    path: str
    items: list[T]
    links: Links
    total: int | None

    def ends(self, batch: int) -> bool:
        """Whether pages of the same batch behind this one can only be empty."""
        return self.links.next is None or (batch > 1 and not self.items)


def _ahead(end: _Fetched[Any], count: int) -> list[httpx.URL | None]:
    """The pages to fetch next: one, or a batch where pages have numbers."""
    following = end.links.next
    if following is None:
        return []
    first = number_of(following)
    if first is None or count == 1:
        return [following]
    last = number_of(end.links.last)
    if last is not None:
        count = max(1, min(count, last - first + 1))
    return [following.copy_set_param("page", number) for number in range(first, first + count)]


class _Seen(Generic[T]):
    """What was given out already: a new build shifts everything by one, so the last items of a page come again."""

    def __init__(self, limit: int | None) -> None:
        self._left = limit
        self._ids: set[str] = set()

    @property
    def full(self) -> bool:
        return self._left == 0

    def pages_left(self, last: _Fetched[T]) -> int:
        """How many pages as long as the last one the limit has room for."""
        return MAX_PAGES if self._left is None else -(-self._left // max(1, len(last.items)))

    def page(self, fetched: _Fetched[T]) -> Page[T]:
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


def parameters(endpoint: Endpoint[..., Any]) -> frozenset[str]:
    """The names that a generated module takes."""
    return _parameters(endpoint._get_kwargs)


@cache
def _parameters(function: Hashable) -> frozenset[str]:
    assert callable(function)
    return frozenset(inspect.signature(function).parameters)


def identity(item: object) -> str | None:
    """What tells an item from another: its `id`, else its `uuid`."""
    key = getattr(item, "id", None) or getattr(item, "uuid", None)
    return key if isinstance(key, str) else None


def _created_at(items: Iterable[Any]) -> datetime | None:
    for item in items:
        created = getattr(item, "created_at", None)
        if isinstance(created, datetime):
            return created
    return None
