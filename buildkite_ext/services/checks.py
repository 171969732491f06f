"""Check of arguments by the annotations of a method: one table of types for all services, printed and by hand.

What type checkers refuse would otherwise be sent as something else than was meant, such as `"false"` as the number of a pull
request, or each letter of a text as an element of a list.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Literal

from buildkite_api.base import Model
from buildkite_api.types import UNSET, Secret, Unset, kind_of
from msgspec import Struct

from ..messages import shown

__all__ = ["check"]

_ADDRESS = frozenset({"self", "pipeline", "number", "job_id"})
"""Arguments that are not checked here: `addresses` does."""

_WANTED: Mapping[type, str] = {
    str: "a text (str)",
    bool: "True or False",
    int: "a whole number (int)",
    float: "a number (int or float)",
    datetime: 'a datetime with a time zone, or a text such as "2026-11-25T10:00:00Z"',
    Secret: "a Secret",
}

_SECONDS = frozenset({"expected_duration", "poll_interval", "timeout"})
"""Arguments that are lengths of time."""

_HARMLESS = (int, bool, float, datetime)
"""Types whose arguments hold no secret, so that a wrong value of a simple type is shown in a message."""

_OUTSIDE_PULL_REQUESTS = (
    '. $BUILDKITE_PULL_REQUEST holds "false" outside pull requests: leave pull_request_id out there, or pass None'
)


_Test = Callable[[object], bool]
"""Function that tells whether a value has a type."""


class _Parameter(Struct, frozen=True):
    """Parameter of a method."""

    name: str
    kinds: tuple[Any, ...]
    """The types of its union."""
    fits: _Test
    """Tells whether a value has one of these types."""
    takes_none: bool
    """True if None may stand for it."""
    in_path: bool
    """True for a text that becomes a part of a path, so that it can't be empty."""


def check(method: Callable[..., Any], arguments: Mapping[str, object]) -> None:
    """Check the arguments of a call by the annotations of its method. What has a default may be left out, by None or UNSET.

    Args:
        method: the method.
        arguments: its local variables, before it has any others.

    Raises:
        TypeError: an argument has another type than the method takes.
        ValueError: a text that would be a part of a path is empty.
    """
    for parameter in _parameters(method):
        value = arguments[parameter.name]
        if value is None and parameter.takes_none:
            continue
        if not parameter.fits(value):
            raise TypeError(_told(parameter.name, value, parameter.kinds))
        if parameter.in_path and isinstance(value, str) and not value.strip():
            raise ValueError(f"{parameter.name}={shown(value)} is empty, and would address another resource")


@cache
def _parameters(method: Callable[..., Any]) -> tuple[_Parameter, ...]:
    hints = typing.get_type_hints(method)
    found = []
    for each in inspect.signature(method).parameters.values():
        if each.name in _ADDRESS or each.kind is each.VAR_KEYWORD:
            continue
        kinds = tuple(_alternatives(hints[each.name]))
        if each.kind is each.VAR_POSITIONAL:
            kinds = (types.GenericAlias(Sequence, (hints[each.name],)),)
        elif each.default is UNSET:
            kinds = (*kinds, type(None))  # `not_null` refuses it where no null is documented
        in_path = each.kind is each.POSITIONAL_OR_KEYWORD and each.default is each.empty
        found.append(_Parameter(each.name, kinds, _test_of_any(kinds), type(None) in kinds, in_path))
    return tuple(found)


def _alternatives(hint: Any) -> Iterable[Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        for each in typing.get_args(hint):
            yield from _alternatives(each)
    else:
        yield hint


def _test_of_any(kinds: Iterable[Any]) -> _Test:
    """Return the test of a union of types."""
    tests = tuple(_test_of(kind) for kind in kinds)
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _test_of(kind: Any) -> _Test:
    """Return the test of a type. Types that are not in the table fit anything: the method itself looks at those."""
    origin = typing.get_origin(kind) or kind
    if origin is Literal:
        return _is_text  # a name that this version doesn't know is sent, with a warning
    if origin is bool or origin is Unset or origin is type(None) or origin is Secret or origin is datetime:
        return lambda value: isinstance(value, origin)
    if origin is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool)
    if origin is float:
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    if origin is Mapping:
        inner = tuple(_alternatives(typing.get_args(kind)[1]))
        if str in inner:  # `text_map` and its siblings look at maps of texts, and know more about them
            return _anything
        of_value = _test_of_any(inner)
        return lambda value: isinstance(value, Mapping) and all(map(of_value, value.values()))
    if origin is Sequence:
        return _test_of_list(typing.get_args(kind)[0])
    if not isinstance(origin, type):
        return _anything
    if origin is str or issubclass(origin, Enum):
        return _is_text
    if issubclass(origin, Model):
        return lambda value: isinstance(value, origin | Mapping)
    return _anything


