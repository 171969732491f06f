"""Changes of builds and jobs, lines of logs, and files, each as a JSON object on a line."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TextIO

from ...states import build_state
from ..run.job_table import ServerTime, rows_of
from .colour import write_problem
from .records import print_json_line

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...artifacts.result import DownloadedFiles
    from ...artifacts.transfer import DownloadProgress
    from ...logs.parser import LogLine
    from ...logs.search import LogMatch
    from ..run.result import RunResult

__all__ = ["EventsRunView", "line_event", "match_event"]


class EventsRunView:
    """View of a run as JSON lines, each with a `type`: `build` and `job` for a new state, `line`, `fetched`, `note`, and `end`.

    Args:
        out: the stream for the lines.
        err: the stream for errors.
        err_colour: use colours on it.
    """

    def __init__(self, out: TextIO, err: TextIO, *, err_colour: bool) -> None:
        self._out = out
        self._err = err
        self._err_colour = err_colour
        self._pipeline = ""
        self._states: dict[str, str] = {}
        self._lock = threading.Lock()

    def begun(self, build: Build, time: ServerTime, *, pipeline: str, follow: bool, new: bool = True) -> None:  # noqa: ARG002 - the protocol
        self._pipeline = pipeline
        self._show_build(build)

    def polled(self, build: Build) -> None:
        self._show_build(build)
        for row in rows_of(build):
            if self._states.get(row.id) != row.state:
                self._states[row.id] = row.state
                self._write(
                    {
                        "type": "job",
                        "pipeline": self._pipeline,
                        "number": build.number,
                        "id": row.id,
                        "name": row.label,
                        "state": row.state,
                    }
                )

    def line(self, label: str, line: LogLine) -> None:
        self._write(line_event(label, line))

    def note(self, text: str) -> None:
        self._write({"type": "note", "text": text})

    def ended(self) -> None:
        """Do nothing: `finish` tells the end."""

    def progress(self, progress: DownloadProgress) -> None:
        """Do nothing: files are shown when they are there."""

    def fetched(self, files: DownloadedFiles) -> None:
        for path in files:
            self._write({"type": "fetched", "path": str(path), "already_there": path in files.already_there})

    def finish(self, result: RunResult) -> None:
        self._write({"type": "end", **result.as_json()})
        if result.problem is not None:
            write_problem(self._err, result.problem, colour=self._err_colour)

    def close(self) -> None:
        """Do nothing: no terminal is in use."""

    def _show_build(self, build: Build) -> None:
        state = build_state(build) or ""
        if self._states.get(build.id) != state:
            self._states[build.id] = state
            self._write(
                {
                    "type": "build",
                    "pipeline": self._pipeline,
                    "number": build.number,
                    "url": build.web_url,
                    "state": state,
                }
            )

    def _address(self, build: Build) -> dict[str, object]:
        return {"pipeline": self._pipeline, "number": build.number}

    def _write(self, event: dict[str, object]) -> None:
        with self._lock:
            print_json_line(event, self._out)


def line_event(label: str, line: LogLine) -> dict[str, object]:
    """Return the event of a line of a log."""
    return {"type": "line", **_line(label, line)}


def match_event(label: str, match: LogMatch, *, numbered: bool) -> dict[str, object]:
    """Return the event of a line that a search has found, with the lines around it.

    Args:
        label: the job's name.
        match: the match.
        numbered: the number of the line is that in the log.
    """
    return {
        "type": "match",
        **_line(label, match.line),
        "number": match.number if numbered else None,
        "start": match.start,
        "end": match.end,
        "before": [line.text for line in match.before],
        "after": [line.text for line in match.after],
    }


def _line(label: str, line: LogLine) -> dict[str, object]:
    return {
        "job_id": line.job_id,
        "job": label,
        "time": None if line.time is None else line.time.isoformat(),
        "group": line.group,
        "text": line.text,
    }
