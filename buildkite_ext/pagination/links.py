"""Links of a page to the pages around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from ..errors import InvalidResponse
from ..urls import CREDENTIALS, Origin, origin, path_in, root_of
from .page import field_of

if TYPE_CHECKING:
    import httpx

__all__ = ["Links", "links_of", "number_of", "page_of", "parse_links", "total_of"]

_TARGET = re.compile(r"<(?P<url>[^<>]*)>")
_PARAMETER = re.compile(
    r"""[ \t]*;[ \t]*(?:(?P<name>[^\s=;,<>"]+)[ \t]*(?:=[ \t]*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s;,"]*)))?)?"""
)
_QUOTED_PAIR = re.compile(r"\\(.)")
_RELATION = re.compile(r"[a-z][a-z0-9.-]*|[a-z][a-z0-9+.-]*://[^\s<>\"',;]+|(?:urn|tag):[^\s<>\"',;]+")
"""A registered relation, or one that is a URL. A comma or a semicolon may be meant to part two of them."""
_END_OF_LINK = re.compile(r"[ \t,]*")


class Links(Struct, frozen=True):
    """The URLs of the pages around a page; None where the answer names none."""

    next: httpx.URL | None
    prev: httpx.URL | None
    last: httpx.URL | None


def links_of(response: httpx.Response, page: object, api: Origin, name: str) -> Links:
    """Return the links of a page: the `links` of its body where it has cursors, else its `Link` header.

    Args:
        response: the answer.
        page: its decoded body: a list, or `{items, links}`.
        api: the API's own origin. A link to another one is refused.
        name: the list, in the words of the user's code.

    Raises:
        InvalidResponse: a link leads to another origin, or to another path; or links can't be read and none of the others
            leads to a next page, so that the list might end too early.
    """
    body = field_of(page, "links")
    header, readable = parse_links(", ".join(response.headers.get_list("Link")))

    def find(rel: str) -> httpx.URL | None:
        found = field_of(body, rel)
        if found is not None and not isinstance(found, str):
            raise InvalidResponse(f"{name}: the link to the {rel} page is a {type(found).__name__}, not a URL.")
        found = found or header.get(rel)
        return None if found is None else _contained(response, found, rel, api, name)

    links = Links(find("next"), find("prev"), find("last"))
    if links.next is None and not (readable and _is_links(body)):
        raise InvalidResponse(
            f"{name}: the {'links' if readable else 'Link header'} of a page can't be read, so nothing tells whether the list "
            "goes on."
        )
    return links


def _is_links(body: object) -> bool:
    """Tell whether the `links` of a body can be links: a model or an object, or none."""
    return not isinstance(body, str | bytes | int | float | list | tuple)


def parse_links(header: str) -> tuple[dict[str, str], bool]:
    """Parse a `Link` header: https://www.rfc-editor.org/rfc/rfc8288#section-3

    A relation in `rel` may stand beside others, in upper or lower case. The first link of a relation counts, and the first `rel`
    of a link.

    Returns:
        The target of each relation, and False if a part of the header isn't a link with relations: names or URLs between spaces.

    Example:
        >>> parse_links('<https://x.test/?page=2>; rel="next last"')
        ({'next': 'https://x.test/?page=2', 'last': 'https://x.test/?page=2'}, True)
        >>> parse_links("<https://x.test/?page=2>")
        ({}, False)
        >>> parse_links('<https://x.test/?page=2>; rel="next,last"')
        ({}, False)
    """
    links: dict[str, str] = {}
    readable = True
    at = _END_OF_LINK.match(header).end()  # type: ignore[union-attr]  # it matches everywhere
    while at < len(header):
        target = _TARGET.match(header, at)
        if target is None:
            readable = False
            following = header.find("<", at + 1)
            if following < 0:
                break
            at = following
            continue
        at = target.end()
        relations: list[str] | None = None
        while (parameter := _PARAMETER.match(header, at)) is not None:
            at = parameter.end()
            if relations is None and (parameter["name"] or "").lower() == "rel":
                quoted: str | None = parameter["quoted"]
                value = (parameter["plain"] or "").strip("'") if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
                relations = value.lower().split()
        understood = [relation for relation in relations or () if _RELATION.fullmatch(relation)]
        for relation in understood:
            links.setdefault(relation, target["url"])
        end = _END_OF_LINK.match(header, at)
        assert end is not None
        readable = (
            readable and bool(understood) and understood == relations and (end.end() == len(header) or "," in end[0])
        )
        at = end.end()
    return links, readable


def _contained(response: httpx.Response, link: str, rel: str, api: Origin, name: str) -> httpx.URL:
    """Return the URL of a link to the same list, without a token that Buildkite put into it."""
    asked = response.request.url
    try:
        url = asked.join(link)
        place = origin(url)
    except Exception as error:  # httpx.InvalidURL isn't a ValueError
        raise InvalidResponse(f"{name}: the link to the {rel} page isn't a URL.") from error
    if place != api or url.path.rstrip("/") != asked.path.rstrip("/"):
        raise InvalidResponse(
            f"{name}: the link to the {rel} page leads to {root_of(url)}{path_in(url)}, which isn't the list "
            f"{asked.path} that was requested from {root_of(asked)}; it wasn't followed. Is base_url the URL of "
            "the API itself?"
        )
    for credential in CREDENTIALS:
        if credential in url.params and credential not in asked.params:
            url = url.copy_remove_param(credential)
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
