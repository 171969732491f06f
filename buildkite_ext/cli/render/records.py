"""Records, such as builds and jobs: JSON lines, lines with tabs for other programs, or aligned columns on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TextIO, TypeVar

from ..streams import Colour, clean, coloured, is_terminal, print_line
from .colour import TONES, Tone, painted

__all__ = ["print_json_line", "print_records"]

_GAP = 2

_TONES: dict[str, Tone] = {
    **dict.fromkeys(("failed", "timed_out", "expired", "failing", "error"), "bad"),
    **dict.fromkeys(("blocked", "canceled", "canceling", "skipped", "not_run", "warning"), "warn"),
    **dict.fromkeys(("passed", "success"), "good"),
    **dict.fromkeys(("scheduled", "waiting", "assigned", "limited", "creating", "broken", "deleted"), "faint"),
}


class _Model(Protocol):
    def to_dict(self) -> dict[str, object]:
        """Return the object of the API."""
        ...


_Record = TypeVar("_Record", bound=_Model)


def print_json_line(value: object, out: TextIO | None = None) -> None:
    """Print a JSON value on a line, in ASCII, so that neither terminals nor encodings change the server's text.

    Args:
        value: the value.
        out: the stream; by default the standard output.
    """
    print_line(json.dumps(value), sys.stdout if out is None else out)


def print_records(
    records: Iterable[_Record],
    row: Callable[[_Record], Sequence[str]],
    *,
    json_lines: bool = False,
    color: Colour = "auto",
) -> None:
    """Print records, one a line: as objects of the API; with tabs between the values; or aligned on a terminal.

    Args:
        records: the records. They are printed as they arrive, and on a terminal when all have.
        row: returns the values of a record. The first is a state, whose colour is that of the state.
        json_lines: print JSON.
        color: when to use colours.
    """
    if json_lines:
        for record in records:
            print_json_line(record.to_dict())
        return
    if is_terminal(sys.stdout):
        _print_aligned([_cleaned(row(record)) for record in records], color)
        return
    colours = coloured(color, sys.stdout)
    for record in records:
        state, *values = _cleaned(row(record))
        shown = painted(state, TONES[_tone_of(state)]) if colours else state
        print_line("\t".join([shown, *values]), sys.stdout)


def _tone_of(state: str) -> Tone:
    """Return the tone of a state of a build, a job, an artifact or an annotation.

    Example:
        >>> _tone_of("failed"), _tone_of("running")
        ('bad', 'plain')
    """
    return _TONES.get(state, "plain")


def _cleaned(values: Sequence[str]) -> list[str]:
    return [clean(value).replace("\t", " ").strip() for value in values]


def _print_aligned(rows: Sequence[Sequence[str]], color: Colour) -> None:
    from rich.table import Table
    from rich.text import Text

    from .console import terminal_console

    if not rows:
        return
    console = terminal_console(sys.stdout, color)
    styles = {"good": "bold green", "bad": "bold red", "warn": "bold yellow", "faint": "dim", "plain": ""}
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    for _ in rows[0]:
        grid.add_column(no_wrap=True, overflow="ellipsis")
    for state, *values in rows:
        # Names come from the server, so they are text and not markup.
        grid.add_row(Text(state, styles[_tone_of(state)]), *map(Text, values))
    console.print(grid)
