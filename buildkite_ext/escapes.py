"""Escapes of URLs, HTML and JSON in a text, behind which a secret may stand."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote

__all__ = ["DEEPEST", "SHORTEST", "escaped_runs", "unescaped", "unescaped_each"]

DEEPEST = 3
"""Times that a text may be encoded around a secret."""

SHORTEST = 6
"""Length of the shortest secret that is looked for. No escape is shorter than what it stands for."""

_BEGINNING = re.compile(r"%[0-9a-fA-F]{2}|&[#A-Za-z]|\\")
_CHARACTER = re.compile(r"(?<!\\)\\+(?:u00|x)([0-9a-fA-F]{2})")
"""A character as JSON or Python escapes it, possibly several times."""

_BACKSLASHES = re.compile(r"(?<!\\)\\+([\"/'])")


def escaped_runs(text: str, secrets: Iterable[str] = ()) -> str:
    r"""Return the runs of a text in which an escape stands, one a line: no escaped secret can stand elsewhere.

    To decode these, and not the whole text, takes little time also for large texts.

    Args:
        text: the text.
        secrets: what is looked for, if it holds spaces or characters outside ASCII.

    Example:
        >>> escaped_runs("no one needs /abc%5F01 or a&b, but \\u0041bcde matters")
        '/abc%5F01\n\\u0041bcde'
    """
    if _BEGINNING.search(text) is None:
        return ""
    runs = _runs("".join(sorted({each for secret in secrets for each in secret if not "!" <= each <= "~"})))
    return "\n".join(run for run in runs.findall(text) if _BEGINNING.search(run))


@lru_cache(maxsize=8)
def _runs(further: str) -> re.Pattern[str]:
    """Return the expression of what may be a secret with escapes: characters of ASCII, and further ones."""
    return re.compile(rf"[!-~{re.escape(further)}]{{{SHORTEST},}}")


def unescaped(text: str) -> str:
    """Return a text of a URL, of HTML or of JSON without their escapes.

    Example:
        >>> unescaped("a%5Fb&amp;c"), unescaped(r"\\u0041\\/")
        ('a_b&c', 'A/')
    """
    return _BACKSLASHES.sub(r"\1", _without_backslashes(html.unescape(unquote(text))))


def unescaped_each(text: str) -> Iterator[str]:
    """Yield a text without escapes of one kind, and of all kinds, possibly several times.

    Example:
        >>> list(unescaped_each("%26amp;"))
        ['&amp;', '%26amp;', '%26amp;', '&']
    """
    for _ in range(DEEPEST):
        if _BEGINNING.search(text) is None:
            return
        yield from (unquote(text), html.unescape(text), _without_backslashes(text))
        text = unescaped(text)
        yield text


def _without_backslashes(text: str) -> str:
    return _CHARACTER.sub(lambda escape: chr(int(escape[1], 16)), text) if "\\" in text else text
