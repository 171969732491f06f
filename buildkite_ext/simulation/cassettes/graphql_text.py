"""Texts of GraphQL without the secrets among their literals.

Only strings, names and brackets are looked at: a text that GraphQL refuses is cleaned as well, and in linear time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

__all__ = ["Literal", "Place", "cleaned_graphql", "is_graphql", "literals", "variables_of"]

_TOKEN = re.compile(
    r'"""(?P<block>(?:[^"\\]|\\"""|\\|"(?!""))*+)(?:""")?+'
    r'|"(?P<string>(?:[^"\\\r\n]|\\[^\r\n])*+)"?+'
    r"|\$(?P<variable>[A-Za-z0-9_]++)"
    r"|(?P<name>[A-Za-z0-9_]++)"
    r"|\#(?P<comment>[^\r\n]*+)"
    r"|(?P<mark>[:{}()\[\]])"
)
_COMMENT_TOKEN = re.compile(_TOKEN.pattern.replace(r"\#(?P<comment>[^\r\n]*+)", "(?P<comment>(?!))"))
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|(["\\/bfnrt]))')
_CHARACTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LAST_CHARACTER = 0x10FFFF
_HALF = re.compile(r"[\ud800-\udfff]")
"""Half of a character, which an escape may name."""

_BLOCK = '"""'
_ESCAPED_BLOCK = '\\"""'

_DOCUMENT = re.compile(
    r"(?:[\s,\ufeff]|#[^\r\n]*+)*+(?:(?:query|mutation|subscription|fragment)\b|\{(?:[\s,]|#[^\r\n]*+)*+[A-Za-z_.])"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a value in a text of GraphQL.

    Attributes:
        key: the name before its colon; for an item of a list, that before the list.
        within: the name before the map around it.
        listed: True for an item of a list.
        values: the name of the map of values, such as that of environment variables, in which it stands at any depth.
        value: the name of the value in that map.
        entry: True where that map is an item of a list: each tells a name and a value.
    """

    key: str = ""
    within: str = ""
    listed: bool = False
    values: str = ""
    value: str = ""
    entry: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """String in a text of GraphQL, or a variable.

    Attributes:
        start, end: where what is between its quotes stands.
        text: what it says; the name of a variable.
        place: its place.
        kind: what it is.
    """

    start: int
    end: int
    text: str
    place: Place
    kind: str


def _holds_none(_within: str, _key: str) -> bool:
    return False


def is_graphql(text: str) -> bool:
    """Tell whether a text begins as GraphQL does.

    Example:
        >>> is_graphql("# a\\n{ viewer { id } }"), is_graphql('{"viewer": 1}')
        (True, False)
    """
    return _DOCUMENT.match(text) is not None


def cleaned_graphql(text: str, clean: Callable[[str, Place], str], holds_values: Callable[[str, str], bool]) -> str:
    """Return a text of GraphQL with its strings cleaned.

    Args:
        text: the text.
        clean: returns what a string says without secrets, by its place.
        holds_values: tells whether all in a map is cleaned as values, by the name before the map around it and by its own.

    Example:
        >>> cleaned_graphql('{ a(token: "b", id: "c") }', lambda text, at: at.key.upper(), lambda within, key: False)
        '{ a(token: "TOKEN", id: "ID") }'
    """
    pieces: list[str] = []
    at = 0
    for each in literals(text, holds_values):
        if each.kind == "variable":
            continue
        made = clean(each.text, each.place)
        if made != each.text:
            pieces += (text[at : each.start], _written(made, block=each.kind == "block"))
            at = each.end
    return "".join([*pieces, text[at:]])


def variables_of(text: str, holds_values: Callable[[str, str], bool]) -> dict[str, list[Place]]:
    """Return the places in which the variables of a text stand.

    Example:
        >>> [at.key for at in variables_of("query ($t: ID) { a(token: $t) }", lambda within, key: False)["t"]]
        ['', 'token']
    """
    found: dict[str, list[Place]] = {}
    for each in literals(text, holds_values):
        if each.kind == "variable":
            found.setdefault(each.text, []).append(each.place)
    return found


def literals(
    text: str,
    holds_values: Callable[[str, str], bool] = _holds_none,
    *,
    tokens: re.Pattern[str] = _TOKEN,
    offset: int = 0,
) -> Iterator[Literal]:
    """Yield the strings and variables of a text, those of its comments included.

    Args:
        text: the text.
        holds_values: see `cleaned_graphql`.
        tokens: finds what is looked at.
        offset: where the text stands in the one around it.
    """
    around: list[Place] = []
    place = Place()
    name = ""
    for token in tokens.finditer(text):
        kind = token.lastgroup or ""
        found = token[kind]
        if kind == "comment":
            start = offset + token.start(kind)
            yield from literals(found, holds_values, tokens=_COMMENT_TOKEN, offset=start)
        elif kind == "name":
            name = found
        elif kind == "mark":
            if found == ":":
                place = replace(place, key=name)
            elif found in "{([":
                around.append(place)
                place = _inside(place, found, holds_values)
            elif around:
                place = around.pop()
            name = ""
        else:
            if kind == "variable":
                name = found  # its type, or its default, may follow
            said = _said(found, kind)
            yield Literal(offset + token.start(kind), offset + token.end(kind), said, place, kind)


def _inside(place: Place, mark: str, holds_values: Callable[[str, str], bool]) -> Place:
    """Return the place of what comes behind a bracket."""
    if mark == "(":  # arguments of a field, whose name says nothing about them
        return Place()
    if mark == "[":
        return replace(place, listed=True)
    inner = Place("", place.key, False, place.values, place.value or place.key if place.values else "", place.entry)
    if not place.values and holds_values(place.within, place.key):
        return replace(inner, values=place.key, entry=place.listed)
    return inner


def _said(source: str, kind: str) -> str:
    """Return what a literal says. Escapes that GraphQL doesn't know stay."""
    if kind == "block":
        return source.replace(_ESCAPED_BLOCK, _BLOCK)
    return _ESCAPE.sub(_character, source) if kind == "string" and "\\" in source else source


def _character(escape: re.Match[str]) -> str:
    if escape[3]:
        return _CHARACTERS.get(escape[3], escape[3])
    number = int(escape[1] or escape[2], 16)
    return chr(number) if number <= _LAST_CHARACTER else escape[0]


def _written(text: str, *, block: bool) -> str:
    """Return the source of a literal between its quotes."""
    if block:
        return text.replace(_BLOCK, _ESCAPED_BLOCK)
    return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(text, ensure_ascii=False)[1:-1])
