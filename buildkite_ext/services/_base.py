"""Base classes of the services, and the blocking twins of async methods."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from buildkite_api.models import Build

from .._sync import BlockingIterator, run
from .._tracebacks import EndsAtCaller
from ..pagination.items import AsyncItems, Items, blocking_items
from ..unknown_names import missing_or_raised
from ._annotations import copied, introduce, original_of
from ._argument_errors import NamesArguments
from .addresses import job_address, resolve

if TYPE_CHECKING:
    from ..transport.requester import Endpoint, Requester

__all__ = ["AsyncService", "Service", "blocking", "borrowed"]

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="AsyncService")


_OTHER_WORDS: Mapping[str, str | tuple[str, ...]] = {
    "delete": ("revoke", "remove", "archive"),
    "remove": ("delete", "revoke"),
    "revoke": ("delete", "remove"),
    "destroy": ("delete", "revoke", "remove"),
    "unpause": ("resume",),
    "restore": ("unarchive",),
    "stop": ("cancel", "pause"),
    "abort": ("cancel", "stop"),
    "cancel": ("stop", "revoke"),
    "kill": ("stop", "cancel"),
    "find": ("get", "list"),
    "fetch": ("get",),
    "show": ("get",),
    "retrieve": ("get",),
    "all": ("list",),
    "iterate": ("list",),
    "search": ("list",),
    "list_builds": ("builds",),
    "add": ("create",),
    "new": ("create",),
    "invite": ("create",),
    "trigger": ("create",),
    "start": ("create",),
    "run": ("create",),
    "edit": ("update",),
    "patch": ("update",),
    "modify": ("update",),
    "rerun": ("rebuild", "retry"),
    "restart": ("rebuild", "retry"),
    "retry": ("retry_failed_jobs", "rebuild"),
    "watch": ("follow", "wait"),
    "tail": ("follow",),
    "stream": ("follow",),
    "wait_for": ("wait",),
    "wait_until_finished": ("wait",),
    **dict.fromkeys(
        ("logs", "get_log", "get_logs", "text_log", "read_log", "fetch_log", "plain_log", "raw_log", "show_log"),
        ("log_text", "follow"),
    ),
    **dict.fromkeys(
        ("iter_log", "stream_log", "stream_logs", "tail_log", "follow_log", "watch_log", "log_lines", "log_stream"),
        ("follow", "log_text"),
    ),
    **dict.fromkeys(("why", "explain", "diagnose", "failures", "summary"), ("failure_summary",)),
    "text": ("log_text", "read"),
    "json": ("read",),
    "read_text": ("read",),
    "read_bytes": ("read",),
    "retry_failed": ("retry_failed_jobs", "client.builds.retry_failed_jobs(build)"),
    "retry_all": ("retry_failed_jobs", "client.builds.retry_failed_jobs(build)"),
    "retry_failed_jobs": ("client.builds.retry_failed_jobs(build)",),
    "approve": ("unblock",),
    "environment": ("env",),
    "save": ("download",),
    "load": ("read",),
    "content": ("read",),
    "upload": ("publish",),
}
"""Names of methods elsewhere, with those of this package, in all services."""


class AsyncService:
    """Group of operations. Its blocking twin runs the same code."""

    _names_of_borrowed: ClassVar[Mapping[str, str]] = {}
    """Names of the lists that this service borrows from another one: that of the original, and its own."""

    def __init_subclass__(cls, *, part_of: str | None = None) -> None:
        """Wrap the methods.

        Args:
            part_of: the name of the service, for a class that has a part of its methods.
        """
        super().__init_subclass__()
        _name_methods(cls, part_of or cls.__qualname__)
        for name, value in list(vars(cls).items()):
            if isinstance(value, FunctionType) and not name.startswith("_"):
                setattr(cls, name, _public(value))

    def __init__(self, requester: Requester) -> None:
        self._requester = requester

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> Any:
            return missing_or_raised(self, name, _OTHER_WORDS)

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
        from ..pagination.sources import EndpointPages  # here: a call that reads no list needs neither
        from ..pagination.walker import Walker

        given = {name: value for name, value in options.items() if value is not None}
        name = self._called(called)
        source = EndpointPages.of(self._requester, endpoint, arguments, given, limit=limit, name=name)
        return AsyncItems(Walker(source, limit=limit, concurrency=concurrency))

    def _called(self, called: str) -> str:
        return self._names_of_borrowed.get(called, called)

    def _pipeline_at(self, called: str, pipeline: object) -> tuple[str, str]:
        """Return organization and slug of the pipeline that an argument names."""
        requester = self._requester
        found = resolve(self._called(called), "pipeline", pipeline, root=requester.options.base_url)
        return found.organization or requester.organization, found.pipeline

    def _build_at(self, called: str, pipeline: object, number: object) -> tuple[str, str, int]:
        """Return organization, pipeline and number of the build that arguments name."""
        requester = self._requester
        found = resolve(called, "build", pipeline, number, root=requester.options.base_url)
        assert found.number is not None
        return found.organization or requester.organization, found.pipeline, found.number

    def _note_retry(self, at: tuple[str, str, int], *given: object) -> None:
        """Remember the retry of failed jobs that a Build among the arguments tells: its old end isn't the new one."""
        for each in given:
            if isinstance(each, Build):
                self._requester.recent_actions.learn(at, each, now=self._requester.runtime.now())

    def _job_at(self, called: str, pipeline: object, number: object, job_id: object) -> tuple[str, str, int, str]:
        """Return organization, pipeline, number and id of the job that arguments name."""
        requester = self._requester
        found = resolve(called, "job", pipeline, number, job_id, root=requester.options.base_url)
        assert found.number is not None
        assert found.job_id is not None
        return found.organization or requester.organization, found.pipeline, found.number, found.job_id

    def _build_or_job_at(
        self, called: str, pipeline: object, number: object, job_id: object
    ) -> tuple[tuple[str, str, int], str | None]:
        """Return organization, pipeline and number of the build that arguments name, and the id of a job in it, if any."""
        requester = self._requester
        found = resolve(called, "build or job", pipeline, number, job_id, root=requester.options.base_url)
        assert found.number is not None
        return (found.organization or requester.organization, found.pipeline, found.number), found.job_id

    def _job_by_id(self, called: str, job_id: object) -> tuple[str, str]:
        """Return organization and id of a job that is addressed by its id alone."""
        organization, found = job_address(called, job_id, root=self._requester.options.base_url)
        return organization or self._requester.organization, found


