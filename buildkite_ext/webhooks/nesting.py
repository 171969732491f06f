"""How deep JSON nests, told without reading it."""

from __future__ import annotations

import re
from itertools import accumulate

DEEPEST = 64
"""The most levels that a body may have. Buildkite's have about ten; what reads, shows and copies an event needs a few
calls for each, of which Python allows a thousand."""

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ALL_BUT_OPENING = bytes(set(range(256)) - set(b"[{"))
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def too_deep(body: bytes) -> bool:
    """Whether JSON has more than `DEEPEST` levels. Of what isn't JSON it tells nothing."""
    if len(body.translate(None, _ALL_BUT_OPENING)) <= DEEPEST:  # in one pass, and true of nearly every body
        return False
    brackets = _TEXT.sub(b"", body).translate(None, _ALL_BUT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEEPEST
