"""Plain lines, for pipes, files and simple terminals; and the JSON object of `--json`."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, TextIO

from ..run.job_table import ServerTime, duration_text, rows_of
from ..run.result import RunResult
from ..streams import clean, print_line
from .colour import TONES, painted, write_problem
from .lines import LogFormatter, summary

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...artifacts.result import DownloadedFiles
    from ...artifacts.transfer import DownloadProgress
    from ...logs.parser import LogLine

__all__ = ["JsonRunView", "PlainRunView"]

_SHOWN_STATES = frozenset({"running", "blocked"})


class PlainRunView:
    """View of a run as plain lines: `job-name | text` for logs, `* …` for everything else.

    Args:
        out: the stream for the run.
        err: the stream for errors.
        colour, err_colour: use colours on them.
        quiet: show only how the run ended.
    """

    def __init__(self, out: TextIO, err: TextIO, *, colour: bool, err_colour: bool, quiet: bool = False) -> None:
        self._out = out
        self._err = err
        self._colour = colour
        self._err_colour = err_colour
        self._quiet = quiet
        self._time = ServerTime(None)
        self._states: dict[str, str] = {}
        self._lines = LogFormatter(colour=colour)
        self._started: set[str] = set()
        self._ended_jobs: list[str] = []
        self._lock = threading.Lock()

    def begun(self, build: Build, time: ServerTime, *, pipeline: str, follow: bool, new: bool = True) -> None:
        self._time = time
        self._star(
            f"{'created build' if new else f'watching build {clean(pipeline)}'} #{build.number}: {clean(build.web_url)}"
        )
        if not follow:
            self._star("waiting for it to end")

    def polled(self, build: Build) -> None:
        self._print_ended_jobs()
        for row in rows_of(build):
            if self._states.get(row.id) == row.state:
                continue
            self._states[row.id] = row.state
            if row.state in _SHOWN_STATES:
                self._star(f"{row.label}: {row.state}")
            elif row.finished and row.started_at is not None:
                detail = f", {row.detail}" if row.detail else ""
                after = duration_text(row.seconds(self._time.now()))
                self._ended_jobs.append(f"{row.label}: {row.state}{detail} after {after}")

    def line(self, label: str, line: LogLine) -> None:
        if not self._quiet:
            self._write(self._lines.text(label, line))

    def note(self, text: str) -> None:
        self._star(clean(text))

    def ended(self) -> None:
        self._print_ended_jobs()

    def progress(self, progress: DownloadProgress) -> None:
        artifact = progress.artifact
        if not progress.already_there and artifact.id not in self._started:
            self._started.add(artifact.id)
            size = "" if progress.total is None else f" ({progress.total:,} bytes)"
            self._star(f"fetching {clean(artifact.path)}{size}")

    def fetched(self, files: DownloadedFiles) -> None:
        for path in files:
            self._star(f"{'already there:' if path in files.already_there else 'fetched'} {clean(str(path))}")

    def finish(self, result: RunResult) -> None:
        self._print_ended_jobs()
        for line in summary(result):
            if not (self._quiet and line.tone == "faint"):
                self._write(painted(line.text, TONES[line.tone] if self._colour else ""))
        if result.problem is not None:
            write_problem(self._err, result.problem, colour=self._err_colour)

    def close(self) -> None:
        """Do nothing: no terminal is in use."""

    def _print_ended_jobs(self) -> None:
        """Print which jobs have ended. Their last log lines come after the poll that shows the end, and before this."""
        later, self._ended_jobs = self._ended_jobs, []
        for text in later:
            self._star(text)

    def _star(self, text: str) -> None:
        if not self._quiet:
            self._write(painted(f"* {text}", TONES["faint"] if self._colour else ""))

    def _write(self, text: str) -> None:
        with self._lock:
            print_line(text, self._out)  # flushed, so that a pipe shows it live


class JsonRunView(PlainRunView):
    """View of a run as one JSON object on the standard output; the plain lines go to the standard error.

    Args:
        out: the stream for the object.
        err: the stream for everything else.
        colour: use colours on `err`.
        quiet: show only how the run ended.
    """

    def __init__(self, out: TextIO, err: TextIO, *, colour: bool, quiet: bool = False) -> None:
        super().__init__(err, err, colour=colour, err_colour=colour, quiet=quiet)
        self._object = out

    def finish(self, result: RunResult) -> None:
        super().finish(result)
        # ASCII, so that neither terminals nor encodings change the server's text.
        print_line(json.dumps(result.as_json(), indent=2), self._object)
