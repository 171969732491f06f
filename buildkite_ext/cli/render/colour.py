"""Colours of a terminal as SGR codes, and the line that reports a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TextIO

from ..streams import print_line

if TYPE_CHECKING:
    from ..problem import Problem

__all__ = ["TONES", "Tone", "painted", "problem_line", "write_problem"]

Tone = Literal["good", "bad", "warn", "faint", "plain"]

TONES: dict[Tone, str] = {"good": "1;32", "bad": "1;31", "warn": "1;33", "faint": "2", "plain": ""}
"""The SGR code of each tone."""


def painted(text: str, code: str) -> str:
    """Return a text in the colour of an SGR code.

    Example:
        >>> painted("ok", "32")
        '\\x1b[32mok\\x1b[0m'
    """
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def problem_line(problem: Problem, *, colour: bool) -> str:
    """Return the line that reports a problem."""
    name = painted("buildkite-ext:", TONES["bad"] if colour else "")
    return f"{name} {problem.text}"


def write_problem(err: TextIO, problem: Problem, *, colour: bool) -> None:
    """Report a problem on a stream."""
    print_line(problem_line(problem, colour=colour), err)
