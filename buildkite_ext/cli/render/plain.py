"""Plain lines: for pipes and files, and for terminals that can't do more."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..board import ServerTime, clock_text, rows_of
from ..report import Report
from ..safe_text import clean
from .colour import TONES, painted, write_problem
from .lines import LogLines
from .summary import summary

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...artifacts.transfer import DownloadProgress
    from ...logs.parser import LogLine

SHOWN_STATES = frozenset({"running", "blocked"})


class PlainView:
    """A line for each thing that happens: `job-name | text` for logs, `* …` for everything else.

    Args:
        out: where the run is shown.
        err: where it is said what went wrong.
        colour, err_colour: whether to colour them.
        quiet: show nothing but how it ended.
    """

    def __init__(self, out: TextIO, err: TextIO, *, colour: bool, err_colour: bool, quiet: bool = False) -> None:
        self._out = out
        self._err = err
        self._colour = colour
        self._err_colour = err_colour
        self._quiet = quiet
        self._time = ServerTime(None)
        self._states: dict[str, str] = {}
        self._lines = LogLines(colour=colour)
        self._begun: set[str] = set()
        self._later: list[str] = []
        self._lock = threading.Lock()

    def created(self, build: Build, time: ServerTime, *, follow: bool) -> None:
        self._time = time
        self._star(f"created build #{build.number}: {clean(build.web_url)}")
        if not follow:
            self._star("waiting for it to end")

    def seen(self, build: Build) -> None:
        self._say_later()
        for row in rows_of(build):
            if self._states.get(row.id) == row.state:
                continue
            self._states[row.id] = row.state
            if row.state in SHOWN_STATES:
                self._star(f"{row.label}: {row.state}")
            elif row.over and row.started_at is not None:
                detail = f", {row.detail}" if row.detail else ""
                after = clock_text(row.seconds(self._time.now()))
                self._later.append(f"{row.label}: {row.state}{detail} after {after}")

    def line(self, label: str, line: LogLine) -> None:
        if not self._quiet:
            self._write(self._lines.text(label, line))

    def note(self, text: str) -> None:
        self._star(clean(text))

    def ended(self) -> None:
        self._say_later()

    def progress(self, progress: DownloadProgress) -> None:
        artifact = progress.artifact
        if artifact.id not in self._begun:
            self._begun.add(artifact.id)
            size = "" if progress.total is None else f" ({progress.total:,} bytes)"
            self._star(f"fetching {clean(artifact.path)}{size}")

    def fetched(self, paths: Sequence[Path]) -> None:
        for path in paths:
            self._star(f"fetched {clean(str(path))}")

    def finish(self, report: Report) -> None:
        self._say_later()
        for said in summary(report):
            if not (self._quiet and said.tone == "faint"):
                self._write(painted(said.text, TONES[said.tone] if self._colour else ""))
        if report.problem is not None:
            write_problem(self._err, report.problem, colour=self._err_colour)

    def close(self) -> None:
        """Nothing was taken."""

    def _say_later(self) -> None:
        """That jobs have ended: after the last lines of their logs, which come behind the look that tells of it."""
        later, self._later = self._later, []
        for text in later:
            self._star(text)

    def _star(self, text: str) -> None:
        if not self._quiet:
            self._write(painted(f"* {text}", TONES["faint"] if self._colour else ""))

    def _write(self, text: str) -> None:
        with self._lock:
            # At once: whoever reads a pipe wants to see it live.
            print(text, file=self._out, flush=True)
