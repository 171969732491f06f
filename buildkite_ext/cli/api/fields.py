"""`--field` and `--raw-field`: `name=value` pairs that become a query or a JSON body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..problem import UsageError
from ..strict_json import refuse_constant

NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
BRACKETS = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Field:
    """A pair, its value as it was typed or read."""

    name: str
    value: str
    raw: bool
    """Whether the value is a string whatever it looks like."""


def split(option: str, word: str) -> tuple[str, str]:
    """The two halves of `name=value`."""
    name, sign, value = word.partition("=")
    if not name or not sign:
        raise UsageError(f"{option}: give NAME=VALUE.")  # not the word: it may be a secret on its own
    for text, what in ((name, ": its name"), (value, f" {name}: its value")):
        if any("\ud800" <= character <= "\udfff" for character in text):  # how Python keeps bytes that it can't decode
            raise UsageError(f"{option}{what} isn't UTF-8 text.")
    return name, value


def value_of(text: str) -> Any:
    """What a value means in JSON: itself where it is JSON, else a string.

    A number with a point or an exponent has to be written as JSON would write it, since `1.10` is rather a version and
    `12e4567` a commit.

    Example:
        >>> [value_of(text) for text in ("5", "true", "null", '{"a": 1}', "1.10", "main", '"5"')]
        [5, True, None, {'a': 1}, '1.10', 'main', '5']
    """
    try:
        value = json.loads(text, parse_constant=refuse_constant)
        if isinstance(value, int | float) and not isinstance(value, bool) and json.dumps(value) != text:
            return text
        json.dumps(value, allow_nan=False)  # 1e999 inside an object
    except (ValueError, RecursionError):
        return text
    return value


def body_of(fields: Iterable[Field]) -> dict[str, Any]:
    """The object that pairs make: `a[b]=1` nests, `a[]=1` appends, `a[][b]=1` appends objects.

    Example:
        >>> body_of([Field("env[A]", "1", True), Field("tags[]", "x", False), Field("tags[]", "2", False)])
        {'env': {'A': '1'}, 'tags': ['x', 2]}
        >>> body_of([Field(f"jobs[][{key}]", value, False) for key, value in (("id", "1"), ("n", "a"), ("id", "2"))])
        {'jobs': [{'id': 1, 'n': 'a'}, {'id': 2}]}
    """
    body: dict[str, Any] = {}
    for field in fields:
        found = NAME.fullmatch(field.name)
        if not found:
            raise UsageError(f"--field {field.name!r}: write NAME, NAME[KEY] or NAME[].")
        keys = [found[1], *BRACKETS.findall(found[2])]
        _put(body, keys, field.value if field.raw else value_of(field.value), field.name)
    return body


def _put(body: dict[str, Any], keys: list[str], value: Any, name: str) -> None:
    """Put a value where its keys lead; the key "" appends to a list."""
    reached: Any = body
    for place, key in enumerate(keys):
        at: Any = reached
        rest = keys[place + 1 :]
        listed = isinstance(at, list)
        if listed is not (key == ""):
            raise UsageError(f"--field {name!r}: the same name is a list in one field and something else in another.")
        if not rest:
            if key == "":
                at.append(value)
            elif key in at:
                raise UsageError(f"--field {name!r} is given twice; NAME[] makes a list.")
            else:
                at[key] = value
            return
        new: Any = [] if rest[0] == "" else {}
        if key == "":
            if not at or not _has_room(at[-1], rest):
                at.append(new)
            reached = at[-1]
        else:
            reached = at.setdefault(key, new)
        if not isinstance(reached, dict | list):
            raise UsageError(f"--field {name!r}: the same name has a plain value in another field.")


def _has_room(item: Any, keys: list[str]) -> bool:
    """Whether an item of a list can take one more value under these keys, or a new item has to begin."""
    for key in keys:
        if key == "":
            return isinstance(item, list)
        if not isinstance(item, dict):
            return False
        if key not in item:
            return True
        item = item[key]
    return False
