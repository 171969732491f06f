"""Pages of lists: numbered pages with a `Link` header, and pages with cursors.

https://buildkite.com/docs/apis/rest-api#pagination
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode

from .request import MAX_PER_PAGE, PER_PAGE, Json, Pairs, Query, RefusedRequest

__all__ = ["by_cursor", "numbered", "requested_page"]

T = TypeVar("T")


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=_Identified)


@dataclass(frozen=True, slots=True)
class _NumberedPage(Generic[T]):
    """Page of a list, and the header that links to the other pages."""

    items: Sequence[T]
    headers: Pairs


def numbered(
    items: Sequence[T], query: Query, url: str, *, with_last: bool, newest_first: bool = False
) -> _NumberedPage[T]:
    """Return the page that a query asks for.

    `page=0` is the first page, a page after the last one is empty, and a `per_page` above the maximum is the maximum. The
    documentation doesn't describe these cases.

    Args:
        items: the whole list.
        query: the query. All of it comes back in the links, including a token.
        url: the URL of the list without a query.
        with_last: whether the links name the last page.
        newest_first: whether the pages begin with the end of `items`.
    """
    page, size = requested_page(query)
    pages = max(1, -(-len(items) // size))
    linked: list[tuple[str, int]] = []
    if page > 1:
        linked += [("first", 1), ("prev", min(page - 1, pages))]
    if page < pages:
        linked.append(("next", page + 1))
        if with_last:
            linked.append(("last", pages))
    headers: Pairs = ()
    if linked:
        before = _encoded(pair for pair in query.pairs if pair[0] < "page")
        behind = _encoded(pair for pair in query.pairs if pair[0] > "page")
        before, behind = f"{before}&" if before else "", f"&{behind}" if behind else ""
        headers = (
            ("Link", ", ".join(f'<{url}?{before}page={number}{behind}>; rel="{rel}"' for rel, number in linked)),
        )
    start = (page - 1) * size
    if newest_first:
        end = max(0, len(items) - start)
        return _NumberedPage(items[max(0, end - size) : end][::-1], headers)
    return _NumberedPage(items[start : start + size], headers)


def _encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a query for a link: sorted by name, as in the headers of Buildkite. Values of one name keep their order."""
    return urlencode(sorted(pairs, key=itemgetter(0)))


def requested_page(query: Query) -> tuple[int, int]:
    """Return the number of the page that a query asks for, and its size."""
    return query.number("page", 1), min(query.number("per_page", PER_PAGE), MAX_PER_PAGE)


@dataclass(frozen=True, slots=True)
class _CursorPage(Generic[T]):
    """Page of a list, and the links in its body."""

    items: list[T]
    links: Json

    @property
    def headers(self) -> Pairs:
        """Header that repeats the links, for the lists that have it."""
        links = [f'<{url}>; rel="{rel}"' for rel, url in self.links.items() if rel != "self"]
        return (("Link", ", ".join(links)),) if links else ()


def by_cursor(known: Sequence[Item], shown: Sequence[Item], query: Query, url: str) -> _CursorPage[Item]:
    """Return the page of a list that a query asks for.

    Args:
        known: all items in order. A cursor is a position among these: it stays valid when its item no longer matches the
            filters.
        shown: the items that match the filters.
        query: the query.
        url: the URL of the list without a query.

    Raises:
        RefusedRequest: the cursor or `per_page` is invalid.
    """
    positions = {item.id: position for position, item in enumerate(known)}
    size = _size(query)
    after, before = query.text("after"), query.text("before")
    if after is not None and before is not None:
        raise RefusedRequest(400, "after and before can't be given together")
    if before is not None:
        end = _position(before, positions)
        items = [item for item in shown if positions[item.id] < end][-size:]
    else:
        start = -1 if after is None else _position(after, positions)
        items = [item for item in shown if positions[item.id] > start][:size]

    pairs = [pair for pair in query.pairs if pair[0] not in ("after", "before", "per_page")]
    pairs.append(("per_page", str(size)))

    def link(*cursor: tuple[str, str]) -> str:
        return f"{url}?{_encoded([*cursor, *pairs])}"

    given = [(name, value) for name, value in (("after", after), ("before", before)) if value is not None]
    links: Json = {"self": link(*given)}
    if items and shown and items[-1] is not shown[-1]:
        links["next"] = link(("after", _cursor(items[-1])))
    if items and items[0] is not shown[0]:
        links["prev"] = link(("before", _cursor(items[0])))
    if given:
        links["first"] = link()
    return _CursorPage(items, links)


def _size(query: Query) -> int:
    text = query.text("per_page")
    if text is None:
        return PER_PAGE
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PER_PAGE):
        raise RefusedRequest(400, f"per_page must be a number from 1 to {MAX_PER_PAGE}")
    return int(text)


def _cursor(item: _Identified) -> str:
    return base64.urlsafe_b64encode(item.id.encode()).decode().rstrip("=")


def _position(cursor: str, positions: dict[str, int]) -> int:
    try:
        item_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        item_id = ""
    if item_id not in positions:
        raise RefusedRequest(400, "The cursor isn't valid")
    return positions[item_id]
