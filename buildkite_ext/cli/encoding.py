"""Replacements for characters that the encoding of a stream lacks, such as ASCII or a code page of Windows."""

from __future__ import annotations

import codecs
import unicodedata

__all__ = ["READABLE"]

READABLE = "buildkite_ext.readable"
"""Name of the handler of encoding errors. It replaces what an encoding lacks by ASCII that reads alike, or else by `?`.

Example:
    >>> "✓ 3 tésts – done …".encode("ascii", READABLE)
    b'+ 3 tests - done ...'
"""

_ALIKE = {
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−─━┄┅┈┉╌╍═╴╶", "-"),
    **dict.fromkeys("│┃┆┇┊┋╎╏║", "|"),
    **dict.fromkeys("•·●∙⋅▪", "*"),
    **dict.fromkeys("✓✔☑✅", "+"),
    **dict.fromkeys("✗✘✕✖×❌❎", "x"),
    **dict.fromkeys("█▓▒░▮▌▐■", "#"),
    **dict.fromkeys("→⇒➜▶▷❯›", ">"),
    **dict.fromkeys("←⇐◀◁❮‹", "<"),
    **dict.fromkeys("∅○◦", "o"),
    "→": "->",
    "⇒": "=>",
    "←": "<-",
    "⁄": "/",
}
_UNSEEN = ("Cf", "Mn", "Me")
"""Categories of characters that only change their neighbours: joiners, variation selectors, accents of their own."""


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_replacement, error.object[error.start : error.end])), error.end


def _replacement(character: str) -> str:
    alike = _ALIKE.get(character)
    if alike is not None:
        return alike
    if "\u2500" <= character <= "\u257f":  # the corners and crossings of boxes
        return "+"
    if unicodedata.category(character) in _UNSEEN:
        return ""
    parts = [_ALIKE.get(part, part) for part in unicodedata.normalize("NFKD", character)]
    plain = "".join(part for part in parts if part.isascii())
    return plain or "?"


codecs.register_error(READABLE, _replaced)
