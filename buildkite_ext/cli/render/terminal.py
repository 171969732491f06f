"""Output on a terminal: log lines that scroll, and below them a table of jobs or progress bars."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, Task, TaskID, TextColumn, TransferSpeedColumn
from rich.rule import Rule
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from ...states import build_state
from ..run.job_table import JobRow, ServerTime, duration_text, rows_of, rows_that_fit
from ..run.result import RunResult
from ..streams import clean, short
from .colour import TONES, Tone, painted, write_problem
from .lines import LogFormatter, summary

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...artifacts.transfer import DownloadProgress
    from ...logs.parser import LogLine

__all__ = ["TerminalRunView"]

_MOST_ROWS_AT_THE_END = 50
"""Rows of the table that stays when the build has ended."""

_MOST_BARS = 10
"""Progress bars at once. Beyond that, bars of complete downloads are removed."""

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


class TerminalRunView:
    """View of a run on a terminal, with log lines above and the jobs below.

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
        self._unicode = _has_unicode(console)
        self._lines = LogFormatter(colour=self._colour, aligned=True, bar="│" if self._unicode else "|")
        self._lock = threading.Lock()
        self._pending: list[str] = []
        self._build: Build | None = None
        self._follow = True
        self._rows: list[JobRow] = []
        self._time = ServerTime(None)
        self._live: Live | None = None
        self._painter: threading.Thread | None = None
        self._done = threading.Event()
        self._bars: _Bars | None = None

    def created(self, build: Build, time: ServerTime, *, follow: bool) -> None:
        self._time = time
        self._build = build
        self._follow = follow
        if follow:
            self.polled(build)
        self._say(f"Created build #{build.number}: {clean(build.web_url)}")
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

    def polled(self, build: Build) -> None:
        rows = rows_of(build)
        self._lines.expect(row.label for row in rows if row.has_log)
        self._rows = rows
        self._build = build

    def line(self, label: str, line: LogLine) -> None:
        text = self._lines.text(label, line)
        with self._lock:
            self._pending.append(text)

    def note(self, text: str) -> None:
        self._say(f"* {clean(text)}", "warn")

    def ended(self) -> None:
        self._stop()
        if self._rows:
            rows, others = rows_that_fit(self._rows, _MOST_ROWS_AT_THE_END)
            self._console.print(_table(self._console, rows, others, self._time.now()))

    def progress(self, progress: DownloadProgress) -> None:
        with self._lock:
            if self._bars is None:
                self._bars = _Bars(self._console)
            self._bars.update(progress)

    def fetched(self, paths: Sequence[Path]) -> None:
        if self._bars is not None:
            self._bars.stop()
        for path in paths:
            self._say(f"Fetched {clean(str(path))}")

    def finish(self, result: RunResult) -> None:
        self.close()
        for said in summary(result):
            self._say(said.text, said.tone)
        if result.problem is not None:
            write_problem(self._err, result.problem, colour=self._err_colour)

    def close(self) -> None:
        self._stop()
        if self._bars is not None:
            self._bars.stop()

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
        build = self._build
        if build is None:
            return Text("")
        finished = sum(row.finished for row in self._rows)
        state = short(build_state(build) or "", 20)
        said = [
            f"{_spinner(unicode=self._unicode)} #{build.number} {state if self._follow else 'waiting for its end'}",
            *([f"{finished} of {len(self._rows)} jobs done"] if self._rows else []),
            duration_text(self._time.elapsed),
            "Ctrl-C leaves it running",
        ]
        title = Text((" · " if self._unicode else " - ").join(said))
        rule = Rule(title, align="left", style="dim", characters="─" if self._unicode else "-")
        rows, others = rows_that_fit(self._rows, max(1, self._console.height // 2 - 2))
        return Group(rule, _table(self._console, rows, others, self._time.now())) if rows else rule


class _Painted:
    """Lines that are painted already. rich prints them unchanged, which is fast; the terminal wraps them, so that a long line
    can be copied whole."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for line in self._lines:
            yield Segment(f"{line}\n")


class _Bars:
    """Progress bars of downloads, one for each artifact.

    Args:
        console: the terminal.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            # Paths come from the server, so they aren't markup.
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=24),
            DownloadColumn(),
            _Speed(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._complete: list[TaskID] = []
        self._progress.start()

    def update(self, progress: DownloadProgress) -> None:
        """Show the progress of a download."""
        artifact = progress.artifact
        task = self._tasks.get(artifact.id)
        if task is None:
            while self._complete and len(self._progress.task_ids) >= _MOST_BARS:
                self._progress.remove_task(self._complete.pop(0))
            task = self._progress.add_task(short(artifact.path, 100), total=progress.total)
            self._tasks[artifact.id] = task
        self._progress.update(task, completed=progress.done)
        if progress.done == progress.total:
            self._complete.append(task)

    def stop(self) -> None:
        """Stop updating. The bars stay on the terminal. Calling it twice is allowed."""
        self._progress.stop()


class _Speed(TransferSpeedColumn):
    """Column with the speed of a download; empty if the download was too short to measure one."""

    def render(self, task: Task) -> Text:
        return Text("") if (task.finished_speed or task.speed) is None else super().render(task)


def _table(console: Console, rows: Sequence[JobRow], others: str, now: datetime) -> RenderableType:
    """Return a table with a row for each job: a sign, its name, its state, and its duration.

    Args:
        console: the terminal, whose width it has to fit.
        rows: the jobs to show.
        others: a summary of the jobs that aren't shown; empty if all are shown.
        now: the server's time.
    """
    unicode = _has_unicode(console)
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


def _has_unicode(console: Console) -> bool:
    """Return whether the terminal's encoding has more than ASCII."""
    return console.encoding.lower().startswith("utf")
