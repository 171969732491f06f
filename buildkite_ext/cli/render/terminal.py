"""Output on a terminal: log lines that scroll, and below them a table of jobs or progress bars; and a table of builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, Task, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Column
from rich.text import Text

from ...states import build_state
from ..run.job_table import JobRow, ServerTime, duration_text, rows_of
from ..run.result import RunResult
from ..streams import clean, short
from .colour import write_problem
from .lines import LogFormatter, summary
from .live import LiveTable

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...artifacts.result import DownloadedFiles
    from ...artifacts.transfer import DownloadProgress
    from ...logs.parser import LogLine
    from ..problem import Problem

__all__ = ["TerminalBuildsView", "TerminalRunView"]

_MOST_BARS = 10
"""Progress bars at once. Beyond that, bars of complete downloads are removed."""


class TerminalRunView(LiveTable):
    """View of a run on a terminal, with log lines above and the jobs below.

    Args:
        console, err, err_colour: as for `LiveTable`.
    """

    def __init__(self, console: Console, err: TextIO, *, err_colour: bool) -> None:
        super().__init__(console, err, err_colour=err_colour)
        self._lines = LogFormatter(colour=self._colour, aligned=True, bar="│" if self._unicode else "|")
        self._build: Build | None = None
        self._follow = True
        self._bars: _Bars | None = None

    def begun(self, build: Build, time: ServerTime, *, pipeline: str, follow: bool, new: bool = True) -> None:
        self._time = time
        self._build = build
        self._follow = follow
        if follow:
            self.polled(build)
        self._say(
            f"{'Created build' if new else f'Watching build {clean(pipeline)}'} #{build.number}: {clean(build.web_url)}"
        )
        self._start_table()

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
        self._print_table()

    def progress(self, progress: DownloadProgress) -> None:
        if progress.already_there:
            return
        with self._lock:
            if self._bars is None:
                self._bars = _Bars(self._console)
            self._bars.update(progress)

    def fetched(self, files: DownloadedFiles) -> None:
        if self._bars is not None:
            self._bars.stop()
        for path in files:
            self._say(f"{'Already there:' if path in files.already_there else 'Fetched'} {clean(str(path))}")

    def finish(self, result: RunResult) -> None:
        self.close()
        for said in summary(result):
            self._say(said.text, said.tone)
        if result.problem is not None:
            write_problem(self._err, result.problem, colour=self._err_colour)

    def close(self) -> None:
        super().close()
        if self._bars is not None:
            self._bars.stop()

    def _title(self) -> list[str]:
        """Return the parts of the line above the table."""
        build = self._build
        assert build is not None
        state = short(build_state(build) or "", 20)
        finished = sum(row.finished for row in self._rows)
        return [
            f"#{build.number} {state if self._follow else 'waiting for its end'}",
            *([f"{finished} of {len(self._rows)} jobs done"] if self._rows else []),
            duration_text(self._time.elapsed),
            "Ctrl-C leaves it running",
        ]


class TerminalBuildsView(LiveTable):
    """View of several builds on a terminal, with a row for each.

    Args:
        console, err, err_colour: as for `LiveTable`.
    """

    def __init__(self, console: Console, err: TextIO, *, err_colour: bool) -> None:
        super().__init__(console, err, err_colour=err_colour)
        self._by_name: dict[str, JobRow] = {}

    def begun(self, names: Mapping[str, str]) -> None:
        self._by_name = {name: JobRow(name, short(name, 60), "", "", None, None, has_log=False) for name in names}
        self._rows = list(self._by_name.values())
        self._start_table()

    def seen(self, name: str, state: str) -> None:
        row = self._by_name.get(name)
        if row is not None and row.finished_at is None:
            self._change(replace(row, state=short(state, 20)))

    def ended(self, result: RunResult) -> None:
        row, build = self._by_name.get(result.name), result.build
        if row is not None and build is not None:
            now = self._time.now()
            began, ended = build.started_at or build.created_at or now, build.finished_at or now
            self._change(replace(row, state=result.outcome or "", started_at=began, finished_at=ended))
        for said in summary(result):
            self._say(said.text, said.tone)

    def failed(self, problem: Problem) -> None:
        self.close()
        write_problem(self._err, problem, colour=self._err_colour)

    def close(self) -> None:
        if self._live is not None:
            self._stop()
            self._print_table()

    def _title(self) -> list[str]:
        ended = sum(row.finished_at is not None for row in self._rows)
        return [
            f"{ended} of {len(self._rows)} builds have ended",
            duration_text(self._time.elapsed),
            "Ctrl-C leaves them running",
        ]

    def _change(self, row: JobRow) -> None:
        self._by_name[row.id] = row
        self._rows = list(self._by_name.values())


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
