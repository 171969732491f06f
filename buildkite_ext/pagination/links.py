"""What an answer says about the pages around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InvalidResponse
from ..urls import CREDENTIALS, Origin, origin

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses around a page; None where the answer names none."""

    next: httpx.URL | None
    prev: httpx.URL | None
    last: httpx.URL | None


def links_of(response: httpx.Response, page: object, api: Origin) -> Links:
    """The links of a page: the `links` of its body where it has cursors, else its `Link` header.

    Args:
        response: the answer.
        page: its decoded body: a list, or `{items, links}`.
        api: the API's own origin: a next page anywhere else is refused.

    Raises:
        InvalidResponse: the next page is said to be on another origin, or on another route.
    """
    body = getattr(page, "links", None)

    def find(rel: str) -> httpx.URL | None:
        found = getattr(body, rel, None) if body is not None else None
        if not isinstance(found, str) or not found:
            found = response.links.get(rel, {}).get("url")
        return _own(response, str(found), rel, api) if found else None

    return Links(find("next"), find("prev"), find("last"))


def _own(response: httpx.Response, link: str, rel: str, api: Origin) -> httpx.URL:
    asked = response.request.url
    try:
        url = asked.join(link)
        place = origin(url)
    except Exception as error:  # httpx has its own, which isn't a ValueError
        raise InvalidResponse(f"{asked.path}: the link to the {rel} page isn't an address") from error
    if place != api or url.path.rstrip("/") != asked.path.rstrip("/"):
        raise InvalidResponse(
            f"{asked.path}: the link to the {rel} page leads to {url.scheme}://{url.host}{url.path}, which isn't the list "
            f"that was asked for at {asked.scheme}://{asked.host}; it wasn't followed. Is base_url the API's own address?"
        )
    for name in CREDENTIALS:
        if name in url.params and name not in asked.params:
            url = url.copy_remove_param(name)
    return url


def page_of(url: httpx.URL | None) -> int | str | None:
    """The page number or the cursor that an address names."""
    if url is None:
        return None
    page = number_of(url)
    if page is not None:
        return page
    cursor: Any = url.params.get("after") or url.params.get("before")
    return cursor or str(url.query, "ascii", "replace")


def number_of(url: httpx.URL | None) -> int | None:
    """The page number that an address names."""
    text = url.params.get("page", "") if url is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def total_of(response: httpx.Response) -> int | None:
    """The length of the whole list, where the answer says it."""
    text = response.headers.get("X-Total-Count", "")
    return int(text) if text.isascii() and text.isdigit() else None
