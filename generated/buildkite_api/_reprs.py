# Generated from spec/ by `make generate`: edit that, not this.

"""Texts of models and events: one line for `repr`, all of it for `str`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

WIDTH = 100
"""The most columns of a `repr`."""

_FIRST = ("event", "id", "uuid", "number", "slug", "key", "name", "label", "type", "state", "status", "branch")
"""Attributes that tell one object from another, in the order in which a `repr` shows them."""

_LONGEST = 40
"""The most characters of one value in a `repr`."""

_MOST_ITEMS = 3


def one_line(name: str, values: Iterable[tuple[str, Any]]) -> str:
    """Return an object on one line of at most `WIDTH` columns: what tells it from others first, then what there is room for.

    Args:
        name: The name of its class.
        values: Its attributes that have a value, in their order.

    Example:
        >>> one_line("Job", [("agent", None), ("state", "passed"), ("id", "j1"), ("command", "make " * 20)])
        "Job(id='j1', state='passed', agent=None, command='make make make make make make make mak…')"
    """
    text, ordered = f"{name}(", sorted(values, key=_rank)
    for place, (key, value) in enumerate(ordered):
        part = f"{', ' if place else ''}{key}={_brief(value)}"
        rest = 1 if place == len(ordered) - 1 else len(", …)")
        if len(text) + len(part) + rest > WIDTH:
            return f"{text}{', ' if place else ''}…)"
        text += part
    return f"{text})"


def whole(name: str, values: Iterable[tuple[str, Any]]) -> str:
    """Return an object with all its attributes and theirs.

    Args:
        name: The name of its class.
        values: Its attributes that have a value, in their order.
    """
    return f"{name}({', '.join(f'{key}={_whole(value)}' for key, value in values)})"


def _rank(item: tuple[str, Any]) -> int:
    key = item[0]
    if key in _FIRST:
        return _FIRST.index(key)
    return len(_FIRST) + (key in ("graphql_id", "url") or key.endswith("_url"))


def _brief(value: Any) -> str:
    """Return a value in a few words."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return _cut(repr(value if len(value) <= _LONGEST else value[: _LONGEST + 1]), "'")
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return _cut(repr(value), "]") if _is_small(value) else f"[{_counted(len(value), 'item')}]"
    if isinstance(value, Mapping):
        return _cut(repr(value), "}") if _is_small(value.values()) else f"{{{_counted(len(value), 'key')}}}"
    if hasattr(value, "_given"):
        return _named(type(value).__name__, dict(value._given()))  # without secrets
    if hasattr(value, "__struct_fields__"):
        return _named(type(value).__name__, {name: getattr(value, name) for name in value.__struct_fields__})
    return _cut(repr(value), "")


def _named(name: str, values: Mapping[str, Any]) -> str:
    """Return an object that is a value of another one, with its first attribute that tells it from others."""
    for key in _FIRST:
        value = values.get(key)
        if isinstance(value, str | int) and value != "":
            return f"{name}({key}={_brief(value)})"
    return f"{name}(…)"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _is_small(values: Any) -> bool:
    return len(values) <= _MOST_ITEMS and all(
        value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= _LONGEST)
        for value in values
    )


def _cut(text: str, end: str) -> str:
    return text if len(text) <= _LONGEST + 2 else f"{text[: _LONGEST - len(end)]}…{end}"


def _whole(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_whole, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_whole(inner)}' for key, inner in value.items())}}}"
    return str(value) if hasattr(value, "_given") else repr(value)


__all__ = ["WIDTH", "one_line", "whole"]
