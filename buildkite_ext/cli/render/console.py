"""Console of rich whose width is never so small or so large that its layouts take without end."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console, ConsoleDimensions

__all__ = ["ClampedConsole", "sizes_clamped"]

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
