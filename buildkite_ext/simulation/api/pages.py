"""Lists in pages: numbered ones with a `Link` header, and those with cursors.

https://buildkite.com/docs/apis/rest-api#pagination
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from ..jobs import Job
from ..parameters import MOST_PER_PAGE, PER_PAGE, Parameters
from .request import Json, Pairs, Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NumberedPage(Generic[T]):
    """A page of a list and the header that names the pages around it."""

    items: Sequence[T]
    headers: Pairs


def numbered(items: Sequence[T], parameters: Parameters, url: str, *, with_last: bool) -> NumberedPage[T]:
    """The page that a query asks for.

    `page=0` is the first one, a page past the end is empty, and `per_page` over the most is the most (Buildkite does not
    say what it does there).

    Args:
        items: the whole list.
        parameters: the query; all of it comes back in the links, a token in it too.
        url: the address of the list without a query.
        with_last: whether the links name the last page.
    """
    page, size = page_asked(parameters)
    pages = max(1, -(-len(items) // size))
    links: list[str] = []

    def link(rel: str, number: int) -> None:
        query = [pair for pair in parameters.pairs if pair[0] != "page"]
        links.append(f'<{url}?{urlencode([*query, ("page", str(number))])}>; rel="{rel}"')

    if page > 1:
        link("first", 1)
        link("prev", min(page - 1, pages))
    if page < pages:
        link("next", page + 1)
        if with_last:
            link("last", pages)
    start = (page - 1) * size
    return NumberedPage(items[start : start + size], (("Link", ", ".join(links)),) if links else ())


def page_asked(parameters: Parameters) -> tuple[int, int]:
    """The number of the page that a query asks for, and its size."""
    return parameters.number("page", 1), min(parameters.number("per_page", PER_PAGE), MOST_PER_PAGE)


@dataclass(frozen=True, slots=True)
class CursorPage:
    """A page of jobs and the links in its body."""

    items: list[Job]
    links: Json


def by_cursor(jobs: Sequence[Job], shown: Sequence[Job], parameters: Parameters, url: str) -> CursorPage:
    """The page of jobs that a query asks for.

    Args:
        jobs: all the jobs of the build in order. A cursor stands for a place among these, so that it holds when its job
            is in another state by now.
        shown: those that the filters let through.
        parameters: the query.
        url: the address of the list without a query.

    Raises:
        Refused: the cursor or `per_page` is no good.
    """
    places = {job.id: place for place, job in enumerate(jobs)}
    size = _size(parameters)
    after, before = parameters.text("after"), parameters.text("before")
    if after is not None and before is not None:
        raise Refused(400, "after and before can't be given together")
    if before is not None:
        end = _place(before, places)
        items = [job for job in shown if places[job.id] < end][-size:]
    else:
        start = -1 if after is None else _place(after, places)
        items = [job for job in shown if places[job.id] > start][:size]

    query = [pair for pair in parameters.pairs if pair[0] not in ("after", "before", "per_page")]
    query.append(("per_page", str(size)))

    def link(*cursor: tuple[str, str]) -> str:
        return f"{url}?{urlencode([*cursor, *query])}"

    given = [(name, value) for name, value in (("after", after), ("before", before)) if value is not None]
    links: Json = {"self": link(*given)}
    if items and shown and items[-1] is not shown[-1]:
        links["next"] = link(("after", _cursor(items[-1])))
    if items and items[0] is not shown[0]:
        links["prev"] = link(("before", _cursor(items[0])))
    if given:
        links["first"] = link()
    return CursorPage(items, links)


def _size(parameters: Parameters) -> int:
    text = parameters.text("per_page")
    if text is None:
        return PER_PAGE
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_PER_PAGE):
        raise Refused(400, f"per_page must be a number from 1 to {MOST_PER_PAGE}")
    return int(text)


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(job.id.encode()).decode().rstrip("=")


def _place(cursor: str, places: dict[str, int]) -> int:
    try:
        job_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        job_id = ""
    if job_id not in places:
        raise Refused(400, "The cursor isn't valid")
    return places[job_id]
