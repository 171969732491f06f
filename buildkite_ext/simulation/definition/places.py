"""Places of characters in the values of a YAML text, whose quotes, escapes and line breaks differ from the values' own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .yaml_tree import Mark, PipelineProblem

__all__ = ["placed"]

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*")
_ESCAPE = re.compile(r"\\(?:x(..)|u(....)|U(.{8})|(.?))")
_ESCAPED = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b", **dict.fromkeys("tnvfrN_LP", " ")}
"""Characters of escapes that aren't themselves. What is a kind of space is one here."""


def placed(problems: Iterable[PipelineProblem], text: str) -> list[PipelineProblem]:
    """Return problems with the places of the characters that are wrong in a text.

    A problem whose value stands otherwise in the text, as one that was expanded does, keeps the place of the value.

    Example:
        >>> text = "if: >-\\n  true &&\\n  5"
        >>> placed([PipelineProblem("error", "no", Mark(1, 5), ("true && 5", 8))], text)[0].mark
        Mark(line=3, column=3)
    """
    lines = _LINE_BREAK.split(text)
    return [_placed(each, lines) for each in problems]


def _placed(problem: PipelineProblem, lines: Sequence[str]) -> PipelineProblem:
    if problem.inside is None:
        return problem
    value, position = problem.inside
    found: Mark | None = None
    source = _source(problem.mark, lines)
    # Spaces aside, the characters of a value are those of its source: only spaces and line breaks are folded.
    for index, character in enumerate(value):
        if index >= position and found is not None and character.isspace():
            break
        if character.isspace():
            continue
        there, mark = next(source, ("", problem.mark))
        if there != character:
            return problem
        found = Mark(mark.line, mark.column + 1)  # behind it, where the end of the value is wrong
        if index >= position:
            return replace(problem, mark=mark)
    return problem if found is None else replace(problem, mark=found)


def _source(mark: Mark, lines: Sequence[str]) -> Iterator[tuple[str, Mark]]:
    """Yield the characters of the scalar at a place, and of what follows it, with their places, but for spaces."""
    row = mark.line - 1
    line = lines[row] if row < len(lines) else ""
    properties = _PROPERTIES.match(line, mark.column - 1)
    at = mark.column - 1 if properties is None else properties.end()
    style = line[at : at + 1]
    if style in ("|", ">"):
        row, at = row + 1, 0
    elif style in ("'", '"'):
        at += 1
    for number in range(row, len(lines)):
        line = lines[number]
        while at < len(line):
            character, begin, at = line[at], at, at + 1
            if style == "'" and character == "'":
                at += 1  # it stands there twice
            elif style == '"' and (escape := _ESCAPE.match(line, begin)) is not None:
                at = escape.end()
                code = escape[1] or escape[2] or escape[3]
                character = _character(code) if code else _ESCAPED.get(escape[4] or " ", escape[4] or " ")
            if not character.isspace():
                yield character, Mark(number + 1, begin + 1)
        at = 0


def _character(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return " "
