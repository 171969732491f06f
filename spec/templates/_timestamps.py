"""Timestamps in the older of Buildkite's two forms, such as "2018-03-25 03:58:14 UTC".

They are rewritten in the bytes of a body before it is decoded, to a form of the same length that msgspec reads and
nobody else writes: what turns out to be text of a map can be put back.
"""

from __future__ import annotations

import datetime as dt
import re
import typing
from functools import cache
from typing import Any

from ._shapes import members, shape_of, shapes_in

_OLD = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC")
_MARKED = re.compile(r"(\d{4}-\d\d-\d\d)t(\d\d:\d\d:\d\d)\.00z")
# A quote that is escaped belongs to a text that quotes JSON, and no key begins with one.
_KEY_AND_OLD = re.compile(rb'(?<!\\)"(\w+)"\s*:\s*"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$')
_LONGEST_KEY_AND_VALUE = 120


def timestamp_keys(type_: Any) -> frozenset[bytes]:
    """The keys whose values are timestamps wherever they occur in a type."""
    moments: set[str] = set()
    others: set[str] = set()
    for shape in shapes_in(type_):
        for key, hint in shape.hints.items():
            (moments if dt.datetime in members(hint) else others).add(key)
    return frozenset(key.encode() for key in moments - others)


def mark(content: bytes, keys: frozenset[bytes]) -> bytes | bytearray:
    """Rewrite the timestamps that stand under some keys; the body itself where there are none."""
    at = content.find(b' UTC"') if keys else -1
    body: bytes | bytearray = content
    while at >= 0:
        value = _KEY_AND_OLD.search(content[max(0, at - _LONGEST_KEY_AND_VALUE) : at])
        if value and value[1] in keys:
            if not isinstance(body, bytearray):
                body = bytearray(content)
            body[at - 9 : at - 8] = b"t"
            body[at : at + 4] = b".00z"
        at = content.find(b' UTC"', at + 5)
    return body


def unmark(value: Any) -> Any:
    """Put back what was rewritten in text that is no timestamp, in maps and in what is of unknown shape."""
    if isinstance(value, str):
        marked = _MARKED.fullmatch(value)
        return f"{marked[1]} {marked[2]} UTC" if marked else value
    if isinstance(value, list):
        value[:] = [unmark(inner) for inner in value]
    elif isinstance(value, dict):
        value.update({key: unmark(inner) for key, inner in value.items()})
    else:
        kind: Any = type(value)
        for attribute in _attributes_with_text(kind):
            inner = getattr(value, attribute)
            if inner:
                setattr(value, attribute, unmark(inner))
    return value


def iso(text: str) -> str:
    """A timestamp of either form as RFC 3339."""
    old = _OLD.fullmatch(text)
    return f"{old[1]}T{old[2]}Z" if old else text


@cache
def _attributes_with_text(type_: Any) -> list[str]:
    """The attributes of a model that may hold text of which no description speaks."""
    shape = shape_of(type_)
    return [shape.attributes[key] for key, hint in shape.hints.items() if _may_hold_text(hint)] if shape else []


def _may_hold_text(hint: Any) -> bool:
    hints = [hint, *(inner for shape in shapes_in(hint) for inner in shape.hints.values())]
    return any(type_ is Any or typing.get_origin(type_) is dict for each in hints for type_ in _parts(each))


def _parts(type_: Any) -> list[Any]:
    return [type_, *(part for argument in typing.get_args(type_) for part in _parts(argument))]
