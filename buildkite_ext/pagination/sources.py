"""Sources of pages: a generated operation, whose items are models, and a path, whose items are JSON."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from .. import strict_json
from ..errors import InvalidResponse
from ..messages import shown
from ..timestamps import format_time
from ..transport.context import context_of
from ..urls import path_of
from .page import time_of

if TYPE_CHECKING:
    import httpx
    from buildkite_api.operations import Operation

    from ..transport.requester import Endpoint, Requester

__all__ = ["EndpointPages", "PageSource", "PathPages"]

_PER_PAGE = 100
"""The largest page that Buildkite gives out."""


class PageSource(Protocol):
    """List that the walker reads: it builds the request of each page, and decodes the answer."""

    @property
    def requester(self) -> Requester:
        """Sender of the requests."""
        ...

    @property
    def name(self) -> str:
        """Name of the list for messages."""
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


@dataclass(frozen=True, slots=True)
class EndpointPages:
    """Pages of a generated list operation. The items are models."""

    requester: Requester
    endpoint: Endpoint[..., Any]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        requester: Requester,
        endpoint: Endpoint[..., Any],
        arguments: tuple[Any, ...],
        options: Mapping[str, Any],
        *,
        limit: int | None = None,
    ) -> EndpointPages:
        """Return the pages of a list: as large as Buildkite gives out or `limit` needs, unless `options` has `per_page`."""
        options = dict(options)
        if options.get("per_page") is None and "per_page" in _parameters(endpoint):
            options["per_page"] = _page_size(limit)
        pages = cls(requester, endpoint, arguments, options)
        pages.request(None)  # so that a bad argument fails here, and not at the first item
        return pages

    @property
    def name(self) -> str:
        module: str = self.endpoint.__name__  # type: ignore[attr-defined]
        return module.rpartition(".")[2]

    @property
    def if_longer(self) -> str:
        return "Pass max_pages= to allow more, limit= to stop earlier, or narrow the list with its filters."

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

    def request(self, url: httpx.URL | None) -> httpx.Request:
        kwargs = self.endpoint._get_kwargs(*self.arguments, **self.options)
        return self.requester.build(self.endpoint, kwargs, url=url)

    def decode(self, response: httpx.Response) -> object:
        body: object = self.requester.parse(self.endpoint, response)
        return body


@dataclass(frozen=True, slots=True)
class PathPages:
    """Pages of the list at a path. The items are JSON as it came.

    Attributes:
        path, params, headers: of the first page: see `Requester.build_path`.
        operation: the operation of the path; None outside the description.
        created_to: the `created_to` of the query.
    """

    requester: Requester
    path: str
    params: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] | None = None
    operation: Operation | None = None
    created_to: datetime | None = None

    @classmethod
    def of(
        cls,
        requester: Requester,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        limit: int | None = None,
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
        if operation is not None and operation.pagination is not None and "per_page" not in query:
            params = [*params, ("per_page", str(_page_size(limit)))]
        return cls(requester, path, params, headers, operation, time_of(query.get("created_to", "")))

    @property
    def name(self) -> str:
        return self.path.partition("?")[0]

    @property
    def if_longer(self) -> str:
        return "Stop earlier with a limit, or narrow the list with its filters."

    @property
    def takes_created_to(self) -> bool:
        if self.operation is None:
            return False
        return "created_to" in _parameters(self.requester.module(self.operation.group, self.operation.id))

    def before(self, created_to: datetime) -> PathPages:
        first = self.request(None).url.copy_remove_param("page")
        narrowed = first.copy_set_param("created_to", format_time(created_to.timestamp()))
        return replace(self, path=str(narrowed), params=(), created_to=created_to)

    def request(self, url: httpx.URL | None) -> httpx.Request:
        if url is None:
            return self.requester.build_path("GET", self.path, params=self.params, headers=self.headers)
        try:
            return self.requester.build_path("GET", str(url), headers=self.headers)
        except ValueError as error:
            raise InvalidResponse(f"{url.path}: the link to the next page can't be followed: {error}.") from error

    def decode(self, response: httpx.Response) -> object:
        path = path_of(response.request)
        try:
            body: object = strict_json.loads(response.content)
        except ValueError as error:
            raise InvalidResponse(f"{path}: the page isn't JSON: {error}.") from error
        if isinstance(body, list) or (isinstance(body, dict) and isinstance(body.get("items"), list)):
            return body
        raise InvalidResponse(f"{path}: the answer isn't a list, so it has no pages.")


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
