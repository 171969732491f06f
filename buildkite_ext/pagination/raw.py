"""The walk over the pages of a list that isn't decoded into models."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import strict_json
from ..errors import InvalidResponse, TooManyPages
from ..transport.context import context_of
from ..urls import path_of
from .links import links_of
from .walk import MAX_PAGES, PER_PAGE

if TYPE_CHECKING:
    import httpx

    from ..transport.requester import Requester


@dataclass(frozen=True, slots=True)
class _Addresses:
    next: object
    prev: object = None
    last: object = None


@dataclass(frozen=True, slots=True)
class _Body:
    links: _Addresses


async def raw_items(
    requester: Requester,
    path: str,
    *,
    params: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    limit: int | None = None,
    max_pages: int = MAX_PAGES,
) -> AsyncGenerator[Any, None]:
    """Each item of a list, as JSON has it, whichever way the list is paged.

    An item that comes again, since the list grew at its front meanwhile, is given out once.

    Args:
        requester: sends the requests.
        path, params, headers: of the first page: see `Requester.build_path`. Where the description knows that the list has
            pages and the query doesn't say how large, they are as large as Buildkite gives out.
        limit: the most items to give out.
        max_pages: pages after which a list that still goes on raises TooManyPages.
    """
    seen: set[str] = set()
    given = read = 0
    request = requester.build_path("GET", path, params=params, headers=headers)
    operation = context_of(request).operation
    if operation is not None and operation.pagination is not None and "per_page" not in request.url.params:
        size = str(PER_PAGE if not limit else min(limit, PER_PAGE))
        request = requester.build_path("GET", path, params=[*params, ("per_page", size)], headers=headers)
    while limit is None or given < limit:
        response = await requester.send(request)
        read += 1
        items, body = _items(response, request)
        further = links_of(response, body, requester.origin).next
        for item in items:
            key = _identity(item)
            if key is not None:
                if key in seen:
                    continue
                seen.add(key)
            yield item
            given += 1
            if given == limit:
                return
        if further is None:
            return
        if further == request.url:
            raise InvalidResponse(f"{path_of(request)}: the link to the next page leads back to the page it came with.")
        if read >= max_pages:
            raise TooManyPages(
                f"{path_of(request)}: {read} pages were read and there are more. Stop earlier with a limit, or narrow the list "
                "with its filters."
            )
        try:
            request = requester.build_path("GET", str(further), headers=headers)
        except ValueError as error:
            raise InvalidResponse(
                f"{path_of(request)}: the link to the next page can't be followed: {error}."
            ) from error


def _items(response: httpx.Response, request: httpx.Request) -> tuple[list[Any], object]:
    try:
        body = strict_json.loads(response.content)
    except ValueError as error:
        raise InvalidResponse(f"{path_of(request)}: the page isn't JSON: {error}") from error
    if isinstance(body, list):
        return body, body
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        links = body.get("links")
        return body["items"], _Body(_Addresses(links.get("next") if isinstance(links, dict) else None))
    raise InvalidResponse(f"{path_of(request)}: the answer isn't a list, so it has no pages.")


def _identity(item: object) -> str | None:
    key = (item.get("id") or item.get("uuid")) if isinstance(item, dict) else None
    return key if isinstance(key, str) else None
