"""Maps in JSON whose key names a secret: maps of secrets, and objects of the API that only describe one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .named_values import snake_case

__all__ = ["hidden_map"]

_IDS = frozenset({"id", "uuid", "graphql_id", "graphqlId"})
"""Keys of what describes a secret, such as an agent token. Its value stands under a key of its own."""

_CONNECTION = frozenset({"edges", "node", "nodes"})
_DESCRIBING = re.compile(
    r"(?:.*_)?(?:id|url|at|by|type)|__typename|name|description|scopes|allowed_ip_addresses|page_info|count"
    r"|algorithm|signed_fields"
)
"""Keys whose values are kept in a map without an id: they describe a secret, or the signature of a step."""


def hidden_map(value: Mapping[str, Any], redacted: str, clean: Callable[[str, Any], Any], key: str) -> dict[str, Any]:
    """Return a map under the key of a secret without its values, unless it is an object that describes a secret.

    Args:
        value: the map.
        redacted: what stands for a value.
        clean: takes a key and its value, and returns the value without secrets.
        key: the key of the map.

    Example:
        >>> hidden_map({"user": "ada", "age": 3, "used": None}, "REDACTED", lambda name, each: each, "credentials")
        {'user': 'REDACTED', 'age': 'REDACTED', 'used': None}
        >>> hidden_map({"id": "1", "user": "ada"}, "REDACTED", lambda name, each: each, "credentials")
        {'id': '1', 'user': 'ada'}
    """
    describes = not _IDS.isdisjoint(value)

    def hidden(name: str, each: Any) -> Any:
        if name in _CONNECTION:  # of GraphQL: its items are under the key of the map
            return clean(key, each)
        if describes or _DESCRIBING.fullmatch(snake_case(name)):
            return clean(snake_case(name), each)
        return _hidden(each, redacted)

    return {name: hidden(name, each) for name, each in value.items()}


def _hidden(value: Any, redacted: str) -> Any:
    if isinstance(value, dict):
        return {name: _hidden(each, redacted) for name, each in value.items()}
    if isinstance(value, list):
        return [_hidden(each, redacted) for each in value]
    return value if value is None or value == "" or isinstance(value, bool) else redacted
