"""Sources of pages: a generated operation, whose items are models, and a path, whose items are JSON."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from ..errors import InvalidResponse
from ..messages import escaped, shown
from ..redaction import redacted_text
from ..states import FILTERS
from ..strict_json import loads
from ..timestamps import format_time
from ..transport.context import context_of
from ..transport.requester import operation_of
from ..unknown_names import warn_unknown
from .page import time_of

if TYPE_CHECKING:
    import httpx
    from buildkite_api.operations import Operation

    from ..transport.requester import Endpoint, Requester

__all__ = ["EndpointPages", "PageSource", "PathPages"]

_PER_PAGE = 100
"""The largest page that Buildkite gives out."""

_IF_LONGER = "Stop earlier with a limit, or narrow the list with its filters."


class PageSource(Protocol):
    """List that the walker reads: it builds the request of each page, and decodes the answer."""

    @property
    def requester(self) -> Requester:
        """Sender of the requests."""
        ...

    @property
    def name(self) -> str:
        """Name of the list for messages, in the words of the user's code."""
        ...

    @property
    def if_longer(self) -> str:
        """Advice to users whose list has more pages than the walker reads."""
        ...

    @property
    def takes_created_to(self) -> bool:
        """True if the list can be narrowed to the items created before a time."""
        ...

    @property
    def created_to(self) -> datetime | None:
        """The time that the list is narrowed to."""
        ...

    def before(self, created_to: datetime) -> PageSource:
        """Return the same list from its first page, narrowed to the items created before a time."""
        ...

    def sized(self, limit: int | None) -> PageSource:
        """Return the same list with pages no larger than a limit needs, unless the user chose their size."""
        ...

    def request(self, url: httpx.URL | None) -> httpx.Request:
        """Build the request of a page.

        Args:
            url: the link to the page; None for the first one.
        """
        ...

    def decode(self, response: httpx.Response) -> object:
        """Return the body of a page: a list, or an object that has `items`.

        Raises:
            InvalidResponse: the answer isn't a page of the list.
        """
        ...

    def raw(self) -> PageSource:
        """Return the same list with its items as JSON, as they came."""
        ...


class EndpointPages(Struct, frozen=True):
    """Pages of a generated list operation. The items are models, or JSON as it came.

    Attributes:
        endpoint, arguments, options: the generated module, and what its `_get_kwargs` takes.
        name: the method that the user called, such as `builds.list`.
        own_size: the size of the pages wasn't chosen by the user.
        as_json: leave the items undecoded.
    """

    requester: Requester
    endpoint: Endpoint[..., Any]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    name: str
    own_size: bool = False
    as_json: bool = False

    @classmethod
    def of(
        cls,
        requester: Requester,
        endpoint: Endpoint[..., Any],
        arguments: tuple[Any, ...],
        options: Mapping[str, Any],
        *,
        limit: int | None = None,
        name: str | None = None,
    ) -> EndpointPages:
        """Return the pages of a list: as large as Buildkite gives out or `limit` needs, unless `options` has `per_page`.

        Callers are warned of states in the options that this version doesn't know.

        Args:
            name: the method that the user called; by default `iterate`.
        """
        filtered, known = FILTERS.get(operation_of(endpoint).id, ("", frozenset[str]()))
        states = options.get(filtered) or ()
        warn_unknown("state", [states] if isinstance(states, str | Enum) else states, known)
        own_size = options.get("per_page") is None and "per_page" in _parameters(endpoint)
        pages = cls(requester, endpoint, arguments, options, name or f"iterate({operation_of(endpoint).id})", own_size)
        pages = pages.sized(limit)
        pages.request(None)  # so that a bad argument fails here, and not at the first item
        return pages

    @property
    def if_longer(self) -> str:
        return "Allow more with .with_options(max_pages=...), stop earlier with limit=, or narrow the list with its filters."

    @property
    def takes_created_to(self) -> bool:
        return "created_to" in _parameters(self.endpoint)

    @property
    def created_to(self) -> datetime | None:
        bound = self.options.get("created_to")
        return bound if isinstance(bound, datetime) else None

    def before(self, created_to: datetime) -> EndpointPages:
        options = {name: value for name, value in self.options.items() if name != "page"}
        return replace(self, options={**options, "created_to": created_to})

    def sized(self, limit: int | None) -> EndpointPages:
        return replace(self, options={**self.options, "per_page": _page_size(limit)}) if self.own_size else self

    def request(self, url: httpx.URL | None) -> httpx.Request:
        kwargs = self.endpoint._get_kwargs(*self.arguments, **self.options)
        return self.requester.build(self.endpoint, kwargs, url=url)

    def decode(self, response: httpx.Response) -> object:
        if self.as_json:
            return _json_page(response, self.name)
        body: object = self.requester.parse(self.endpoint, response)
        return body

    def raw(self) -> EndpointPages:
        return replace(self, as_json=True)


