"""The table of jobs below the log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..board import Row, clock_text

FRAME = 0.1
"""Seconds that each picture of the spinner is shown."""

STATES = {
    "passed": ("green", "✓", "+"),
    "failed": ("bold red", "✗", "x"),
    "timed_out": ("bold red", "✗", "x"),
    "expired": ("bold red", "✗", "x"),
    "canceled": ("yellow", "∅", "o"),
    "blocked": ("bold yellow", "▮", "!"),
    "unblocked": ("green", "▷", ">"),
}
OTHERS = ("dim", "·", ".")
MOVING = {"running": "cyan", "canceling": "yellow", "timing_out": "yellow"}
SPINNER, ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "-\\|/"
GAP = 2
WIDEST_TIME = 8
NARROWEST_LABEL = 8


def table(console: Console, rows: Sequence[Row], others: str, now: datetime) -> RenderableType:
    """A row for each job: a sign, its name, its state, and for how long.

    Args:
        console: the terminal that it has to fit in.
        rows: the jobs to show.
        others: what those that aren't shown come to; nothing where all are shown.
        now: the server's hour.
    """
    unicode = speaks_unicode(console)
    states = [row.state.replace("_", " ") + (f", {row.detail}" if row.detail else "") for row in rows]
    # Where it is narrow, names make room first: states and times tell more.
    taken = 1 + max(map(len, states), default=0) + WIDEST_TIME + 4 * GAP
    grid = Table.grid(padding=(0, GAP, 0, 0))
    grid.add_column(no_wrap=True, width=1)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=max(NARROWEST_LABEL, console.width - taken))
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_column(no_wrap=True, justify="right")
    for row, state in zip(rows, states, strict=True):
        style, mark, ascii_mark = STATES.get(row.state, OTHERS)
        sign = mark if unicode else ascii_mark
        if row.state in MOVING:
            style, sign = MOVING[row.state], spinner(unicode=unicode)
        # Names come from the server: text, never markup.
        grid.add_row(Text(sign, style), Text(row.label), Text(state, style), clock_text(row.seconds(now)))
    if not others:
        return grid
    return Group(grid, Text(f"   {others}", style="dim", no_wrap=True, overflow="ellipsis"))


def spinner(*, unicode: bool) -> str:
    """The picture of this moment."""
    frames = SPINNER if unicode else ASCII_SPINNER
    return frames[int(time.monotonic() / FRAME) % len(frames)]


def speaks_unicode(console: Console) -> bool:
    """Whether the terminal's encoding has more than ASCII."""
    return console.encoding.lower().startswith("utf")
