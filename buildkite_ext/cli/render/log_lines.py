"""Lines of logs, and those that a search has found, as text or as JSON lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from ..run.job_table import label_of
from ..streams import print_line, short
from .colour import painted
from .events import line_event, match_event
from .lines import LogFormatter
from .records import print_json_line

if TYPE_CHECKING:
    from buildkite_api.models import Job

    from ...logs.parser import LogLine
    from ...logs.search import LogMatch

__all__ = ["LogView"]

_FOUND = "1;31"
"""SGR code of the text that matches."""


class LogView:
    """View of lines as `job-name | text`, or as JSON lines. Nothing in them can do more on a terminal than change the colour.

    Args:
        out: the stream.
        colour: use colours.
        aligned: align the names of jobs.
        json_lines: print JSON.
        separated: separate matches that aren't neighbours by `--`, as grep does.
        numbered: the numbers of matches are those of lines in the log.
    """

    def __init__(
        self, out: TextIO, *, colour: bool, aligned: bool, json_lines: bool, separated: bool, numbered: bool
    ) -> None:
        self._out = out
        self._colour = colour
        self._json = json_lines
        self._separated = separated
        self._numbered = numbered
        self._formatter = LogFormatter(colour=colour, aligned=aligned)
        self._labels: dict[str, str] = {}
        self._shown: dict[str, int] = {}
        self._last_job: str | None = None

    def know(self, jobs: Iterable[Job]) -> None:
        """Take the names of jobs."""
        named = {job.id: label_of(job) for job in jobs if str(job.type) == "script"}
        self._labels |= named
        self._formatter.expect(named.values())

    def line(self, line: LogLine) -> None:
        """Show a line."""
        label = self._label(line)
        if self._json:
            print_json_line(line_event(label, line), self._out)
        else:
            print_line(self._formatter.text(label, line), self._out)

    def match(self, match: LogMatch) -> None:
        """Show a line that was found, with those around it, each once."""
        line = match.line
        label = self._label(line)
        if self._json:
            print_json_line(match_event(label, match, numbered=self._numbered), self._out)
            return
        first, last = match.number - len(match.before), match.number + len(match.after)
        shown = self._shown.get(line.job_id, 0)
        if self._separated and self._last_job is not None and (self._last_job != line.job_id or first > shown + 1):
            print_line("--", self._out)
        around = [*match.before, line, *match.after]
        for number, each in enumerate(around, start=first):
            if number == match.number and number > shown:
                print_line(self._found(label, match), self._out)
            elif number > shown:
                print_line(self._formatter.text(label, each), self._out)
        self._shown[line.job_id] = max(last, shown)
        self._last_job = line.job_id

    def _found(self, label: str, match: LogMatch) -> str:
        if not self._colour or match.start == match.end:
            return self._formatter.text(label, match.line)
        text = match.line.text
        marked = f"{text[: match.start]}{painted(text[match.start : match.end], _FOUND)}{text[match.end :]}"
        return self._formatter.shown(label, marked)

    def _label(self, line: LogLine) -> str:
        return self._labels.get(line.job_id) or short(line.job_name)
