"""The headers of a delivery, in whatever form a server hands them over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import WebhookReason

EVENT = "x-buildkite-event"
SIGNATURE = "x-buildkite-signature"
TOKEN = "x-buildkite-token"  # noqa: S105 - a header's name

Headers = Mapping[str, str] | Mapping[str, Sequence[str]] | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
"""A mapping of names to values (of httpx, Starlette, Flask, Django, or a dict), to lists of values (of AWS), or pairs as
text or bytes (of ASGI). Names may be written in any case."""


_TEXT = (str, bytes)


class HeaderError(ValueError):
    """A header that can't be read. `reason` is one of `WebhookReason`; the message says what, without the value."""

    def __init__(self, reason: WebhookReason, message: str) -> None:
        super().__init__(message)
        self.reason: WebhookReason = reason


def single(headers: Headers, name: str, *, longest: int) -> str | None:
    """The one value of a header, in ASCII; None where the header is absent.

    Args:
        headers: all headers.
        name: the header's name in lower case.
        longest: the most characters to take.

    Raises:
        HeaderError: it is there twice, too long, not ASCII, or no text.
    """
    found: Any = None
    for value in values_of(headers, name):
        if found is not None:
            raise HeaderError("duplicate", f"the header {name} came more than once")
        found = value
    if found is None:
        return None
    if isinstance(found, bytes):
        found = found.decode("latin-1")
    if not isinstance(found, str):
        raise HeaderError("malformed", f"the header {name} is no text")
    if len(found) > longest:
        raise HeaderError("oversized", f"the header {name} is longer than {longest} characters")
    if not found.isascii():
        raise HeaderError("not_ascii", f"the header {name} holds characters that no header of Buildkite's has")
    return found.strip(" \t")


def values_of(headers: Headers, name: str) -> list[object]:
    """Every value of a header, as it came.

    Raises:
        TypeError: the headers can be read only once.
    """
    length = len(name)
    values: list[object] = []
    for key, value in headers.items() if type(headers) is dict else _pairs(headers):
        if not isinstance(key, _TEXT) or len(key) != length or not _is_named(key, name):
            continue
        if isinstance(value, (list, tuple)):
            values += value
        else:
            values.append(value)
    return values


def _is_named(key: str | bytes, name: str) -> bool:
    # In lower case the sign of the kelvin is a k as well.
    return key.lower() == name and key.isascii() if isinstance(key, str) else key.lower() == name.encode()


def _pairs(headers: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(headers, Iterator):
        raise TypeError("the headers can be read only once; give a list of them, or a mapping")
    items = getattr(headers, "multi_items", None) or getattr(headers, "items", None)
    for pair in headers if items is None else items():
        if isinstance(pair, (tuple, list)) and len(pair) == 2:
            yield pair[0], pair[1]
