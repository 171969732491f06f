"""Annotations of the services' methods: what the methods tell of themselves, and the types behind the names.

A program calls few of the methods. The modules of the services import a type that only annotations name for type checkers alone,
if its module costs time to import. `typing.get_type_hints` finds it nevertheless, in one of a few modules.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import update_wrapper
from importlib import import_module
from types import FunctionType
from typing import Any, cast

from .._sync import BlockingIterator
from ..pagination.items import Items

__all__ = ["copied", "introduce", "names_of", "original_of"]

_HOMES = ("buildkite_ext", "buildkite_ext.logs", "buildkite_ext.webhooks", "buildkite_ext.watching.wait")
"""Modules whose names annotations may hold without an import."""


class _Names(dict[str, Any]):
    """Names in the annotations of a module: its own, and those of a few others, which are imported when they are looked up."""

    def __init__(self, module: Mapping[str, Any]) -> None:
        super().__init__(Items=Items, BlockingIterator=BlockingIterator)  # in the annotations of blocking methods
        self._module = module

    def __missing__(self, name: str) -> Any:
        for names in (self._module, vars(builtins)):
            if name in names:
                return names[name]
        for home in _HOMES:
            with suppress(AttributeError):
                return getattr(import_module(home), name)
        raise KeyError(name)


def names_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the names that the annotations of a function may hold, as globals for `typing.get_type_hints`."""
    return _Names(original_of(function).__globals__)


def original_of(method: Callable[..., Any]) -> FunctionType:
    """Return the function that a method was before it was wrapped."""
    return cast("FunctionType", getattr(method, "_original", method))


def introduce(wrapper: Callable[..., Any], original: FunctionType, *, returns: str | None = None) -> None:
    """Let a wrapper introduce itself as a method: by its name, docstring, signature and type hints.

    Args:
        wrapper: the function that users call.
        original: the method that it calls.
        returns: the annotation of what it returns, if it differs.
    """
    described = copied(original, _Names(original.__globals__))
    if returns is not None:
        described.__annotations__["return"] = returns
    update_wrapper(wrapper, described)
    wrapper.__dict__["_original"] = original


def copied(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    """Return a copy of a function, with other globals."""
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__annotations__ = dict(function.__annotations__)
    copy.__qualname__ = function.__qualname__
    copy.__module__ = function.__module__
    copy.__doc__ = function.__doc__
    return copy
