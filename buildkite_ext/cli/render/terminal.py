"""A terminal: log lines scroll by, a table of jobs stays below them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.segment import Segment
from rich.text import Text

from ..board import Row, ServerTime, clock_text, fitting, rows_of
from ..report import Report
from ..safe_text import clean, short
from .bars import Bars
from .colour import TONES, Tone, painted, write_problem
from .lines import LogLines
from .summary import summary
from .table import FRAME, speaks_unicode, spinner, table

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...artifacts.transfer import DownloadProgress
    from ...logs.parser import LogLine

MOST_AT_THE_END = 50
"""Rows of the table that stays when the build has ended."""


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
        self._colour = console.color_system is not None
        self._unicode = speaks_unicode(console)
        self._lines = LogLines(colour=self._colour, aligned=True, bar="│" if self._unicode else "|")
        self._lock = threading.Lock()
        self._pending: list[str] = []
        self._build: Build | None = None
        self._follow = True
        self._rows: list[Row] = []
        self._time = ServerTime(None)
        self._live: Live | None = None
        self._painter: threading.Thread | None = None
        self._done = threading.Event()
        self._bars: Bars | None = None

    def created(self, build: Build, time: ServerTime, *, follow: bool) -> None:
        self._time = time
        self._build = build
        self._follow = follow
        if follow:
            self.seen(build)
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

    def seen(self, build: Build) -> None:
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
            rows, others = fitting(self._rows, MOST_AT_THE_END)
            self._console.print(table(self._console, rows, others, self._time.now()))

    def progress(self, progress: DownloadProgress) -> None:
        with self._lock:
            if self._bars is None:
                self._bars = Bars(self._console)
            self._bars.update(progress)

    def fetched(self, paths: Sequence[Path]) -> None:
        if self._bars is not None:
            self._bars.stop()
        for path in paths:
            self._say(f"Fetched {clean(str(path))}")

    def finish(self, report: Report) -> None:
        self.close()
        for said in summary(report):
            self._say(said.text, said.tone)
        if report.problem is not None:
            write_problem(self._err, report.problem, colour=self._err_colour)

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
            self._console.print(_Written(lines), soft_wrap=True)
        elif self._live is not None:
            self._live.refresh()

    def _frame(self) -> RenderableType:
        build = self._build
        if build is None:
            return Text("")
        over = sum(row.over for row in self._rows)
        state = "blocked" if build.blocked else short(str(build.state), 20)
        said = [
            f"{spinner(unicode=self._unicode)} #{build.number} {state if self._follow else 'waiting for its end'}",
            *([f"{over} of {len(self._rows)} jobs done"] if self._rows else []),
            clock_text(self._time.elapsed),
            "Ctrl-C leaves it running",
        ]
        title = Text((" · " if self._unicode else " - ").join(said))
        rule = Rule(title, align="left", style="dim", characters="─" if self._unicode else "-")
        rows, others = fitting(self._rows, max(1, self._console.height // 2 - 2))
        return Group(rule, table(self._console, rows, others, self._time.now())) if rows else rule


class _Written:
    """Lines that are painted already. rich passes them through as they are, which is quick, and the terminal wraps
    them, so that long ones can be copied whole."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for line in self._lines:
            yield Segment(f"{line}\n")
