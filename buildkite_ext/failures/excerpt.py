"""The useful lines of a failed job's log: those around the first error of its last open section.

The shapes of errors that common tools write are a table. Nothing here is sent or read.
https://buildkite.com/docs/pipelines/configure/managing-log-output
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Excerpt", "excerpt_of", "narrowed"]

_DETAIL, _ERROR, _CONSEQUENCE = 3, 2, 1
"""Ranks of lines: the details of a failure, any error, and what only says that something before has failed."""

_LONGEST_MATCHED = 500
"""Characters of a line that are compared with the shapes."""

_SUMMARY_LINES = 8
"""Lines of a tool's own summary that are added."""

_TITLE_WITHIN = 80
"""Lines before an error among which its title is looked for."""

_TAIL = 15
"""Lines of the end that are shown where no error is found."""

_HEADER = re.compile(r"(---|\+\+\+|~~~)(?:[ \t]+(.*))?$")
_GO_RESULT = re.compile(r"--- (?:FAIL|PASS|SKIP|BENCH): ")
"""Lines that `go test` writes. Buildkite shows them as headers of groups, which they aren't meant to be."""

_OPENS_BEFORE = re.compile(r"\^\^\^ \+\+\+")

_HARMLESS = re.compile(
    r"\s*(?:\[?(?:warn|warning|debug|info|notice|note)\b|.*\b(?:0|no) (?:errors?|failures?)\b)", re.IGNORECASE
)
"""Lines in which the word error says nothing."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """Shape of a line that begins or is an error.

    Attributes:
        pattern: is searched in the line.
        rank: how much the line tells.
        tests: a test framework writes it.
        before, after: lines around it that belong to it.
        title: the line before it that names the test or the file.
        block: the lines after it belong to it until one isn't indented, which is its message: a traceback of Python.
        guarded: the line is none if a word in it makes it harmless.
    """

    pattern: re.Pattern[str]
    rank: int = _DETAIL
    tests: bool = False
    before: int = 1
    after: int = 12
    title: re.Pattern[str] | None = None
    block: bool = False
    guarded: bool = False


_SHAPES: tuple[_Shape, ...] = (
    # pytest, unittest
    _Shape(re.compile(r"^E {3,}\S"), tests=True, before=8, after=8, title=re.compile(r"^_{3,} .+ _{3,}$")),
    _Shape(re.compile(r"^(?:FAIL|ERROR): \S+ \("), tests=True, before=0, after=16),
    _Shape(re.compile(r"^={5,} (?:ERRORS|FAILURES) ={5,}$"), rank=_ERROR, tests=True, before=0, after=20),
    _Shape(re.compile(r"^(?:FAILED|ERROR) \S+\.py\b"), rank=_ERROR, tests=True, before=0, after=8),
    _Shape(re.compile(r"\.py::\S+.* (?:FAILED|ERROR)\b"), rank=_ERROR, tests=True, before=0, after=8),
    # jest, vitest, mocha, Playwright
    _Shape(re.compile(r"^\s*● .*\S"), tests=True, before=0, after=18),
    _Shape(re.compile(r"^\s*FAIL\s+\S+.* > "), tests=True, before=0, after=18),
    _Shape(re.compile(r"^\s*FAIL\s+\S+\.[cm]?[jt]sx?\b"), rank=_ERROR, tests=True, before=0, after=18),
    _Shape(re.compile(r"^\s+\d+ failing$"), tests=True, before=0, after=18),
    _Shape(re.compile(r"^\s+\d+\) \[[\w -]+\] › "), tests=True, before=0, after=18),
    # go test, gtest, ctest
    _Shape(re.compile(r"^\s*--- FAIL: "), tests=True, before=6, after=8),
    _Shape(re.compile(r"^\S+:\d+: Failure$"), tests=True, before=1, after=6),
    _Shape(re.compile(r"^The following tests FAILED:$"), tests=True, before=0, after=12),
    _Shape(re.compile(r"^(?:panic|fatal error): "), before=2, after=12),
    _Shape(re.compile(r"^(?:\./)?[\w./-]+\.go:\d+:\d+: "), before=1, after=8),
    # RSpec, minitest, PHPUnit, TAP, surefire
    _Shape(re.compile(r"^Failures:$"), tests=True, before=0, after=18),
    _Shape(re.compile(r"^\s+\d+\) (?:Failure|Error):$"), tests=True, before=0, after=10),
    _Shape(re.compile(r"^There (?:was|were) \d+ (?:failure|error)s?:$"), tests=True, before=0, after=14),
    _Shape(re.compile(r"^\s*not ok \d+\b(?!.*# (?:TODO|SKIP))"), tests=True, before=0, after=12),
    _Shape(re.compile(r"<<< (?:FAILURE|ERROR)!"), tests=True, before=0, after=10),
    # cargo
    _Shape(re.compile(r"^---- .+ stdout ----$"), tests=True, before=0, after=10),
    _Shape(re.compile(r"^thread '.*' (?:\(\d+\) )?panicked at "), before=1, after=6),
    _Shape(re.compile(r"^error\[E\d+\]: "), before=0, after=12),
    # compilers, type checkers, linters
    _Shape(re.compile(r"^\S.*\(\d+,\d+\): error [A-Z]+\d+: "), before=0, after=8),
    _Shape(re.compile(r"^\S+:\d+:\d+ - error TS\d+: "), before=0, after=8),
    _Shape(re.compile(r"^\S[^:]*:\d+(?::\d+)?: (?:fatal )?error: "), before=1, after=6),
    _Shape(re.compile(r"^\S+:\d+:\d+: [A-Z]{1,4}\d{3,4} "), before=0, after=8),
    _Shape(
        re.compile(r"^\s+\d+:\d+\s+error\s{2,}"),
        before=1,
        after=8,
        title=re.compile(r"^(?:/|[A-Za-z]:\\|\w[\w.-]*/)\S+$"),
    ),
    # tracebacks and build tools
    _Shape(re.compile(r"^\s*(?:\+ Exception Group )?Traceback \(most recent call last\):"), before=2, block=True),
    _Shape(re.compile(r"^ > \[.*\] .+:$"), before=0, after=15),
    _Shape(re.compile(r"^FAILURE: Build failed with an exception"), before=0, after=12),
    _Shape(re.compile(r"^Exception in thread "), before=1, after=12),
    _Shape(re.compile(r"^ERROR: failed to (?:solve|build)"), rank=_ERROR, before=12, after=3),
    _Shape(re.compile(r"^> Task \S+ FAILED"), rank=_ERROR, before=0, after=12),
    # any program
    _Shape(re.compile(r"^(?:make(?:\[\d+\])?|gmake(?:\[\d+\])?|ninja): (?:\*\*\*|build stopped)"), rank=_CONSEQUENCE),
    _Shape(re.compile(r"^(?:npm ERR!|npm error|error Command failed|\s*ELIFECYCLE)"), rank=_CONSEQUENCE),
    _Shape(re.compile(r"^🚨 |[Ee]xited with (?:status|code) [1-9-]|returned a non-zero code"), rank=_CONSEQUENCE),
    _Shape(
        re.compile(r"^error: (?:could not compile|test failed|process didn't exit|aborting due to)"), rank=_CONSEQUENCE
    ),
    _Shape(
        re.compile(r"\b(?:fatal|error|panic|exception|failed|failure)\b(?:\s*\[[^\]]*\])?\s*:", re.IGNORECASE),
        rank=_ERROR,
        before=4,
        after=10,
        guarded=True,
    ),
    _Shape(
        re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b(?: \[\w+\])?:|^\[?(?:ERROR|FATAL)\b|\blevel=(?:error|fatal)\b"),
        rank=_ERROR,
        before=4,
        after=10,
        guarded=True,
    ),
    _Shape(
        re.compile(
            r": (?:command not found|not found|No such file or directory|Permission denied)$"
            r"|\b(?:Segmentation fault|Out of memory|OOMKilled|No space left on device|Connection refused)\b|^Killed$",
            re.IGNORECASE,
        ),
        rank=_ERROR,
        before=6,
        after=6,
    ),
)

_LIKELY = re.compile(
    r"error|fail|fatal|panic|exception|traceback|not ok|not found|no such|denied|killed|\*\*\*|stopped|^E {3}|●|›|🚨"
    r"|segmentation|out of memory|no space|refused|non-zero|^---- |^ > \[|\.go:\d|:\d+: [A-Z]{1,4}\d{3}|exited with"
    r"|ELIFECYCLE|npm ERR",
    re.IGNORECASE,
)
"""Texts of which each line with an error has one. Most lines have none, and are not compared with the shapes."""

_SUMMARY = re.compile(
    r"^(?:FAILED|ERROR) \S+\.py\b|^=+ .*\b(?:failed|errors?)\b.* =+$|^FAILED \((?:failures|errors)="
    r"|^Tests:\s+.*\bfailed\b|^\s*Tests\s+.*\bfailed\b|^Test Suites:.*\bfailed\b"
    r"|^\s*--- FAIL: |^FAIL\t\S+|^rspec \S+|^\d+ examples?, .*\bfailures?\b|^\d+ runs?, .*\bfailures?\b"
    r"|^test result: FAILED|^Tests run: .*Failures: |^Tests: \d+, Assertions: "
    r"|^error: could not compile|^Found \d+ errors?\b|^✖ \d+ problems?"
)
"""Lines of the summaries with which tools end."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Useful lines of a log.

    Attributes:
        section: the header of the section that they are of; None where the log has none.
        lines: the lines. `[… N lines …]` stands for lines between them that are left out.
        error: the line that tells most, which is one of them; None if none looks like an error.
        tests: a test framework reported failures.
        left_out: number of lines of the section that aren't shown.
    """

    section: str | None = None
    lines: tuple[str, ...] = ()
    error: str | None = None
    tests: bool = False
    left_out: int = 0


@dataclass(slots=True)
class _Section:
    """Section of a log: the lines from one header to the next.

    Attributes:
        header: the text of its header, None for the lines before the first.
        kind: how it begins.
        start, end: its lines without the header.
        opened: it is shown open.
    """

    header: str | None
    kind: Literal["", "---", "+++", "~~~"]
    start: int
    end: int
    opened: bool


@dataclass(frozen=True, slots=True)
class _Match:
    """Line that has one of the shapes."""

    line: int
    shape: _Shape


def excerpt_of(lines: Sequence[str], *, most: int = 30) -> Excerpt:
    """Return the useful lines of a log.

    Args:
        lines: the texts of its lines, without escape sequences; they may begin in the middle of the log.
        most: the maximum of lines.

    Example:
        >>> log = ["+++ Build", "cc -c main.c", "main.c:3:1: error: unknown type name 'nit'", "make: *** [main.o] Error 1"]
        >>> found = excerpt_of([*log, "~~~ Hooks", "done"])
        >>> found.section, found.error
        ('Build', "main.c:3:1: error: unknown type name 'nit'")
    """
    sections = _sections(lines)
    matches = list(_matches(lines))
    section = _chosen(lines, sections, matches)
    own = [match for match in matches if section.start <= match.line < section.end]
    rank = max((match.shape.rank for match in own), default=0)
    first = next((match for match in own if match.shape.rank == rank), None)
    if first is None or rank == _CONSEQUENCE:
        end = section.end if first is None else first.line + 1
        at = None if first is None else first.line
        wanted = _tail(lines, section.start, end, min(most, _TAIL))
    else:
        at, wanted = _window(lines, section, first, most)
        wanted += _summary(lines, section)
    chosen = sorted(set([each for each in wanted if not _is_of_agent(lines[each]) or each == at][:most]))
    return Excerpt(
        section=section.header,
        lines=tuple(_with_gaps(lines, chosen)),
        error=None if at is None or at not in chosen else lines[at].rstrip(),
        tests=any(match.shape.tests for match in own),
        left_out=section.end - section.start - len(chosen),
    )


def narrowed(lines: Sequence[str], error: str | None, most: int) -> tuple[str, ...]:
    """Return at most so many lines of an excerpt: those around its error, or its last ones if it has none.

    Example:
        >>> narrowed(["one", "two", "the error", "three", "four"], "the error", 2)
        ('the error', 'three')
    """
    if len(lines) <= most:
        return tuple(lines)
    if error is None or error not in lines:
        return tuple(lines[len(lines) - most :])
    at = lines.index(error)
    start = max(0, min(at - most // 4, len(lines) - most))
    return tuple(lines[start : start + most])


def _sections(lines: Sequence[str]) -> list[_Section]:
    """Return the sections of a log. The lines before the first header are one, which may be empty."""
    found = [_Section(None, "", 0, len(lines), opened=False)]
    for index, line in enumerate(lines):
        if _OPENS_BEFORE.match(line):
            found[-1].opened = True
            continue
        if line[:3] not in ("---", "+++", "~~~"):
            continue
        header = _HEADER.match(line)
        if header is None or _GO_RESULT.match(line) or _is_diff(lines, index):
            continue
        text = (header[2] or "").strip()
        if not text and header[1] != "+++":
            continue  # a line between two documents, or below a title
        found[-1].end = index
        kind: Literal["---", "+++", "~~~"] = "+++" if header[1] == "+++" else "---" if header[1] == "---" else "~~~"
        found.append(_Section(text, kind, index + 1, len(lines), opened=kind == "+++"))
    return found


def _is_diff(lines: Sequence[str], index: int) -> bool:
    """Tell whether a line is one of the two that begin a difference of two files."""
    start = index if lines[index].startswith("---") else index - 1
    first, second, third = (lines[each] if 0 <= each < len(lines) else "" for each in range(start, start + 3))
    return first.startswith("--- ") and second.startswith("+++ ") and third.startswith("@@")


def _chosen(lines: Sequence[str], sections: Sequence[_Section], matches: Sequence[_Match]) -> _Section:
    """Return the section to show: the last open one that has an error, else one with the details of a failure."""
    opened = [section for section in sections if section.opened]
    if not opened:
        opened = [section for section in sections if section.kind == "---"][-1:] or [sections[-1]]
    for rank, among in ((_DETAIL, opened), (_ERROR, opened), (_DETAIL, sections), (_CONSEQUENCE, opened)):
        for section in reversed(among):
            if any(match.shape.rank >= rank and section.start <= match.line < section.end for match in matches):
                return section
    written = (
        each for each in (*reversed(opened), *reversed(sections)) if any(map(str.strip, lines[each.start : each.end]))
    )
    return next(written, opened[-1])


def _matches(lines: Sequence[str]) -> Iterator[_Match]:
    for index, line in enumerate(lines):
        text = line[:_LONGEST_MATCHED]
        if _LIKELY.search(text) is None:
            continue
        for shape in _SHAPES:
            if shape.pattern.search(text) is not None and not (shape.guarded and _HARMLESS.match(text)):
                yield _Match(index, shape)
                break


def _window(lines: Sequence[str], section: _Section, match: _Match, most: int) -> tuple[int, list[int]]:
    """Return the line that tells most of an error, and the lines around it, the most important ones first."""
    shape, at = match.shape, match.line
    end = min(section.end, at + 1 + shape.after)
    wanted = [at, *range(at + 1, end)]
    if shape.block:
        told = _end_of_block(lines, section, at)
        # The end of a traceback, which is the message, matters more than its beginning.
        wanted = [told, at, *range(told - 1, at, -1)][: max(2, most - _SUMMARY_LINES)]
        at = told
    if shape.title is not None:
        titles = range(match.line - 1, max(section.start, match.line - _TITLE_WITHIN) - 1, -1)
        wanted[1:1] = [each for each in titles if shape.title.match(lines[each])][:1]
    return at, [*wanted, *range(match.line - 1, max(section.start, match.line - shape.before) - 1, -1)]


def _end_of_block(lines: Sequence[str], section: _Section, at: int) -> int:
    """Return the first line after a traceback's beginning that isn't indented below it."""
    indent = _indent(lines[at])
    for each in range(at + 1, section.end):
        if lines[each].strip() and _indent(lines[each]) <= indent:
            return each
    return section.end - 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_of_agent(line: str) -> bool:
    """Tell whether the agent wrote a line to say that the command failed, or to open the section."""
    return line.startswith(("🚨 ", "^^^ +++"))


def _summary(lines: Sequence[str], section: _Section) -> list[int]:
    found = [each for each in range(section.start, section.end) if _SUMMARY.search(lines[each][:_LONGEST_MATCHED])]
    return [*found[: _SUMMARY_LINES - 1], *found[_SUMMARY_LINES - 1 :][-1:]]


def _tail(lines: Sequence[str], start: int, end: int, most: int) -> list[int]:
    """Return the last of these lines that aren't empty, the last one first."""
    return [each for each in range(end - 1, start - 1, -1) if lines[each].strip()][:most]


def _with_gaps(lines: Sequence[str], chosen: Sequence[int]) -> Iterator[str]:
    """Yield lines, and what is left out between them. Empty lines at the ends are left out."""
    told = [each for each in chosen if lines[each].strip()]
    if not told:
        return
    before = told[0] - 1
    for each in chosen:
        if not told[0] <= each <= told[-1]:
            continue
        if each > before + 1:
            yield f"[… {each - before - 1} line{'s' if each - before > 2 else ''} …]"
        yield lines[each].rstrip()
        before = each
