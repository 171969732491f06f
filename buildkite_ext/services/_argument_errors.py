"""Errors of arguments: which argument a call failed for, in the words of the method that was called.

`checks` looks at the types of arguments before a call. A value that has the right type and can't be sent, and every argument of a
generated function, causes an error of Python's or of httpx's, which tells neither its name nor its place; the search here does.
"""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from functools import wraps
from types import NoneType, TracebackType, UnionType
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import httpx
from buildkite_api.types import File, Secret, Unset, kind_of

from .._tracebacks import EndsAtCaller
from ..errors import BuildkiteError
from ..messages import shown
from ..unknown_keywords import unknown_keyword
from ._annotations import names_of

__all__ = ["NamesArguments", "names_keywords"]

P = ParamSpec("P")
T = TypeVar("T")

_ARGUMENT_ERRORS = (TypeError, ValueError, AttributeError, RecursionError, OverflowError, httpx.InvalidURL)
"""Errors that an argument may cause that can't be sent."""

_LONGEST_URL = 65_536
"""The longest part of a URL that httpx takes."""
_DEEPEST = 100
_MOST = 100_000
_LARGEST = 14_000
"""Bits of a number that Python still writes as digits."""


def names_keywords(function: Callable[P, T]) -> Callable[P, T]:
    """Wrap a function of a client: an unknown keyword is refused with the one that was meant."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        with EndsAtCaller() as end:
            try:
                return function(*args, **kwargs)
            except TypeError as error:
                meant = unknown_keyword(error, inspect.signature(function), kwargs)
                if meant is None:
                    raise
                end.own = meant
                raise meant from None

    return call


class NamesArguments:
    """Context of a public call, in which the error of an argument becomes one that names it.

    Args:
        end: the outer context, at which the traceback ends.
        function: the function that was called.
        args, kwargs: its arguments.
    """

    __slots__ = ("_args", "_end", "_function", "_kwargs")

    def __init__(
        self, end: EndsAtCaller, function: Callable[..., Any], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        self._end = end
        self._function = function
        self._args = args
        self._kwargs = kwargs

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, _ARGUMENT_ERRORS):
            named = _explained(error, self._function, self._args, self._kwargs)
            if named is not None:
                self._end.own = named
                raise named from None


def _explained(
    error: Exception, function: Callable[..., Any], args: Sequence[object], kwargs: Mapping[str, object]
) -> Exception | None:
    """Return an error that names the argument that a call failed for.

    Args:
        error: the error of the call.
        function: the function that was called.
        args, kwargs: its arguments.

    Returns:
        A TypeError or a ValueError; None if `error` is an error of this package, names an argument already, or no argument
        explains it.
    """
    if isinstance(error, BuildkiteError):
        return None
    signature = inspect.signature(function)
    try:
        arguments = signature.bind(*args, **kwargs).arguments
    except TypeError:
        # The call itself is wrong, and Python says so.
        return unknown_keyword(error, signature, kwargs) if isinstance(error, TypeError) else None
    said = "" if isinstance(error, UnicodeError) else str(error)
    given = {
        name: value
        for name, value in _flat(signature, arguments).items()
        if name not in ("self", "endpoint") and not isinstance(value, Unset)
    }
    if said.startswith(tuple(f"{name}{mark}" for name in given for mark in ("=", "[", " "))):
        return None
    if "address another resource" in said:
        for name, value in given.items():
            if isinstance(value, str) and value in ("", ".", ".."):
                return ValueError(f"{name} must not be {value!r}: it would address another resource.")
    hints = _hints(function)
    for name, value in given.items():
        problem = _of_another_type(value, hints[name]) if name in hints else None
        if problem is not None:
            wanted = str(signature.parameters[name].annotation).replace("builtins.", "").replace(" | Unset", "")
            kind = ValueError if isinstance(error, ValueError) else TypeError
            return kind(f"{name} {problem}: give {wanted}.")
    for name, value in given.items():
        problem = _unsendable(value)
        if problem is not None:
            return ValueError(f"{name} {problem}.")
    for name, value in given.items():
        if (
            isinstance(error, httpx.InvalidURL) and len(str(value)) > _LONGEST_URL // 12
        ):  # percent-encoding makes 12 of one
            return ValueError(f"{name} is too long for a URL: {len(str(value))} characters.")
        if "null byte" in said and isinstance(value, str) and "\0" in value:
            return ValueError(f"{name} holds a NUL character, which no name of a file has.")
    if isinstance(error, httpx.InvalidURL):
        return ValueError(f"The URL can't be used: {error}.")
    # A message may begin with the name that the API has for the argument, such as Buildkite-Version.
    first, _, rest = said.partition(" ")
    name = first.lower().replace("-", "_")
    return type(error)(f"{name} {rest}") if name != first and name in given else None


def _flat(signature: inspect.Signature, arguments: Mapping[str, Any]) -> dict[str, object]:
    """Return the arguments by name, those of `**kwargs` among them."""
    flat: dict[str, object] = {}
    for name, value in arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            flat.update(value)
        elif kind is inspect.Parameter.VAR_POSITIONAL:
            flat.update({f"argument {number}": each for number, each in enumerate(value, start=1)})
        else:
            flat[name] = value
    return flat


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, names_of(function))
    except NameError:  # a generated module imports its types for checkers only
        return {}


def _of_another_type(value: object, hint: Any) -> str | None:
    """Return how a value differs from a type; None if it may fit."""
    if _fits(value, hint):
        return None
    for each in _members(hint):
        if isinstance(value, Mapping) and typing.get_origin(each) is Mapping:
            kinds = typing.get_args(each)
            pairs = ((key, inner, _fits(key, kinds[0])) for key, inner in value.items())
            for key, inner, right in pairs:
                if not right:
                    return f"has a key that is {kind_of(key)}"
                if not _fits(inner, kinds[1]):
                    return f"has {kind_of(inner)} under the key {shown(key)}"
        if isinstance(value, list | tuple | set | frozenset) and typing.get_origin(each) is Sequence:
            wrong = [item for item in value if not _fits(item, typing.get_args(each)[0])]
            if wrong:
                return f"has an item that is {kind_of(wrong[0])}"
    return f"is {kind_of(value)}"


def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, UnionType) else (hint,)


def _fits(value: object, hint: Any) -> bool:
    """Return False if a value can't be of a type."""
    if hint is None or hint is NoneType:
        return value is None
    if hint is float or hint is int:
        return isinstance(value, (int, float) if hint is float else int) and not isinstance(value, bool)
    if hint is typing.BinaryIO:
        return hasattr(value, "read")
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is typing.Literal:
        return any(value == each for each in inner)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            _fits(key, inner[0]) and _fits(each, inner[1]) for key, each in value.items()
        )
    if origin is Sequence:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            return False
        return not isinstance(value, list | tuple | set) or all(_fits(item, inner[0]) for item in value)
    kind = origin or hint
    try:
        return isinstance(value, kind)
    except TypeError:  # Any, a type variable
        return True


