"""A table on a terminal that stays below the lines that scroll, drawn again ten times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ..run.job_table import JobRow, ServerTime, duration_text, rows_that_fit
from .colour import TONES, Tone, painted

__all__ = ["LiveTable"]

_MOST_ROWS_AT_THE_END = 50
"""Rows of the table that stays at the end."""

_FRAME = 0.1
"""Seconds that each picture of the spinner is shown."""

_STATES = {
    "passed": ("green", "✓", "+"),
    "failed": ("bold red", "✗", "x"),
    "timed_out": ("bold red", "✗", "x"),
    "expired": ("bold red", "✗", "x"),
    "canceled": ("yellow", "∅", "o"),
    "blocked": ("bold yellow", "▮", "!"),
    "unblocked": ("green", "▷", ">"),
}
_OTHER_STATES = ("dim", "·", ".")
_SPINNING_STATES = {"running": "cyan", "canceling": "yellow", "timing_out": "yellow"}
_SPINNER, _ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "-\\|/"
_GAP = 2
_WIDEST_TIME = 8
_NARROWEST_LABEL = 8


class LiveTable:
    """Table on a terminal, with lines above it: of jobs, or of builds.

    A thread prints ten times a second what has arrived since. So a flood of lines is printed in few writes, and the time
    advances while nothing arrives.

    Args:
        console: the terminal.
        err: the stream for errors.
        err_colour: use colours on it.
    """

    def __init__(self, console: Console, err: TextIO, *, err_colour: bool) -> None:
        self._console = console
        self._err = err
        self._err_colour = err_colour
        self._colour = console.color_system is not None
        self._unicode = console.encoding.lower().startswith("utf")  # the terminal's encoding has more than ASCII
        self._lock = threading.Lock()
        self._pending: list[str] = []
        self._rows: list[JobRow] = []
        self._time = ServerTime(None)
        self._live: Live | None = None
        self._painter: threading.Thread | None = None
        self._done = threading.Event()

    def close(self) -> None:
        """Release the terminal. Calling it twice is allowed."""
        self._stop()

    def _title(self) -> list[str]:
        """Return the parts of the line above the table."""
        raise NotImplementedError

    def _start_table(self) -> None:
        self._live = Live(
            get_renderable=self._frame,
            console=self._console,
            auto_refresh=False,
            transient=True,
            vertical_overflow="crop",
        )
        self._live.start()
        self._painter = threading.Thread(target=self._paint_on, name="painter", daemon=True)
        self._painter.start()

    def _print_table(self) -> None:
        """Print the rows as they are at the end."""
        if self._rows:
            rows, others = rows_that_fit(self._rows, _MOST_ROWS_AT_THE_END)
            self._console.print(_table(self._console, rows, others, self._time.now(), unicode=self._unicode))

    def _say(self, text: str, tone: Tone = "plain") -> None:
        with self._lock:
            self._pending.append(painted(text, TONES[tone] if self._colour else ""))
        if self._live is None:
            self._paint()

    def _stop(self) -> None:
        """Print the last lines, and remove the table."""
        self._done.set()
        if self._painter is not None:
            self._painter.join()
            self._painter = None
        if self._live is not None:
            self._paint()
            self._live.stop()
            self._live = None

    def _paint_on(self) -> None:
        while not self._done.wait(_FRAME):
            self._paint()

    def _paint(self) -> None:
        with self._lock:
            lines, self._pending = self._pending, []
        if lines:
            self._console.print(_Painted(lines), soft_wrap=True)
        elif self._live is not None:
            self._live.refresh()

    def _frame(self) -> RenderableType:
        said = f"{_spinner(unicode=self._unicode)} {(' · ' if self._unicode else ' - ').join(self._title())}"
        title = Text(said)
        rule = Rule(title, align="left", style="dim", characters="─" if self._unicode else "-")
        rows, others = rows_that_fit(self._rows, max(1, self._console.height // 2 - 2))
        return (
            Group(rule, _table(self._console, rows, others, self._time.now(), unicode=self._unicode)) if rows else rule
        )


class _Painted:
    """Lines that are painted already. rich prints them unchanged, which is fast; the terminal wraps them, so that a long line
    can be copied whole."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for line in self._lines:
            yield Segment(f"{line}\n")


def _table(console: Console, rows: Sequence[JobRow], others: str, now: datetime, *, unicode: bool) -> RenderableType:
    """Return a table with a row for each job: a sign, its name, its state, and its duration.

    Args:
        console: the terminal, whose width it has to fit.
        rows: the jobs to show.
        others: a summary of the jobs that aren't shown; empty if all are shown.
        now: the server's time.
        unicode: the encoding has more than ASCII.
    """
    states = [row.state.replace("_", " ") + (f", {row.detail}" if row.detail else "") for row in rows]
    # On a narrow terminal names are shortened first: states and durations tell more.
    taken = 1 + max(map(len, states), default=0) + _WIDEST_TIME + 4 * _GAP
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(no_wrap=True, width=1)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=max(_NARROWEST_LABEL, console.width - taken))
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_column(no_wrap=True, justify="right")
    for row, state in zip(rows, states, strict=True):
        style, mark, ascii_mark = _STATES.get(row.state, _OTHER_STATES)
        sign = mark if unicode else ascii_mark
        if row.state in _SPINNING_STATES:
            style, sign = _SPINNING_STATES[row.state], _spinner(unicode=unicode)
        # Names come from the server, so they are text and not markup.
        grid.add_row(Text(sign, style), Text(row.label), Text(state, style), duration_text(row.seconds(now)))
    if not others:
        return grid
    return Group(grid, Text(f"   {others}", style="dim", no_wrap=True, overflow="ellipsis"))


def _spinner(*, unicode: bool) -> str:
    """Return the current picture of the spinner."""
    frames = _SPINNER if unicode else _ASCII_SPINNER
    return frames[int(time.monotonic() / _FRAME) % len(frames)]
