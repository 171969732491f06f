"""Bodies that are not quite JSON, or not at all."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD][89a-fA-F]..|.)", re.DOTALL)
_LENGTH_OF_HALF_A_PAIR = 6


def untyped(content: Any) -> Any:
    """JSON as dicts, lists and plain values."""
    try:
        return msgspec.json.decode(content)
    except msgspec.ValidationError:
        # A number that no float can hold: json makes it infinite.
        return json.loads(bytes(content))


def mended(content: bytes) -> bytes:
    """Take out what makes JSON invalid as text: a byte order mark, wrong UTF-8, halves of surrogate pairs."""
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").encode()
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
