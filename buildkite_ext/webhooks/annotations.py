"""Annotations of handlers: the classes of events that a handler takes."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

from buildkite_api.webhooks import events
from buildkite_api.webhooks.events import EVENTS, WebhookEvent

from ..errors import ConfigurationError

__all__ = ["EventClasses", "check_annotation", "event_classes", "misfit"]

EventClasses = tuple[type[WebhookEvent], ...]
"""Classes of events; none if a handler takes any event."""


def event_classes(function: Callable[..., object]) -> EventClasses:
    """Return the classes of events that the annotation of a handler's parameter names.

    Returns:
        The classes; none if the parameter has no annotation, or one that isn't of events only, such as `object`.

    Example:
        >>> from buildkite_api.webhooks.events import BuildFinished, JobFinished
        >>> def page(event: BuildFinished | JobFinished) -> None: ...
        >>> [kind.__name__ for kind in event_classes(page)]
        ['BuildFinished', 'JobFinished']
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a function of C
        return ()
    annotation: Any = parameters[0].annotation if parameters else parameters
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, _globals_of(function), dict(vars(events)))  # noqa: S307  # the user's source
        except Exception:  # a name that only checkers know
            return ()
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    members = [kind for kind in (typing.get_args(annotation) if union else (annotation,)) if kind is not type(None)]
    if not members or not all(isinstance(kind, type) and issubclass(kind, WebhookEvent) for kind in members):
        return ()
    return tuple(members)


def check_annotation(name: str, takes: EventClasses, possible: list[type[WebhookEvent]]) -> None:
    """Check that a handler can take one of the events that it is registered for.

    Args:
        name: the name of the handler.
        takes: the classes that its annotation names.
        possible: the classes of the known events that it is registered for.

    Raises:
        ConfigurationError: it takes none of them, so that it would never run.
    """
    if takes and possible and not any(issubclass(kind, takes) for kind in possible):
        raise ConfigurationError(
            f"{name} takes {_named(takes)}, and is registered for {_named(tuple(possible))}: it would never run. Change the "
            "annotation of its parameter, or the event."
        )


def misfit(name: str, takes: EventClasses, event: WebhookEvent) -> TypeError | None:
    """Return the error of a handler whose event came without fields that its class requires.

    Args:
        name: the name of the handler.
        takes: the classes that its annotation names.
        event: an event that is of none of them.

    Returns:
        The error; None if the event is another one, which isn't for this handler.
    """
    kind = EVENTS.get(event.event)
    if kind is None or not issubclass(kind, takes):
        return None
    problem = getattr(event, "problem", "") or f"it is {type(event).__name__}"
    return TypeError(f"{name} takes {_named(takes)}, and {event.event} came otherwise than documented: {problem}")


def _named(kinds: EventClasses) -> str:
    names = [kind.__name__ for kind in kinds]
    return " or ".join(names) if len(names) < 4 else f"{', '.join(names[:3])}, …"


def _globals_of(function: Any) -> dict[str, Any]:
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not hasattr(function, "__globals__") and not inspect.ismethod(function):
        function = type(function).__call__
    found: dict[str, Any] = getattr(getattr(function, "__func__", function), "__globals__", {})
    return found