class Service(Generic[S]):
    """Blocking twin of an async service. The requester of the async service has the blocking runtime."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _name_methods(cls, cls.__qualname__)

    def __init__(self, shared: S) -> None:
        self._shared = shared

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> Any:
            return missing_or_raised(self, name, _OTHER_WORDS)


def _name_methods(cls: type, owner: str) -> None:
    """Name the methods of a class after their owner: a blocking or borrowed method has the name of its original."""
    for name, value in vars(cls).items():
        if isinstance(value, FunctionType):
            value.__name__, value.__qualname__, value.__module__ = name, f"{owner}.{name}", cls.__module__


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
    original = original_of(method)

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

    introduce(call, original, returns=None if inspect.iscoroutinefunction(original) else _blocking_result(original))
    return call


def _public(original: FunctionType) -> Callable[..., Any]:
    """Wrap a method of an async service: its errors end at the caller, and name the argument that they are about."""

    async def call(self: AsyncService, *args: Any, **kwargs: Any) -> Any:
        with EndsAtCaller() as end, NamesArguments(end, original, (self, *args), kwargs):
            return await original(self, *args, **kwargs)

    def begin(self: AsyncService, *args: Any, **kwargs: Any) -> Any:
        with EndsAtCaller() as end, NamesArguments(end, original, (self, *args), kwargs):
            return original(self, *args, **kwargs)

    wrapper = call if inspect.iscoroutinefunction(original) else begin
    introduce(wrapper, original)
    return wrapper


def _blocking_result(method: FunctionType) -> str:
    """Return the annotation of what the twin of a method returns, instead of an async list or iterator."""
    annotation: str = method.__annotations__["return"]
    kind, bracket, items = annotation.partition("[")
    return ("Items" if kind == "AsyncItems" else "BlockingIterator") + bracket + items


def borrowed(method: Callable[Concatenate[Any, P], T], /) -> Callable[Concatenate[Any, P], T]:
    """Copy the method of another service into this one. It takes the name that it is assigned to."""
    original = original_of(method)
    return cast("Callable[Concatenate[Any, P], T]", copied(original, original.__globals__))
