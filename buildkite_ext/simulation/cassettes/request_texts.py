"""Texts about requests: in what two of them differ, and what tells those with one address apart."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import urlencode

__all__ = ["Key", "differing", "names_of"]

Key = tuple[str, ...]
"""Method, host, path, query and body of a request. The query is a list of pairs in JSON, and so is the body where it can be."""

_BODY = 4
_LONGEST = 120
"""Characters of a value in a message."""


class _Request(Protocol):
    """Request."""

    @property
    def key(self) -> Key: ...


def differing(have: Key, want: Key) -> list[str]:
    """Return in what a recorded request differs from another one.

    Example:
        >>> differing(("GET", "a", "/", "[]", ""), ("GET", "a", "/", '[["page", "2"]]', ""))
        ["its query is missing, not 'page=2'"]
    """
    names = ("method", "host", "path", "query", "body")
    return [
        _differing_body(one, other)
        if name == "body"
        else f"its {name} is {_shown(name, one)}, not {_shown(name, other)}"
        for name, one, other in zip(names, have, want, strict=True)
        if one != other
    ]


def names_of(requests: Iterable[_Request]) -> dict[Key, str]:
    """Return a name for each request: its text, and what of its body tells it apart from others with this text.

    Example:
        >>> from .replayer import Interaction
        >>> bodies = ['{"branch": "main", "commit": "HEAD"}', '{"branch": "dev", "commit": "HEAD"}']
        >>> keys = [("POST", "a.test", "/builds", "[]", body) for body in bodies]
        >>> made = [Interaction(0, "POST", "https://a.test/builds", b"", 201, (), b"", key=key) for key in keys]
        >>> list(names_of(made).values())
        ['POST /builds with {"branch": "main"}', 'POST /builds with {"branch": "dev"}']
    """
    alike: dict[str, list[Key]] = {}
    for key, text in {each.key: str(each) for each in requests}.items():
        alike.setdefault(text, []).append(key)
    return {
        key: text + (_body_among(key[_BODY], [each[_BODY] for each in keys]) if len(keys) > 1 else "")
        for text, keys in alike.items()
        for key in keys
    }


def _body_among(body: str, bodies: list[str]) -> str:
    """Return what tells a body apart from some others: of objects, the keys whose values differ."""
    if not body:
        return " without a body"
    read = [_object(each) for each in bodies]
    own = _object(body)
    if own is None:
        return f" with {_short(body)}"
    shared = {key for key in own if all(each is not None and key in each and each[key] == own[key] for each in read)}
    left = {key: value for key, value in own.items() if key not in shared}
    return f" with {_cut(json.dumps(left, ensure_ascii=False))}"


def _object(body: str) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _differing_body(one: str, other: str) -> str:
    """Return in what a recorded body differs from another one: for two objects, the keys whose values differ.

    Example:
        >>> _differing_body('{"branch": "main", "commit": "HEAD"}', '{"branch": "dev", "commit": "HEAD"}')
        'the branch in its body is "main", not "dev"'
    """
    have, want = _object(one), _object(other)
    if have is None or want is None:
        return f"its body is {_shown('body', one)}, not {_shown('body', other)}"
    return "; ".join(
        f"the {key} in its body is {_value(have, key)}, not {_value(want, key)}"
        for key in {**have, **want}
        if _value(have, key) != _value(want, key)
    )


def _value(body: dict[str, Any], key: str) -> str:
    return _cut(json.dumps(body[key], ensure_ascii=False)) if key in body else "missing"


def _shown(name: str, value: str) -> str:
    text = urlencode([(key, each) for key, each in json.loads(value)], safe="/:@[]") if name == "query" else value
    return _short(text) if text else "missing"


def _short(text: str) -> str:
    return repr(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
