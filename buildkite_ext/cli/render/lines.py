"""Lines that several output formats share: those of logs, and the summary at the end of a run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...logs.parser import GROUP
from ..run.job_table import duration_text
from ..run.result import FailedStep, RunResult
from ..streams import clean
from .colour import Tone, painted

if TYPE_CHECKING:
    from ...logs.parser import LogLine

__all__ = ["LogFormatter", "SummaryLine", "summary"]

_LABEL_COLOURS = ("36", "35", "34", "33", "32", "96", "95", "94")
"""The colours of labels, in the order in which jobs appear."""

_WIDEST_LABEL = 24


class LogFormatter:
    """Formatter of log lines as `job-name | text`.

    The text keeps its own colours at most, and nothing in it counts as markup.

    Args:
        colour: use colours, the text's own among them.
        aligned: align and shorten labels: for people rather than for grep.
        bar: the separator between label and text.
    """

    def __init__(self, *, colour: bool, aligned: bool = False, bar: str = "|") -> None:
        self._colour = colour
        self._aligned = aligned
        self._bar = painted(bar, "2") if colour else bar
        self._codes: dict[str, str] = {}
        self._width = 0
        self._labels: dict[tuple[str, int], str] = {}

    def expect(self, labels: Iterable[str]) -> None:
        """Make the column of labels wide enough for these, so that its width doesn't change later."""
        for label in labels:
            self._label(label)

    def text(self, label: str, line: LogLine) -> str:
        """Return a line of output, without a line break."""
        said = line.styled if self._colour else line.text
        if self._colour and GROUP.match(line.text):
            said = painted(said, "1")
        return self.shown(label, said)

    def shown(self, label: str, text: str) -> str:
        """Return a line of output with a text that is safe to print."""
        return f"{self._label(label)} {self._bar} {text}"

    def _label(self, label: str) -> str:
        ready = self._labels.get((label, self._width))
        if ready is None:
            code = self._codes.setdefault(label, _LABEL_COLOURS[len(self._codes) % len(_LABEL_COLOURS)])
            ready = painted(self._sized(label) if self._aligned else label, code if self._colour else "")
            self._labels[label, self._width] = ready
        return ready

    def _sized(self, label: str) -> str:
        from rich.text import Text  # it knows the width of characters

        text = Text(label)
        self._width = max(self._width, min(_WIDEST_LABEL, text.cell_len))
        text.truncate(self._width, overflow="ellipsis", pad=True)
        return text.plain


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """A line of the summary, safe to print, and its tone."""

    text: str
    tone: Tone = "plain"


def summary(result: RunResult) -> Iterator[SummaryLine]:
    """Give out the lines that say how a run ended. There are none if the build continues: the result's problem says that."""
    for job in result.failed:
        yield from _failed_job(job)
    took = duration_text(result.duration)
    build = f"Build {result.name}"
    match result.outcome:
        case "passed":
            yield SummaryLine(f"{build} passed in {took}: {result.url}", "good")
        case "failed":
            yield SummaryLine(f"{build} failed after {took}: {result.url}", "bad")
        case "canceled":
            yield SummaryLine(f"{build} was canceled after {took}: {result.url}", "warn")
        case "blocked":
            yield from _blocked(result, took)
        case "skipped":
            yield SummaryLine(f"{build} was skipped: {result.url}", "warn")
        case "not_run":
            yield SummaryLine(f"{build} was not run: {result.url}", "warn")
        case None:
            return


def _failed_job(job: FailedStep) -> Iterator[SummaryLine]:
    detail = f" ({job.detail})" if job.detail else ""
    yield SummaryLine(f"{job.label} {job.state.replace('_', ' ')}{detail}: {job.url}", "bad")
    for line in job.lines:
        yield SummaryLine(f"  | {line}", "faint")


def _blocked(result: RunResult, took: str) -> Iterator[SummaryLine]:
    build = f"Build {result.name}"
    if not result.blocked:
        yield SummaryLine(f"{build} is blocked after {took}: {result.url}", "warn")
        return
    named = " and ".join(f'"{step.label}"' for step in result.blocked)
    yield SummaryLine(f"{build} waits at {named} after {took}: {result.url}", "warn")
    if result.simulated:
        said = "It ends now, with the simulator. To unblock builds, run this command against `buildkite-ext simulate`."
        yield SummaryLine(said, "plain")
        return
    number = result.build.number if result.build else 0
    step = ["--step", result.blocked[0].key or result.blocked[0].id] if len(result.blocked) > 1 else []
    address = [result.pipeline, str(number), *step]
    words = shlex.join(clean(word) for word in ("buildkite-ext", "unblock", *address, *result.options))
    yield SummaryLine(f"Unblock it on that page, or with: {words}", "plain")
