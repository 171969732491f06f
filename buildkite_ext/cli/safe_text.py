"""Text that somebody else wrote, made safe to print: names, messages and addresses come from the server."""

from __future__ import annotations

import unicodedata

from ..logs.parser import CSI, ESCAPE, STRING_CONTROL

LONGEST = 300


def clean(text: str | None) -> str:
    """The text as one line without escape sequences, control characters or marks that turn its direction.

    Example:
        >>> clean("\\x1b]0;title\\x07te\\x1b[31mst\\n\\u202egnp.exe")
        'test gnp.exe'
    """
    if not text:
        return ""
    plain = ESCAPE.sub("", CSI.sub("", STRING_CONTROL.sub("", text)))
    return "".join(map(_printable, plain))


def short(text: str | None, longest: int = LONGEST) -> str:
    """The same, cut where it is longer than any sensible name.

    Example:
        >>> short("x" * 1000, 5)
        'xxxx…'
    """
    safe = clean(text).strip()
    return safe if len(safe) <= longest else f"{safe[: longest - 1]}…"


def paragraph(text: str) -> str:
    """Several lines, each of them made safe.

    Example:
        >>> paragraph("one\\x07\\n  two\\r\\n")
        'one\\n  two'
    """
    return "\n".join(clean(line).rstrip() for line in text.splitlines()).strip()


def log_text(text: str) -> str:
    """A line of a log, which has lost its control characters before: what some programs take for a line break goes."""
    return text.replace("\u2028", " ").replace("\u2029", " ")


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character
