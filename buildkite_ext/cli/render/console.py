"""Console of rich whose width is never so small or so large that its layouts take without end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

from rich.console import Console, ConsoleDimensions

from ..streams import Colour, coloured

__all__ = ["ClampedConsole", "sizes_clamped", "terminal_console"]

_NARROWEST, _WIDEST = 20, 500
"""Limits on the width, in columns. Below about 3 columns rich wraps text without an end."""

_HIGHEST = 500
"""Limit on the lines that $LINES can state."""


class ClampedConsole(Console):
    """Console of at least 20 and at most 500 columns. A terminal or an environment with another width is overruled."""

    @property
    def size(self) -> ConsoleDimensions:
        """The columns and lines."""
        size = super().size
        return ConsoleDimensions(_clamped(size.width, _NARROWEST, _WIDEST), size.height)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size


def terminal_console(out: TextIO, colour: Colour) -> ClampedConsole:
    """Return the console of a stream that is a terminal, for text of others: nothing in it counts as markup.

    Args:
        out: the stream.
        colour: when to use colours.
    """
    return ClampedConsole(
        file=out,
        # Only the variables about colours: a wrong COLUMNS would garble the output.
        _environ={name: os.environ[name] for name in ("TERM", "COLORTERM") if name in os.environ},
        force_terminal=True,
        force_jupyter=False,
        color_system="auto" if coloured(colour, out) else None,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def sizes_clamped(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with the sizes that a console can have, and without those that aren't numbers.

    Example:
        >>> sizes_clamped({"COLUMNS": "0", "LINES": "24"}), sizes_clamped({"COLUMNS": "9" * 20, "LINES": "x"})
        ({'COLUMNS': '20', 'LINES': '24'}, {'COLUMNS': '500'})
    """
    clamped = dict(environ)
    for name, least, most in (("COLUMNS", _NARROWEST, _WIDEST), ("LINES", 1, _HIGHEST)):
        if name not in clamped:
            continue
        text = clamped.pop(name)
        if text.isascii() and text.isdigit():
            # The first digits are enough, and Python refuses to read thousands of them.
            clamped[name] = str(_clamped(int((text.lstrip("0") or "0")[:6]), least, most))
    return clamped


def _clamped(value: int, least: int, most: int) -> int:
    return max(least, min(most, value))
