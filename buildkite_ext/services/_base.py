"""How a service is written once and has two colours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from .._sync import BlockingIterator, run
from ..pagination.items import AsyncItems, Items, blocking_items
from ..pagination.walk import Walk

if TYPE_CHECKING:
    from ..transport.requester import Endpoint, Requester

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="AsyncService")


class AsyncService:
    """A group of operations; the shared implementation of both colours."""

    def __init__(self, requester: Requester) -> None:
        self._requester = requester

    def _items(
        self,
        endpoint: Endpoint[..., Any],
        *arguments: Any,
        limit: int | None = None,
        concurrency: int = 1,
        **options: Any,
    ) -> AsyncItems[Any]:
        """A lazy list; options that are None aren't sent."""
        given = {name: value for name, value in options.items() if value is not None}
        return AsyncItems(Walk.of(self._requester, endpoint, arguments, given, limit=limit, concurrency=concurrency))


class Service(Generic[S]):
    """The blocking face of an async service, whose requester has the blocking runtime."""

    def __init__(self, shared: S) -> None:
        self._shared = shared


@overload
def blocking(method: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]], /) -> Callable[Concatenate[Any, P], T]: ...
@overload
def blocking(method: Callable[Concatenate[Any, P], AsyncItems[T]], /) -> Callable[Concatenate[Any, P], Items[T]]: ...
@overload
def blocking(
    method: Callable[Concatenate[Any, P], AsyncIterator[T]], /
) -> Callable[Concatenate[Any, P], BlockingIterator[T]]: ...
def blocking(method: Callable[..., Any], /) -> Callable[..., Any]:
    """The blocking twin of an async method: same arguments, same docstring, run on the calling thread.

    A coroutine becomes its result, an AsyncItems an Items, an async iterator an iterator.
    """

    @wraps(method)
    def call(self: Service[Any], *args: Any, **kwargs: Any) -> Any:
        result = method(self._shared, *args, **kwargs)
        if iscoroutine(result):
            return run(result)
        if isinstance(result, AsyncItems):
            return blocking_items(result)
        return BlockingIterator(cast("AsyncIterator[Any]", result))

    call.__annotations__ = dict(method.__annotations__)
    return call


def borrowed(method: Callable[Concatenate[Any, P], T], /) -> Callable[Concatenate[Any, P], T]:
    """Another service's method, which works on any service alike."""
    return method
