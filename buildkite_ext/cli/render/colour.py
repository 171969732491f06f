"""Colours on streams that take no more than SGR codes, and the line that tells of a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from ..problem import Problem

Tone = Literal["good", "bad", "warn", "faint", "plain"]

TONES: dict[Tone, str] = {"good": "1;32", "bad": "1;31", "warn": "1;33", "faint": "2", "plain": ""}


def painted(text: str, code: str) -> str:
    """The text in a colour, by its SGR code.

    Example:
        >>> painted("ok", "32")
        '\\x1b[32mok\\x1b[0m'
    """
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def problem_line(problem: Problem, *, colour: bool) -> str:
    """A problem, as the command says it."""
    name = painted("buildkite-ext:", TONES["bad"] if colour else "")
    return f"{name} {problem.text}"


def write_problem(err: TextIO, problem: Problem, *, colour: bool) -> None:
    """A problem, on the stream for problems."""
    print(problem_line(problem, colour=colour), file=err, flush=True)
