"""Registration of handlers: routers that collect them, and the check that a function can be a handler."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildkite_api.webhooks.events import WebhookEvent
from buildkite_api.webhooks.registrar import Patterns, Registrar

from ..errors import ConfigurationError
from ..unknown_keywords import checks_keywords
from .annotations import EventClasses, check_annotation, event_classes
from .filters import Filters, Match, known_kinds, matcher

__all__ = ["Registration", "Router"]


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """A handler with its filters and options."""

    function: Callable[[Any], object]
    matches: Match
    once: bool
    is_async: bool
    timeout: float | None
    """Seconds that the handler may take; None for no limit, and in a `Router` for the limit of the `WebhookHandler`."""
    name: str = ""
    """A name that is unique in a `WebhookHandler`; empty in a `Router`."""
    takes: EventClasses = ()
    """The classes of events that its annotation names; none if it takes any event."""


class Router(Registrar):
    """Collector of handlers for a `WebhookHandler`, so that a module can register handlers without knowing the receiver.

    Example:
        >>> from buildkite_ext.webhooks import BuildFinished, Router, WebhookHandler
        >>> router = Router()
        >>> @router.on("build.finished", state="failed")
        ... async def page_someone(event: BuildFinished) -> None:
        ...     print("Wake up:", event.build.web_url)
        >>> hooks = WebhookHandler(secret="s3cret")
        >>> hooks.include(router)
        >>> hooks
        WebhookHandler(secret=…, sink=MemoryQueue(limit=1000, max_bytes=67108864, workers=8, ordered=False), handlers=1)
    """

    if not TYPE_CHECKING:  # hidden from type checkers, which read the overloads of the original
        on = checks_keywords(Registrar.on)

    def __init__(self) -> None:
        self._registrations: list[Registration] = []
        self._included_in: list[Router] = []

    def __repr__(self) -> str:
        return f"Router(handlers={len(self._registrations)})"

    def include(self, router: Router, /) -> None:
        """Add the handlers of a router, after those that are registered already.

        Handlers that are registered with the router later are added as well. A handler that was added before, by this
        router or by another that includes it, isn't added again.

        Args:
            router: the router. It stays usable, also for other receivers.

        Raises:
            TypeError: it isn't a router.
        """
        if not isinstance(router, Router):
            raise TypeError(f"include() needs a Router, not {type(router).__name__}")
        router._included_in.append(self)
        for registration in tuple(router._registrations):
            self._add(registration)

    def _register(
        self,
        event: str | type[Any],
        *,
        state: Patterns | None,
        pipeline: Patterns | None,
        branch: Patterns | None,
        once: bool,
        timeout: float | None,
    ) -> Any:
        _check_event(event)
        matches = matcher(event, Filters(state=state, pipeline=pipeline, branch=branch))
        if timeout is not None and not timeout > 0:
            raise ConfigurationError(f"timeout={timeout!r}: give seconds above 0, or None for the handler_timeout")

        def decorate(function: Callable[[Any], object]) -> Callable[[Any], object]:
            _check_handler(function)
            takes = event_classes(function)
            check_annotation(_shown(function), takes, known_kinds(event))
            is_async = inspect.iscoroutinefunction(_unwrapped(function))
            self._add(Registration(function, matches, once, is_async, timeout, takes=takes))
            return function

        return decorate

    def _add(self, registration: Registration) -> None:
        if registration in self._registrations:
            return
        self._registrations.append(registration)
        for router in self._included_in:
            router._add(registration)


# --- Checks -----------------------------------------------------------------------------------------------------------


def _check_event(event: object) -> None:
    """Refuse what names no event.

    Raises:
        TypeError: it is a function, because the parentheses of the decorator are missing, or of another type.
    """
    if isinstance(event, str) or (isinstance(event, type) and issubclass(event, WebhookEvent)):
        return
    if isinstance(event, type) and event is not type:
        raise TypeError(f"on({event.__name__}): that class isn't an event; give one such as BuildFinished, or a name")
    if callable(event):
        raise TypeError(
            f'on() needs an event, not the handler: write @….on("*") for all events, or @….on("build.finished"), above '
            f"{_shown(event)}"
        )
    raise TypeError(
        f'on() needs one event, a name such as "build.finished", a pattern such as "build.*" or a class, not '
        f"{type(event).__name__}. For several events, write on() several times"
    )


def _check_handler(function: object) -> None:
    """Refuse what can't handle an event.

    Raises:
        TypeError: it can't be called with one event, or calling it would run nothing.
    """
    if not callable(function):
        raise TypeError(f"a handler must be callable, not {type(function).__name__}")
    shown = _shown(function)
    inner = _unwrapped(function)
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        kind = "async def" if inspect.isasyncgenfunction(inner) else "def"
        raise TypeError(
            f"the handler {shown} has a yield, so that calling it runs nothing: write a plain {kind} without yield"
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a function written in C may have none
        return
    try:
        signature.bind(None)
    except TypeError:
        raise TypeError(_wrong_parameters(shown, signature)) from None


def _wrong_parameters(shown: str, signature: inspect.Signature) -> str:
    required = [
        each.name
        for each in signature.parameters.values()
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    positional = [each for each in signature.parameters.values() if each.kind is not each.KEYWORD_ONLY]
    write = "write one parameter, as in def handler(event: WebhookEvent) -> None"
    if not positional:
        return f"the handler {shown} takes no event: {write}"
    if required[:1] == ["self"]:
        return (
            f"the handler {shown} is a method without its object: register the method of an object, on(…)(thing.method)"
        )
    return (
        f"the handler {shown} requires {', '.join(required)}, but is called with the event alone: {write}. The delivery is "
        "current_delivery(), and functools.partial gives other arguments"
    )


def _unwrapped(function: Any) -> Any:
    """Return the function that runs when a handler is called: that of a partial, or the `__call__` of an object."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isroutine(function) or isinstance(function, type):
        return function
    return getattr(function, "__call__", function)  # noqa: B004 - the method is wanted, not the answer


def _shown(function: Any) -> str:
    inner = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    return getattr(inner, "__qualname__", type(inner).__qualname__)
