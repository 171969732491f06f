"""How deep JSON nests, told without reading it."""

from __future__ import annotations

import re

DEEPEST = 64
"""The most levels that a body may have. Buildkite's have about ten; what reads, shows and copies an event needs a few
calls for each, of which Python allows a thousand."""

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ALL_BUT_OPENING = bytes(set(range(256)) - set(b"[{"))
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OF_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def too_deep(body: bytes) -> bool:
    """Whether JSON has more than `DEEPEST` levels. Of what isn't JSON it tells nothing."""
    if len(body.translate(None, _ALL_BUT_OPENING)) <= DEEPEST:  # in one pass, and true of nearly every body
        return False
    brackets = _TEXT.sub(b"", body).translate(_OF_ONE_KIND, _ALL_BUT_BRACKETS)
    for _ in range(DEEPEST):  # each time around takes the innermost level away
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets
