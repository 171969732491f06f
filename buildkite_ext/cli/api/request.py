"""The request of `buildkite-ext api`: its headers, its query, and its body from fields or a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ... import strict_json
from ..problem import UsageError

__all__ = ["METHODS", "READING_METHODS", "ApiRequest", "RequestField", "body_of"]

READING_METHODS = ("GET", "HEAD")
METHODS = (*READING_METHODS, "POST", "PUT", "PATCH", "DELETE")

_JsonScalar = str | int | bool | None

_FIELD_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_FIELD_KEY = re.compile(r"\[([^\[\]]*)\]")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_WORDS: dict[str, _JsonScalar] = {"true": True, "false": False, "null": None}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REFUSED_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"}
)
"""Headers that the client sets, or that would take a credential from the command line."""


@dataclass(frozen=True, slots=True)
class RequestField:
    """A value of `--field` or `--raw-field`.

    Attributes:
        name: the name before `=`, such as `env[DEBUG]`.
        text: the value in a query.
        value: the value in a body.
        option: the option, for messages.
    """

    name: str
    text: str
    value: _JsonScalar
    option: str = "--field"

    @classmethod
    def typed(cls, name: str, text: str) -> RequestField:
        """Return a field of `--field`: `true`, `false`, `null` and integers are JSON in a body.

        Example:
            >>> [RequestField.typed("n", text).value for text in ("5", "true", "null", "1.5", "007", "main")]
            [5, True, None, '1.5', '007', 'main']
        """
        return cls(name, text, _typed(text))


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request as the user described it. Its path isn't resolved yet."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    content: bytes | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(
        cls, method: str, path: str, *, fields: Sequence[RequestField], content: bytes | None, headers: Sequence[str]
    ) -> ApiRequest:
        """Make the request of the command's options.

        Fields go into the body, unless the method has none or `--input` is the body: then they go into the query.

        Args:
            method: the HTTP method.
            path: the path, or the whole URL.
            fields: the values of `--field` and `--raw-field`, in their order.
            content: the content of `--input`.
            headers: the values of `--header`.

        Raises:
            UsageError: a field, a header or the body can't be sent.
        """
        named = _headers(headers)
        if content is None and fields and method in ("POST", "PUT", "PATCH"):
            content, fields = json.dumps(body_of(fields)).encode(), ()
        if content is not None and "json" in named.setdefault("content-type", "application/json").lower():
            _check_json(content)
        return cls(method, path, tuple((each.name, each.text) for each in fields), content, named)


def body_of(fields: Iterable[RequestField]) -> dict[str, Any]:
    """Return the object that fields describe. `a[b]=1` nests, `a[]=1` appends, `a[][b]=1` appends objects.

    Raises:
        UsageError: a name isn't well-formed, or two names contradict each other.

    Example:
        >>> typed = RequestField.typed
        >>> body_of([typed("env[A]", "x"), typed("tags[]", "x"), typed("tags[]", "2")])
        {'env': {'A': 'x'}, 'tags': ['x', 2]}
        >>> body_of([typed("jobs[][id]", "1"), typed("jobs[][n]", "a"), typed("jobs[][id]", "2")])
        {'jobs': [{'id': 1, 'n': 'a'}, {'id': 2}]}
    """
    body: dict[str, Any] = {}
    for each in fields:
        found = _FIELD_NAME.fullmatch(each.name)
        if not found:
            raise UsageError(f"{each.option} {each.name!r}: write NAME, NAME[KEY] or NAME[].")
        keys = [found[1], *_FIELD_KEY.findall(found[2])]
        _put(body, keys, each)
    return body


def _typed(text: str) -> _JsonScalar:
    """Return the JSON value of a text as `gh api -F` does: https://cli.github.com/manual/gh_api.

    An integer of more than 64 bits stays a text, since most readers of JSON would round it.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and -(2**63) <= int(text) < 2**63:
        return int(text)
    return text


def _put(body: dict[str, Any], keys: list[str], given: RequestField) -> None:
    """Put a value where its keys lead. The key "" appends to a list."""
    reached: Any = body
    for place, key in enumerate(keys):
        at: Any = reached
        rest = keys[place + 1 :]
        listed = isinstance(at, list)
        if listed is not (key == ""):
            raise UsageError(
                f"{given.option} {given.name!r}: the same name is a list in one field and something else in another."
            )
        if not rest:
            if key == "":
                at.append(given.value)
            elif key in at:
                raise UsageError(f"{given.option} {given.name!r} is given twice; NAME[] makes a list.")
            else:
                at[key] = given.value
            return
        new: Any = [] if rest[0] == "" else {}
        if key == "":
            if not at or not _has_room(at[-1], rest):
                at.append(new)
            reached = at[-1]
        else:
            reached = at.setdefault(key, new)
        if not isinstance(reached, dict | list):
            raise UsageError(f"{given.option} {given.name!r}: the same name has a plain value in another field.")


def _has_room(item: Any, keys: list[str]) -> bool:
    """Return whether an item of a list can take one more value under these keys. Otherwise a new item begins."""
    for key in keys:
        if key == "":
            return isinstance(item, list)
        if not isinstance(item, dict):
            return False
        if key not in item:
            return True
        item = item[key]
    return False


def _check_json(content: bytes) -> None:
    """Refuse a body that isn't JSON, before anything is sent."""
    try:
        strict_json.loads(content)
    except ValueError as error:
        said = "it isn't UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise UsageError(
            f"--input isn't JSON: {said}. For another format give its type: --header 'Content-Type: …'."
        ) from error


def _headers(words: Sequence[str]) -> dict[str, str]:
    """Return the headers of `NAME: VALUE` words, by their names in lower case."""
    headers: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not sign or not _HEADER_NAME.fullmatch(name):
            raise UsageError("--header: give 'NAME: VALUE'.")  # without the word: it may be a secret
        if name in _REFUSED_HEADERS:
            more = " The token comes from the environment or --token-file." if name == "authorization" else ""
            raise UsageError(f"--header {name}: this header can't be given.{more}")
        if not value.isascii() or not value.isprintable():
            raise UsageError(f"--header {name}: its value holds characters that no header can hold.")
        headers[name] = value
    return headers
