"""Keywords that a function doesn't have: the error names the one that was meant."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from .unknown_names import nearest

__all__ = ["checks_fields", "checks_keywords", "unknown_keyword"]

__tracebackhide__ = True  # pytest shows the line that called, not that of the wrapper; --full-trace shows all
__unittest = True  # so does unittest

P = ParamSpec("P")
T = TypeVar("T")

_OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "org": ("organization",),
    "org_slug": ("organization",),
    "organization_slug": ("organization",),
    "api_token": ("token",),
    "access_token": ("token",),
    "api_key": ("token",),
    "api_url": ("base_url",),
    "url": ("base_url",),
    "endpoint": ("base_url",),
    "host": ("base_url",),
    "retries": ("retry", "automatic_retries"),
    "max_retries": ("retry",),
    "attempts": ("retry",),
    "hook": ("on_event",),
    "tracer": ("telemetry",),
    "metrics": ("telemetry",),
    "otel": ("telemetry",),
    "interval": ("poll_interval",),
    "poll": ("poll_interval",),
    "delay": ("poll_interval", "seconds", "after"),
    "pause": ("seconds",),
    "latency": ("seconds",),
    "chance": ("probability",),
    "rate": ("probability",),
    "deadline": ("timeout",),
    "max_wait": ("timeout",),
    "created_after": ("created_from",),
    "created_since": ("created_from",),
    "created_before": ("created_to",),
    "since": ("created_from", "after"),
    "after": ("created_from",),
    "until": ("created_to", "before"),
    "before": ("created_to",),
    "status": ("state", "exit_status"),
    "states": ("state",),
    "author": ("creator",),
    "user": ("creator",),
    "sha": ("commit",),
    "ref": ("branch", "commit"),
    "environment": ("env",),
    "env_vars": ("env",),
    "metadata": ("meta_data",),
    "page_size": ("per_page",),
    "max_items": ("limit",),
    "count": ("limit", "times", "builds"),
    "max": ("limit",),
    "max_results": ("limit",),
    "max_count": ("limit",),
    "code": ("status", "exit_status"),
    "status_code": ("status",),
    "exit_code": ("exit_status",),
    "returncode": ("exit_status",),
    "duration": ("seconds", "after", "timeout"),
    "seconds": ("after", "timeout", "seconds_per_request"),
    "repeat": ("times",),
    "workers": ("concurrency",),
    "pattern": ("globs", "path"),
    "patterns": ("globs",),
    "glob": ("globs", "path"),
    "path": ("globs", "to"),
    "directory": ("to",),
    "folder": ("to",),
    "dest": ("to",),
    "destination": ("to",),
    "output": ("to", "log"),
    "slug": ("pipeline",),
    "pipeline_slug": ("pipeline",),
    "build": ("number",),
    "build_number": ("number",),
    "job": ("job_id",),
    "json": ("body",),
    "data": ("body",),
    "content": ("body",),
}
"""Keywords of other programs, with those of this one, in all functions."""


def checks_keywords(function: Callable[P, T]) -> Callable[P, T]:
    """Wrap a function: an unknown keyword is refused with the one that was meant.

    Example:
        >>> @checks_keywords
        ... def builds(*, limit: int | None = None) -> None: ...
        >>> builds(max=3)
        Traceback (most recent call last):
        TypeError: builds() got an unexpected keyword argument 'max'. Did you mean limit=?
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            constructor = f"{function.__qualname__}()"
            if function.__name__ == "__init__" and args and constructor in str(error):  # it may be that of a base
                error.args = (str(error).replace(constructor, f"{type(args[0]).__name__}()"),)
            meant = unknown_keyword(error, signature, kwargs)
            if meant is None:
                raise
            raise meant from None

    return call


def checks_fields(cls: type[T]) -> type[T]:
    """Wrap the constructor of a dataclass: an unknown keyword is refused with the field that was meant.

    Example:
        >>> from dataclasses import dataclass
        >>> @checks_fields
        ... @dataclass
        ... class Limit:
        ...     limit: int = 1
        >>> Limit(max=3)
        Traceback (most recent call last):
        TypeError: Limit() got an unexpected keyword argument 'max'. Did you mean limit=?
    """
    type.__setattr__(cls, "__init__", checks_keywords(cls.__init__))
    return cls


def unknown_keyword(error: TypeError, signature: inspect.Signature, kwargs: Mapping[str, object]) -> TypeError | None:
    """Return the error of a keyword that a function doesn't have, with the one that was meant.

    Args:
        error: what Python said of the call.
        signature: the parameters of the function.
        kwargs: the keywords of the call.

    Returns:
        The error; None if the call failed for another reason, or no parameter is near.
    """
    said, unexpected, quoted = str(error).partition("got an unexpected keyword argument '")
    word = quoted.partition("'")[0]
    if not unexpected or word not in kwargs or word in signature.parameters:
        return None

    known = [name for name in signature.parameters if name != "self"]
    meant = next((name for name in _OTHER_WORDS.get(word, ()) if name in known), None) or nearest(word, known)
    if meant is None:
        return None
    parameter = signature.parameters[meant]
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        hint = f"Give {meant} without a keyword, each as an argument of its own."
    else:
        hint = f"Did you mean {meant}=?"
    return TypeError(f"{said}{unexpected}{word}'. {hint}")
