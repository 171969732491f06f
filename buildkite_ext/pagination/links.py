"""Links of a page to the pages around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InvalidResponse
from ..urls import CREDENTIALS, Origin, origin, path_in, root_of
from .page import field_of

if TYPE_CHECKING:
    import httpx

__all__ = ["Links", "links_of", "number_of", "page_of", "total_of"]


@dataclass(frozen=True, slots=True)
class Links:
    """The URLs of the pages around a page; None where the answer names none."""

    next: httpx.URL | None
    prev: httpx.URL | None
    last: httpx.URL | None


def links_of(response: httpx.Response, page: object, api: Origin) -> Links:
    """Return the links of a page: the `links` of its body where it has cursors, else its `Link` header.

    Args:
        response: the answer.
        page: its decoded body: a list, or `{items, links}`.
        api: the API's own origin. A link to another one is refused.

    Raises:
        InvalidResponse: a link leads to another origin, or to another path.
    """
    body = field_of(page, "links")

    def find(rel: str) -> httpx.URL | None:
        found = field_of(body, rel)
        if not isinstance(found, str) or not found:
            found = response.links.get(rel, {}).get("url")
        return _contained(response, str(found), rel, api) if found else None

    return Links(find("next"), find("prev"), find("last"))


def _contained(response: httpx.Response, link: str, rel: str, api: Origin) -> httpx.URL:
    """Return the URL of a link to the same list, without a token that Buildkite put into it."""
    asked = response.request.url
    try:
        url = asked.join(link)
        place = origin(url)
    except Exception as error:  # httpx.InvalidURL isn't a ValueError
        raise InvalidResponse(f"{asked.path}: the link to the {rel} page isn't a URL.") from error
    if place != api or url.path.rstrip("/") != asked.path.rstrip("/"):
        raise InvalidResponse(
            f"{asked.path}: the link to the {rel} page leads to {root_of(url)}{path_in(url)}, which isn't the list "
            f"that was requested from {root_of(asked)}; it wasn't followed. Is base_url the URL of the API "
            "itself?"
        )
    for name in CREDENTIALS:
        if name in url.params and name not in asked.params:
            url = url.copy_remove_param(name)
    return url


def page_of(url: httpx.URL | None) -> int | str | None:
    """Return the page number or the cursor that a URL names."""
    if url is None:
        return None
    page = number_of(url)
    if page is not None:
        return page
    cursor: str | None = url.params.get("after") or url.params.get("before")
    return cursor or str(url.query, "ascii", "replace")


def number_of(url: httpx.URL | None) -> int | None:
    """Return the page number that a URL names."""
    text = url.params.get("page", "") if url is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def total_of(response: httpx.Response) -> int | None:
    """Return the length of the whole list, where the answer says it."""
    text = response.headers.get("X-Total-Count", "")
    return int(text) if text.isascii() and text.isdigit() else None
