"""Base classes of the services, and the blocking twins of async methods."""

from __future__ import annotations

import inspect
import typing
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from .._sync import BlockingIterator, run
from .._tracebacks import EndsAtCaller
from ..pagination.items import AsyncItems, Items, blocking_items
from ..pagination.sources import EndpointPages
from ..pagination.walker import Walker
from ._argument_errors import NamesArguments

if TYPE_CHECKING:
    from ..transport.requester import Endpoint, Requester

__all__ = ["AsyncService", "Service", "blocking", "borrowed"]

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="AsyncService")


class AsyncService:
    """Group of operations. Its blocking twin runs the same code."""

    _names_of_borrowed: ClassVar[Mapping[str, str]] = {}
    """Names of the lists that this service borrows from another one: that of the original, and its own."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _name_methods(cls)
        for name, value in list(vars(cls).items()):
            if isinstance(value, FunctionType) and not name.startswith("_"):
                setattr(cls, name, _public(value))

    def __init__(self, requester: Requester) -> None:
        self._requester = requester

    def _items(
        self,
        called: str,
        endpoint: Endpoint[..., Any],
        *arguments: Any,
        limit: int | None = None,
        concurrency: int = 1,
        **options: Any,
    ) -> AsyncItems[Any]:
        """Return a lazy list. Options that are None are not sent.

        Args:
            called: the method that users call, such as `builds.list`, for messages.
        """
        given = {name: value for name, value in options.items() if value is not None}
        name = self._names_of_borrowed.get(called, called)
        source = EndpointPages.of(self._requester, endpoint, arguments, given, limit=limit, name=name)
        return AsyncItems(Walker(source, limit=limit, concurrency=concurrency))


class Service(Generic[S]):
    """Blocking twin of an async service. The requester of the async service has the blocking runtime."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _name_methods(cls)

    def __init__(self, shared: S) -> None:
        self._shared = shared


def _name_methods(cls: type) -> None:
    """Name the methods of a class after it: a blocking or borrowed method has the name of its original."""
    for name, value in vars(cls).items():
        if isinstance(value, FunctionType):
            value.__name__, value.__qualname__, value.__module__ = name, f"{cls.__qualname__}.{name}", cls.__module__


@overload
def blocking(method: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]], /) -> Callable[Concatenate[Any, P], T]: ...
@overload
def blocking(method: Callable[Concatenate[Any, P], AsyncItems[T]], /) -> Callable[Concatenate[Any, P], Items[T]]: ...
@overload
def blocking(
    method: Callable[Concatenate[Any, P], AsyncIterator[T]], /
) -> Callable[Concatenate[Any, P], BlockingIterator[T]]: ...
def blocking(method: Callable[..., Any], /) -> Callable[..., Any]:
    """Make the blocking twin of an async method: the same arguments and docstring, run on the calling thread.

    A coroutine becomes its result, an `AsyncItems` an `Items`, and an async iterator a `BlockingIterator`. The signature
    and the annotations of the twin have these types, and a TypeError about its arguments has its name.
    """
    original: Callable[..., Any] = inspect.unwrap(method)

    @wraps(original)
    def call(self: Service[Any], *args: Any, **kwargs: Any) -> Any:
        with EndsAtCaller() as end, NamesArguments(end, original, (self, *args), kwargs):
            try:
                result = original(self._shared, *args, **kwargs)
            except TypeError as error:
                name, message = f"{original.__qualname__}()", str(error)
                if message.startswith(name):
                    raise TypeError(f"{call.__qualname__}(){message.removeprefix(name)}") from None
                raise
            if inspect.iscoroutine(result):
                return run(result)
        if isinstance(result, AsyncItems):
            return blocking_items(result)
        return BlockingIterator(cast("AsyncIterator[Any]", result))

    if not inspect.iscoroutinefunction(original):
        text, kind = _blocking_result(original)
        call.__annotations__ = {**original.__annotations__, "return": kind}
        call.__dict__["__signature__"] = inspect.signature(original).replace(return_annotation=text)
    return call


def _public(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method of an async service: its errors end at the caller, and name the argument that they are about."""
    original: Callable[..., Any] = inspect.unwrap(method)

    @wraps(original)
    async def call(self: AsyncService, *args: Any, **kwargs: Any) -> Any:
        with EndsAtCaller() as end, NamesArguments(end, original, (self, *args), kwargs):
            return await original(self, *args, **kwargs)

    @wraps(original)
    def begin(self: AsyncService, *args: Any, **kwargs: Any) -> Any:
        with EndsAtCaller() as end, NamesArguments(end, original, (self, *args), kwargs):
            return original(self, *args, **kwargs)

    return call if inspect.iscoroutinefunction(original) else begin


def _blocking_result(method: Callable[..., Any]) -> tuple[str, Any]:
    """Return the type that the twin of a method returns: as source text, and as an object.

    `typing.get_type_hints` needs the type itself, since the module of the method does not import its name.
    """
    annotation: str = method.__annotations__["return"]
    given: Any = eval(annotation, method.__globals__)  # noqa: S307  # the text is this package's source
    twin: Any = Items if typing.get_origin(given) is AsyncItems else BlockingIterator
    return twin.__name__ + annotation[annotation.index("[") :], twin[typing.get_args(given)]


def borrowed(method: Callable[Concatenate[Any, P], T], /) -> Callable[Concatenate[Any, P], T]:
    """Copy the method of another service into this one. It takes the name that it is assigned to."""
    original = cast("FunctionType", inspect.unwrap(method))
    copy = FunctionType(
        original.__code__, original.__globals__, original.__name__, original.__defaults__, original.__closure__
    )
    copy.__kwdefaults__ = original.__kwdefaults__
    copy.__annotations__ = dict(original.__annotations__)
    copy.__doc__ = original.__doc__
    return cast("Callable[Concatenate[Any, P], T]", copy)
