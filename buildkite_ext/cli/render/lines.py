"""A line of a log as a line of output: whose it is, and what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...logs.parser import GROUP
from ..safe_text import log_text
from .colour import painted

if TYPE_CHECKING:
    from ...logs.parser import LogLine

LABELS = ("36", "35", "34", "33", "32", "96", "95", "94")
"""The colours of labels, in the order in which jobs appear."""

WIDEST_LABEL = 24


class LogLines:
    """Writes `job-name | text`.

    Only the text's own colours are kept, and nothing in it is taken for markup.

    Args:
        colour: with colours, the text's own among them.
        aligned: labels stand in a column, and long ones are cut: for people, not for grep.
        bar: what stands between label and text.
    """

    def __init__(self, *, colour: bool, aligned: bool = False, bar: str = "|") -> None:
        self._colour = colour
        self._aligned = aligned
        self._bar = painted(bar, "2") if colour else bar
        self._codes: dict[str, str] = {}
        self._width = 0
        self._labels: dict[tuple[str, int], str] = {}

    def expect(self, labels: Iterable[str]) -> None:
        """Make the column wide enough for these beforehand, so that it needn't jump."""
        for label in labels:
            self._label(label)

    def text(self, label: str, line: LogLine) -> str:
        """The line, without a line break."""
        said = log_text(line.styled if self._colour else line.text)
        if self._colour and GROUP.match(line.text):
            said = painted(said, "1")
        return f"{self._label(label)} {self._bar} {said}"

    def _label(self, label: str) -> str:
        ready = self._labels.get((label, self._width))
        if ready is None:
            code = self._codes.setdefault(label, LABELS[len(self._codes) % len(LABELS)])
            ready = painted(self._sized(label) if self._aligned else label, code if self._colour else "")
            self._labels[label, self._width] = ready
        return ready

    def _sized(self, label: str) -> str:
        from rich.text import Text  # it knows how wide characters are

        text = Text(label)
        self._width = max(self._width, min(WIDEST_LABEL, text.cell_len))
        text.truncate(self._width, overflow="ellipsis", pad=True)
        return text.plain
