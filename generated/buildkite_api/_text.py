# Generated from spec/ by `make generate`: edit that, not this.

"""Bodies that are not quite JSON, or not at all."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

_XX = rb"[0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]%b\\u[dD][c-fC-F]%b|u[dD][89a-fA-F]%b|.)" % (_XX, _XX, _XX), re.DOTALL)
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_LENGTH_OF_HALF_A_PAIR = 6


def untyped(content: Any) -> Any:
    """JSON as dicts, lists and plain values.

    Raises:
        msgspec.DecodeError: It is not JSON.
        UnicodeDecodeError: It is not UTF-8.
    """
    try:
        return msgspec.json.decode(content)
    except msgspec.ValidationError:
        # A number that no float can hold, perhaps before something worse: json makes it infinite.
        content = bytes(content)
    try:
        return json.loads(mended(content), parse_int=_integer, parse_constant=_refused)
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from None


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        # Python refuses to read thousands of digits.
        return float(digits)


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def mended(content: bytes) -> bytes:
    """Take out what makes JSON invalid as text: a byte order mark, wrong UTF-8, halves of surrogate pairs."""
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").encode()
    if not _HALF.search(text):
        return text
    return _ESCAPE.sub(lambda found: rb"\ufffd" if len(found[0]) == _LENGTH_OF_HALF_A_PAIR else found[0], text)


def shown(content: bytes, *, secret: bool) -> str:
    """The beginning of a body, for a message.

    Args:
        content: The body.
        secret: Whether it may hold secrets. Then it is shown only where it is a page, such as a proxy's.
    """
    text = content.strip().decode("utf-8", "replace")
    if secret and text and not text.startswith("<"):
        return f"{len(content)} bytes that may hold secrets"
    return repr(text[:200]) if text else "an empty body"
