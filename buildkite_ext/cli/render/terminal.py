"""A terminal: log lines scroll by, a table of jobs stays below them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ..board import Row, ServerTime, clock_text, fitting, rows_of
from ..report import Report
from ..safe_text import clean, log_text, short
from .bars import Bars
from .colour import Tone, write_problem
from .summary import summary

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...artifacts import DownloadProgress
    from ...logs.lines import LogLine

FRAME = 0.1
"""Seconds between two paintings: lines that come meanwhile are painted together, however many."""

WIDEST_LABEL = 24
TONES: dict[Tone, str] = {"good": "bold green", "bad": "bold red", "warn": "bold yellow", "faint": "dim", "plain": ""}
LABELS = ("cyan", "magenta", "blue", "yellow", "green", "bright_cyan", "bright_magenta", "bright_blue")
STATES = {
    "passed": ("green", "✓", "+"),
    "failed": ("bold red", "✗", "x"),
    "timed_out": ("bold red", "✗", "x"),
    "expired": ("bold red", "✗", "x"),
    "canceled": ("yellow", "∅", "o"),
    "canceling": ("yellow", "∅", "o"),
    "blocked": ("bold yellow", "▮", "!"),
    "unblocked": ("green", "▷", ">"),
}
MOVING = frozenset({"running", "timing_out", "canceling"})
SPINNER, ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "-\\|/"


class TerminalView:
    """Log lines above, the jobs below.

    A thread of its own paints ten times a second whatever has come since, so that a flood of lines costs ten paintings and
    the clock goes on while nothing comes.

    Args:
        console: the terminal.
        err: where it is said what went wrong.
        err_colour: whether to colour that.
    """

    def __init__(self, console: Console, err: TextIO, *, err_colour: bool) -> None:
        self._console = console
        self._err = err
        self._err_colour = err_colour
        self._unicode = console.encoding.lower().startswith("utf")
        self._lock = threading.Lock()
        self._pending: list[Text] = []
        self._labels: dict[str, str] = {}
        self._width = 0
        self._build: Build | None = None
        self._rows: list[Row] = []
        self._time = ServerTime(None)
        self._live: Live | None = None
        self._painter: threading.Thread | None = None
        self._done = threading.Event()
        self._bars: Bars | None = None

    def created(self, build: Build, time: ServerTime, *, follow: bool) -> None:
        self._time = time
        self._build = build
        self._rows = rows_of(build) if follow else []
        self._console.print(Text(f"Created build #{build.number}: {clean(build.web_url)}"), soft_wrap=True)
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

    def seen(self, build: Build) -> None:
        self._rows = rows_of(build)
        self._build = build

    def line(self, label: str, line: LogLine) -> None:
        style = self._labels.setdefault(label, LABELS[len(self._labels) % len(LABELS)])
        self._width = min(WIDEST_LABEL, max(self._width, len(label)))
        text = Text.assemble(
            (short(label, WIDEST_LABEL).ljust(self._width), style), (" │ " if self._unicode else " | ", "dim")
        )
        said = Text.from_ansi(log_text(line.styled))
        if line.group is not None and line.text.startswith(("--- ", "+++ ", "~~~ ")):
            said.stylize("bold")
        text.append_text(said)
        with self._lock:
            self._pending.append(text)

    def note(self, text: str) -> None:
        with self._lock:
            self._pending.append(Text(f"* {clean(text)}", style="yellow"))
        if self._live is None:
            self._paint()

    def ended(self, build: Build) -> None:
        self._rows = rows_of(build) or self._rows
        self._build = build
        self._stop()
        if self._rows:
            rows, others = fitting(self._rows, 50)
            self._console.print(self._table(rows, others))

    def progress(self, progress: DownloadProgress) -> None:
        with self._lock:
            if self._bars is None:
                self._bars = Bars(self._console)
            self._bars.update(progress)

    def fetched(self, paths: Sequence[Path]) -> None:
        if self._bars is not None:
            self._bars.stop()
        for path in paths:
            self._console.print(Text(f"Fetched {clean(str(path))}"), soft_wrap=True)

    def finish(self, report: Report) -> None:
        self.close()
        for said in summary(report):
            self._console.print(Text(said.text, style=TONES[said.tone]), soft_wrap=True)
        if report.problem is not None:
            write_problem(self._err, report.problem, colour=self._err_colour)

    def close(self) -> None:
        self._stop()
        self._paint()
        if self._bars is not None:
            self._bars.stop()

    def _stop(self) -> None:
        """Take the table away, after the last lines."""
        self._done.set()
        if self._painter is not None:
            self._painter.join()
            self._painter = None
        if self._live is not None:
            self._paint()
            self._live.stop()
            self._live = None

    def _paint_on(self) -> None:
        while not self._done.wait(FRAME):
            self._paint()

    def _paint(self) -> None:
        with self._lock:
            lines, self._pending = self._pending, []
        if lines:
            # The terminal wraps long lines itself, so that they can be copied whole.
            self._console.print(Text("\n").join(lines), soft_wrap=True)
        elif self._live is not None:
            self._live.refresh()

    def _frame(self) -> RenderableType:
        build = self._build
        if build is None:
            return Text("")
        over = sum(row.over for row in self._rows)
        jobs = f" · {over} of {len(self._rows)} jobs done" if self._rows else ""
        state = "blocked" if build.blocked else short(str(build.state), 20)
        title = Text(f"{self._spin()} #{build.number} {state}{jobs} · {clock_text(self._time.elapsed)}", style="bold")
        title.append(" · Ctrl-C leaves it running", style="dim")
        if not self._unicode:
            title = Text(title.plain.replace("·", "-"))
        rule = Rule(title, align="left", style="dim", characters="─" if self._unicode else "-")
        rows, others = fitting(self._rows, max(1, self._console.height // 2 - 2))
        return Group(rule, self._table(rows, others)) if rows else rule

    def _table(self, rows: Sequence[Row], others: str) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, justify="right")
        now = self._time.now()
        for row in rows:
            style, mark, ascii_mark = STATES.get(row.state, ("" if row.state in MOVING else "dim", "·", "."))
            if row.state in MOVING:
                sign = self._spin()
                style = style or "cyan"
            else:
                sign = mark if self._unicode else ascii_mark
            said = row.state.replace("_", " ") + (f", {row.detail}" if row.detail else "")
            table.add_row(
                Text(sign, style=style), Text(row.label), Text(said, style=style), clock_text(row.seconds(now))
            )
        if not others:
            return table
        return Group(table, Text(f"   {others}", style="dim", no_wrap=True, overflow="ellipsis"))

    def _spin(self) -> str:
        frames = SPINNER if self._unicode else ASCII_SPINNER
        return frames[int(time.monotonic() / FRAME) % len(frames)]
