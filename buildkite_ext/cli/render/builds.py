"""Views of several builds that are watched: plain lines, JSON lines, and a table on a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from typing import TextIO

from ..problem import Problem
from ..run.result import RunResult
from ..run.several import BuildsView
from ..streams import Colour, clean, coloured, is_terminal, print_line, short
from .colour import TONES, painted, write_problem
from .lines import summary
from .records import print_json_line

__all__ = ["builds_view"]


class _PlainBuildsView:
    """View of builds as plain lines: `* NAME: STATE`, and how each has ended.

    Args:
        out: the stream for the builds.
        err: the stream for errors.
        colour, err_colour: use colours on them.
        quiet: show only how the builds ended.
    """

    def __init__(self, out: TextIO, err: TextIO, *, colour: bool, err_colour: bool, quiet: bool) -> None:
        self._out = out
        self._err = err
        self._colour = colour
        self._err_colour = err_colour
        self._quiet = quiet
        self._states: dict[str, str] = {}
        self._lock = threading.Lock()

    def begun(self, names: Mapping[str, str]) -> None:
        if not self._quiet:
            self._write(f"* watching {len(names)} builds", TONES["faint"])

    def seen(self, name: str, state: str) -> None:
        if self._states.get(name) != state:
            self._states[name] = state
            if not self._quiet:
                self._write(f"* {clean(name)}: {short(state, 20)}", TONES["faint"])

    def ended(self, result: RunResult) -> None:
        for line in summary(result):
            if not (self._quiet and line.tone == "faint"):
                self._write(line.text, TONES[line.tone])

    def failed(self, problem: Problem) -> None:
        write_problem(self._err, problem, colour=self._err_colour)

    def close(self) -> None:
        """Do nothing: no terminal is in use."""

    def _write(self, text: str, code: str) -> None:
        with self._lock:
            print_line(painted(text, code if self._colour else ""), self._out)


class _BuildEventsView:
    """View of builds as JSON lines: `build` for a new state, and `end`, each with the pipeline and the number.

    Args:
        out: the stream for the lines.
        err: the stream for errors.
        err_colour: use colours on it.
    """

    def __init__(self, out: TextIO, err: TextIO, *, err_colour: bool) -> None:
        self._out = out
        self._err = err
        self._err_colour = err_colour
        self._states: dict[str, str] = {}
        self._lock = threading.Lock()

    def begun(self, names: Mapping[str, str]) -> None:
        """Do nothing: the first event of each build follows."""

    def seen(self, name: str, state: str) -> None:
        if self._states.get(name) != state:
            self._states[name] = state
            pipeline, _, number = name.rpartition(" #")
            self._write({"type": "build", "pipeline": pipeline, "number": int(number), "state": state})

    def ended(self, result: RunResult) -> None:
        self._write({"type": "end", **result.as_json()})

    def failed(self, problem: Problem) -> None:
        write_problem(self._err, problem, colour=self._err_colour)

    def close(self) -> None:
        """Do nothing: no terminal is in use."""

    def _write(self, event: dict[str, object]) -> None:
        with self._lock:
            print_json_line(event, self._out)


def builds_view(*, json: bool, quiet: bool, color: Colour) -> BuildsView:
    """Return the view that suits the options and the streams."""
    out, err = sys.stdout, sys.stderr
    if json:
        return _BuildEventsView(out, err, err_colour=coloured(color, err))
    if quiet or not is_terminal(out):
        return _PlainBuildsView(out, err, colour=coloured(color, out), err_colour=coloured(color, err), quiet=quiet)
    from .console import terminal_console
    from .terminal import TerminalBuildsView

    return TerminalBuildsView(terminal_console(out, color), err, err_colour=coloured(color, err))
