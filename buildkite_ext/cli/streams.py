"""Output streams: their encoding and colours, and text of others made safe to print on them."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from typing import Literal, TextIO

from ..logs.parser import CSI, ESCAPE, STRING_CONTROL

__all__ = [
    "Colour",
    "clean",
    "coloured",
    "discard",
    "is_terminal",
    "log_text",
    "paragraph",
    "prepare_streams",
    "print_error",
    "short",
]

_LONGEST = 300

Colour = Literal["auto", "always", "never"]


def prepare_streams() -> None:
    """Make the streams replace characters that they can't encode, so that no log can end the command."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a test's stream
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def coloured(wanted: Colour, stream: TextIO) -> bool:
    """Return whether to write colours. The option decides, then NO_COLOR, then FORCE_COLOR, then the stream.

    https://no-color.org and https://force-color.org
    """
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def print_error(text: str) -> None:
    """Print a line on the standard error. If its reader is gone, the command continues all the same."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Redirect a stream whose reader is gone to the null device, so that further writes don't fail."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def clean(text: str | None) -> str:
    """Return a text of others as one line, without escape sequences, control characters and direction marks.

    Example:
        >>> clean("\\x1b]0;title\\x07te\\x1b[31mst\\n\\u202egnp.exe")
        'test gnp.exe'
    """
    if not text:
        return ""
    plain = ESCAPE.sub("", CSI.sub("", STRING_CONTROL.sub("", text)))
    return "".join(map(_printable, plain))


def short(text: str | None, longest: int = _LONGEST) -> str:
    """Return the same, shortened to `longest` characters.

    Example:
        >>> short("x" * 1000, 5)
        'xxxx…'
    """
    safe = clean(text).strip()
    return safe if len(safe) <= longest else f"{safe[: longest - 1]}…"


def paragraph(text: str) -> str:
    """Return several lines, each of them cleaned.

    Example:
        >>> paragraph("one\\x07\\n  two\\r\\n")
        'one\\n  two'
    """
    return "\n".join(clean(line).rstrip() for line in text.splitlines()).strip()


def log_text(text: str) -> str:
    """Return a parsed line of a log without the Unicode separators that some programs take for a line break."""
    return text.replace("\u2028", " ").replace("\u2029", " ")


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character