class PathPages(Struct, frozen=True):
    """Pages of the list at a path. The items are JSON as it came.

    Attributes:
        path, params, headers: of the first page: see `Requester.build_path`.
        operation: the operation of the path; None outside the description.
        created_to: the `created_to` of the query.
        if_longer: see `PageSource`.
        own_size: the size of the pages wasn't chosen by the user.
    """

    requester: Requester
    path: str
    params: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] | None = None
    operation: Operation | None = None
    created_to: datetime | None = None
    if_longer: str = _IF_LONGER
    own_size: bool = False

    @classmethod
    def of(
        cls,
        requester: Requester,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        limit: int | None = None,
        if_longer: str = _IF_LONGER,
    ) -> PathPages:
        """Return the pages of the list at a path.

        If the description knows that the list has pages, and the query has no `per_page`, they are as large as Buildkite
        gives out or `limit` needs.

        Raises:
            ValueError: the path can't be used: see `Requester.build_path`.
        """
        request = requester.build_path("GET", path, params=params, headers=headers)
        operation = context_of(request).operation
        query = request.url.params
        own_size = operation is not None and operation.pagination is not None and "per_page" not in query
        created_to = time_of(query.get("created_to", ""))
        pages = cls(requester, path, params, headers, operation, created_to, if_longer, own_size)
        return pages.sized(limit)

    @property
    def name(self) -> str:
        return self.path.partition("?")[0]

    @property
    def takes_created_to(self) -> bool:
        if self.operation is None:
            return False
        return "created_to" in _parameters(self.requester.module(self.operation.group, self.operation.id))

    def before(self, created_to: datetime) -> PathPages:
        first = self.request(None).url.copy_remove_param("page")
        narrowed = first.copy_set_param("created_to", format_time(created_to.timestamp()))
        return replace(self, path=str(narrowed), params=(), created_to=created_to, own_size=False)

    def sized(self, limit: int | None) -> PathPages:
        if not self.own_size:
            return self
        others = [(name, value) for name, value in self.params if name != "per_page"]
        return replace(self, params=[*others, ("per_page", str(_page_size(limit)))])

    def request(self, url: httpx.URL | None) -> httpx.Request:
        if url is None:
            return self.requester.build_path("GET", self.path, params=self.params, headers=self.headers)
        try:
            return self.requester.build_path("GET", str(url), headers=self.headers)
        except ValueError as error:
            raise InvalidResponse(f"{self.name}: the link to the next page can't be followed: {error}.") from error

    def decode(self, response: httpx.Response) -> object:
        return _json_page(response, self.name)

    def raw(self) -> PathPages:
        return self


def _json_page(response: httpx.Response, name: str) -> object:
    """Return the body of a page as JSON: a list, or an object that has `items`."""
    status = response.status_code
    if 300 <= status < 400:
        where = redacted_text(response.headers.get("Location", "nowhere"))
        raise InvalidResponse(f"{name}: the answer is a redirect ({status}) to {where}, so it has no pages.")
    if not response.content:
        raise InvalidResponse(f"{name}: the answer ({status}) has no body, so it has no pages.")
    kind: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not kind.endswith(("/json", "+json")):
        raise InvalidResponse(f"{name}: the answer is {escaped(kind)}, and isn't JSON, so it has no pages.")
    try:
        body: object = loads(response.content)
    except ValueError as error:
        raise InvalidResponse(f"{name}: the page isn't JSON: {error}.") from error
    if isinstance(body, list) or (isinstance(body, dict) and isinstance(body.get("items"), list)):
        return body
    shape = "one object" if isinstance(body, dict) else "one value"
    raise InvalidResponse(f"{name}: the answer is {shape}, and isn't a list, so it has no pages.")


def _page_size(limit: int | None) -> int:
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
        raise TypeError(f"limit={shown(limit)}: give a number of items.")
    return min(limit, _PER_PAGE) if limit else _PER_PAGE


def _parameters(endpoint: Endpoint[..., Any]) -> frozenset[str]:
    """Return the names of the parameters that a generated module takes."""
    return _names(endpoint._get_kwargs)


@cache
def _names(function: Hashable) -> frozenset[str]:
    assert callable(function)
    return frozenset(inspect.signature(function).parameters)