def _unsendable(value: object) -> str | None:
    """Return why a value can't be sent; None if it can."""
    left = [(value, 0)]
    for _ in range(_MOST):
        if not left:
            return None
        each, depth = left.pop()
        problem = _unsendable_here(each)
        if problem is not None:
            return problem
        if depth > _DEEPEST:
            return "is nested too deeply, or contains itself"
        left += [(item, depth + 1) for item in _inside(each)]
    return None


def _inside(value: object) -> list[object]:
    import attrs
    from buildkite_api.base import Model  # here, since it imports attrs

    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, Model):
        return [getattr(value, each.name, None) for each in attrs.fields(type(value)) if each.name != "_additional"]
    return []


def _unsendable_here(value: object) -> str | None:
    from buildkite_api.base import Model

    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return f"holds a lone surrogate, which can't be sent: {ascii(value) if len(value) < 100 else shown(value)}"
    elif isinstance(value, datetime):
        if value.utcoffset() is None:
            return f"has no time zone: {shown(value)}. Write datetime(..., tzinfo=UTC)"
    elif isinstance(value, int):
        if value.bit_length() > _LARGEST:
            return "is a number of too many digits"
    elif isinstance(value, float):
        if not math.isfinite(value):
            return f"holds {value!r}, which isn't a finite number"
    elif not (
        value is None
        or callable(value)
        or hasattr(value, "read")
        or hasattr(value, "__fspath__")
        or isinstance(value, Mapping | list | tuple | Model | Enum | date | UUID | Secret | File | Unset)
    ):
        return f"holds {kind_of(value)}, which can't be sent"
    return None
