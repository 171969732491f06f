"""Names and values in a request, among which credentials are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from ..api.multipart import form_parts
from .forms import pairs_of
from .graphql_text import is_graphql, literals
from .json_texts import begins_as_json, text_of, values_of

__all__ = ["named_values", "names_of", "snake_case"]

_NAMES = re.compile(r"[^\[\]]+")
_NEXT_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(name: str) -> str:
    """Return a name of GraphQL as the REST API writes it.

    Example:
        >>> snake_case("metaData"), snake_case("webhookURL"), snake_case("env")
        ('meta_data', 'webhook_url', 'env')
    """
    return name if name.islower() else _NEXT_WORD.sub("_", name).lower()


def names_of(field: str) -> list[str]:
    """Return the names in that of a field of a form, which may stand for a value in a map.

    Example:
        >>> names_of("env[CI]"), names_of("branch")
        (['env', 'CI'], ['branch'])
    """
    return _NAMES.findall(field) or [field]


def named_values(body: bytes, parameters: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the names and values in a request: of its URL, and of a body that is a form, JSON or GraphQL.

    Args:
        body: the body.
        parameters: those of its URL.

    Example:
        >>> list(named_values(b'{"query": "query ($t: ID) { a(token: $t) }", "variables": {"t": "x"}}', []))[2:]
        [('', 'x'), ('token', 'x')]
    """
    fields = [(each.name, each.data.decode(errors="replace")) for each in form_parts(body) if each.filename is None]
    pairs = [*parameters, *(fields or pairs_of(body))]
    yield from pairs
    by_name = dict(pairs)
    yield from _of_query(by_name.get("query"), by_name.get("variables"))
    text, _ = text_of(body)
    if is_graphql(text):
        yield from _of_query(text, None)
    elif begins_as_json(text):
        yield from _of_json(text)


def _of_json(text: str) -> Iterator[tuple[str, str]]:
    """Yield the keys and the texts in a text of JSON; nothing of another one."""
    maps: list[dict[str, Any]] = []

    values_of(text, maps.append)
    for each in maps:
        for key, value in each.items():
            yield from ((key, item) for item in _texts(value))
        yield from _of_query(each.get("query"), each.get("variables"))


def _of_query(query: object, variables: object) -> Iterator[tuple[str, str]]:
    """Yield the names and values in a text of GraphQL, and those of its variables, also by the names for which they stand."""
    if isinstance(variables, str):
        yield from _of_json(variables)
        with suppress(ValueError, RecursionError):
            variables = json.loads(variables)
    known = variables if isinstance(variables, dict) else {}
    for each in literals(query) if isinstance(query, str) else ():
        if each.kind != "variable":
            yield each.place.key, each.text
        else:
            yield from ((each.place.key, value) for value in _texts(known.get(each.text)))


def _texts(value: object) -> Iterator[str]:
    """Yield a text, or the texts of a list."""
    yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))
