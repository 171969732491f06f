"""Texts of others on a terminal: without control characters, and the cells that they take."""

from __future__ import annotations

import unicodedata

__all__ = ["cells", "fitted", "printable"]


def printable(text: str) -> str:
    """Return a text as one line, without control characters and direction marks.

    Example:
        >>> printable("te\\x1bst\\n\\u202egnp.exe")
        'test gnp.exe'
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " if character.isspace() else "" for character in text)


def cells(text: str) -> int:
    """Return how many cells a text takes. A wide character, such as an emoji or a Chinese one, takes two.

    Example:
        >>> cells("abc"), cells("漢字"), cells("e\\u0301")
        (3, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def fitted(text: str, width: int) -> str:
    """Return a text, cut if it takes more cells than a width.

    Example:
        >>> fitted("abcdef", 4), fitted("abc", 4)
        ('abc…', 'abc')
    """
    if cells(text) <= width:
        return text
    cut = text[: max(0, width)]
    while cut and cells(cut) > width - 1:
        cut = cut[:-1]
    return f"{cut}…"