def _test_of_list(element: Any) -> _Test:
    of_element = _test_of_any(_alternatives(element))

    def test(value: object) -> bool:
        if isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Iterable):
            return False
        # The elements of a generator are left alone: to look at them would use them up.
        return not isinstance(value, Collection) or all(map(of_element, value))

    return test


def _anything(_: object) -> bool:
    return True


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, Enum) and isinstance(value.value, str))


def _told(name: str, value: object, kinds: Sequence[Any]) -> str:
    """Return what is wrong with an argument, and what to write."""
    if name == "pull_request_id" and value == "false":
        return f"{name}={shown(value)} is a str: give {_WANTED[int]}{_OUTSIDE_PULL_REQUESTS}"
    lists = [kind for kind in kinds if typing.get_origin(kind) is Sequence]
    if lists and isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        element = tuple(_alternatives(typing.get_args(lists[0])[0]))
        fits = _test_of_any(element)
        for index, each in enumerate(value):
            if not fits(each):
                return _told(f"{name}[{index}]", each, element)
    maps = [kind for kind in kinds if typing.get_origin(kind) is Mapping]
    if maps and isinstance(value, Mapping):
        inner = tuple(_alternatives(typing.get_args(maps[0])[1]))
        fits = _test_of_any(inner)
        for key, each in value.items():
            if not fits(each):
                return _told(f"{name}[{key!r}]", each, inner)
    named = [kind for kind in kinds if not (kind is str and datetime in kinds)]
    wanted = " or ".join(dict.fromkeys(text for kind in named if (text := _wanted(kind, name))))
    written = f"={shown(value)}" if _showable(value, kinds) else ""
    return f"{name}{written} is {kind_of(value)}: give {wanted}{_hint(name, value, kinds)}"


def _wanted(kind: Any, name: str) -> str:
    origin = typing.get_origin(kind) or kind
    if origin is Mapping:
        return f'a map, such as {name}={{"KEY": "value"}}'
    if origin is Sequence:
        (element,) = typing.get_args(kind)
        first = next(iter(_alternatives(element)))
        return f"a list of {first.__name__}" if isinstance(first, type) and first is not str else "a list of texts"
    if origin is Literal:
        return f"one of {', '.join(repr(each) for each in typing.get_args(kind)[:8])}"
    if origin is float and name in _SECONDS:
        return "seconds, as a number"
    if origin in _WANTED:
        return _WANTED[origin]
    if isinstance(origin, type) and issubclass(origin, Model):
        return f"{'an' if origin.__name__[0] in 'AEIOU' else 'a'} {origin.__name__}"
    return _WANTED[str] if isinstance(origin, type) and issubclass(origin, Enum) else ""


def _showable(value: object, kinds: Iterable[Any]) -> bool:
    """Tell whether a value may stand in a message: it is simple, and no secret was asked for."""
    simple = value is None or isinstance(value, bool | int | float | str)
    return (
        simple and all(kind in _HARMLESS or kind in (type(None), Unset, str) for kind in kinds) and Secret not in kinds
    )


def _hint(name: str, value: object, kinds: Sequence[Any]) -> str:
    """Return what to write instead of a value, where it is plain what was meant."""
    if isinstance(value, bytes) and str in kinds:
        return f": {name}.decode()"
    if isinstance(value, str):
        text = value.strip().lower()
        if bool in kinds and text in ("true", "false"):
            return f": {name}={text.title()}"
        if int in kinds and text.isdecimal() and text.isascii():
            return f": {name}=int({shown(value)})"
        if any(typing.get_origin(kind) is Sequence for kind in kinds):
            return f": {name}=[...]"
    if isinstance(value, Model) and str in kinds and isinstance(getattr(value, "id", None), str):
        return ", such as its .id"
    return ""
