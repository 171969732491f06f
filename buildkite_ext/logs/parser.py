"""Parser of job logs: from bytes to lines with a time, a group and a text."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import repeat
from typing import TYPE_CHECKING, Any

from buildkite_api.attributes import missing_attribute
from buildkite_api.types import kind_of

from .screen import (
    CONTROL,
    CSI,
    HEIGHT,
    SGR,
    STRING_CONTROL,
    VERTICAL,
    Row,
    Screen,
    plain,
    shown_styled,
    shown_text,
    styled,
)

__all__ = ["GROUP", "LineParser", "LogLine", "parse_log", "refuse_data", "render_log"]

_ONE_MARK = re.compile(r"\x1b_bk;t=(\d{1,16})\x07", re.ASCII)
"""Mark of the agent for the time of a line. Others have `dt=` milliseconds since the mark before, and further keys. A line that
was redrawn has several.
https://buildkite.com/docs/pipelines/configure/managing-log-output"""

_FIRST_MARK = re.compile(r"^\x1b_bk;t=(\d{1,16})\x07", re.ASCII | re.MULTILINE)

_UNSEEN = re.compile(r"\x1b(?:\[[0-9;:]*m|_bk;[^\x07\x1b\n]*\x07)")
"""Mark of time or colour, the only controls of most lines. A line without them and without further controls is its text."""

_STRINGS = re.compile(r"\x1b[\]PX^_]")
"""Bytes that begin a control string. Such a string can begin a link that continues on the next lines."""

_RESETS = ("\x1b[0m", "\x1b[m")

GROUP = re.compile(r"(?:---|\+\+\+|~~~)(?:\s+(.*))?$", re.DOTALL)
"""A group's header, at the beginning of a line. It may be empty."""

_LONGEST = 1024 * 1024
"""Bytes of a line. A longer one is given in pieces."""

_AT_ONCE = 64 * 1024
"""Bytes whose lines are split at once, so that a log of many short lines takes little memory."""

_LONG = 16_000
"""Characters of a line that fills the screen: lines above it can't be reached."""

_CALM = 24
"""Lines without a move to another row after which a log no longer redraws lines above."""

_HEADERS = frozenset({"---", "+++", "~~~"})

_OTHER_WORDS = {
    "job": ("job_name", "job_id"),
    "name": "job_name",
    "step": "job_name",
    "line": "text",
    "message": "text",
    "content": "text",
    "timestamp": "time",
    "colored": "styled",
    "coloured": "styled",
    "section": "group",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """Line of a job's log.

    Attributes:
        job_id: the job.
        job_name: its name, or its label or command if it has none.
        time: the time at which the agent wrote it; None if the log doesn't say.
        group: the header of its group, "" if that is empty; None before the first.
        text: its text without escape sequences, control characters, and characters that change the direction of what follows, so
            that it is safe to print.
        raw: its text with all of these, which are not safe on a terminal.
    """

    job_id: str
    job_name: str
    time: datetime | None
    group: str | None
    text: str
    raw: str

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> str:
            raise missing_attribute("LogLine", name, [*self.__slots__, "styled"], _OTHER_WORDS)

    @property
    def styled(self) -> str:
        """Text with its colours and no other escape sequences, safe to print on a terminal."""
        return styled(self.raw)


class _Fields:
    """Fields of a line, which becomes a `LogLine`: to create a frozen dataclass takes five times as long."""

    __slots__ = LogLine.__slots__


class LineParser:
    """Parser of one log, whose bytes may arrive in any pieces. An unfinished line is kept until its end arrives.

    A line is given when it is complete. If the log moves the cursor up to draw lines again, as progress displays do, the lines
    that it reaches are held back until the cursor can be expected not to come back: a line has to be as far above the lowest as
    the cursor hasn't been in the last 24 lines. A line that was given before, and that shows another text at last, is given
    again.

    A line of more than 1 MiB is given in pieces, so that a log without line breaks takes little memory.

    Example:
        >>> parser = LineParser("0190", "test")
        >>> [line.text for line in parser.feed(b"--- Install\\r\\nfetching\\nhal")]
        ['--- Install', 'fetching']
        >>> [(line.group, line.text) for line in parser.finish()]
        [('Install', 'hal')]
    """

    def __init__(self, job_id: str, job_name: str, *, live: bool = True) -> None:
        """Create a parser.

        Args:
            job_id: the job's id, for the lines.
            job_name: the job's name, for the lines.
            live: give each line as soon as it is complete. Otherwise lines come when they can't change any more, each once.
        """
        self._job_id = job_id
        self._job_name = job_name
        self._live = live
        self._rest = bytearray()
        self._group: str | None = None
        self._stamps = _Stamps()
        self._inside = False
        """True in a line whose beginning was given already."""
        self._stamp: int | None = None
        """Milliseconds of the line whose beginning was given."""
        self._opened = b""
        """Beginning of the control string that the last piece of a long line ended in."""
        self._recent: deque[LogLine] = deque(maxlen=HEIGHT)
        """Last lines, while the log doesn't redraw. The cursor can move back to them."""
        self._screen = Screen(self._stamps.read)
        """Last lines, while the log redraws."""
        self._calm = 0
        """Lines since the log moved the cursor to another row."""

    def feed(self, data: bytes) -> Iterator[LogLine]:
        """Yield the lines that these bytes complete."""
        for at in range(0, len(data), _AT_ONCE):
            start = len(self._rest)
            self._rest += data[at : at + _AT_ONCE]
            end = self._rest.rfind(b"\n", start) + 1
            if end:
                complete = bytes(self._rest[:end])
                del self._rest[:end]
                yield from self._lines(complete)
            while len(self._rest) > _LONGEST:
                cut = _cut(self._rest)
                piece = bytes(self._rest[:cut])
                del self._rest[:cut]
                yield from self._line(piece, ends=False)

    def finish(self) -> Iterator[LogLine]:
        """Yield the last lines, and the last of all also if it doesn't end with a line break."""
        if self._rest:
            rest = bytes(self._rest)
            self._rest.clear()
            yield from self._line(rest, ends=True, last=True)
        if self._screen.rows:
            yield from self._settled(len(self._screen.rows))
            self._group = self._screen.rows[-1].group
            self._screen.load([])
        if not self._live:
            yield from self._recent
        self._recent.clear()

    def release(self) -> Iterator[LogLine]:
        """Yield the lines that are held back because the log draws lines again. One that changes later is given again."""
        if self._live:
            yield from self._settled(self._screen.bottom)

    def _lines(self, data: bytes) -> Iterator[LogLine]:
        """Yield the lines of data that ends with a line break.

        What can be done for all of them at once is: a search in each line takes longer than the line.
        """
        if self._inside or len(data) > _LONGEST:
            for line in data[:-1].split(b"\n"):
                yield from self._whole(line)
            return
        log = data.decode("utf-8", "replace").replace("\r\n", "\n")
        raws = log.split("\n")
        raws.pop()
        visible = _UNSEEN.sub("", log) if "\x1b" in log else log
        controlled = CONTROL.search(visible) is not None
        if (
            self._screen.rows
            or any(self._screen.pen)
            or (controlled and (VERTICAL.search(log) or _STRINGS.search(visible)))
            or (visible is not log and _ends_coloured(raws))
        ):
            for raw in raws:
                yield from self._text_line(raw, ends=True)
            return
        texts = visible.split("\n") if visible is not log else raws
        job_id, job_name, group = self._job_id, self._job_name, self._group
        live, recent, add = self._live, self._recent, self._recent.append
        for raw, text, time in zip(raws, texts, self._times(log, raws), strict=False):
            if controlled and CONTROL.search(text) is not None:
                text = plain(raw)  # noqa: PLW2901
            if text[:3] in _HEADERS:
                group = self._group = _header(text, group)
            made: Any = _Fields()
            made.job_id, made.job_name = job_id, job_name
            made.time, made.group = time, group
            made.text, made.raw = text, raw
            made.__class__ = LogLine
            if live:
                add(made)
                yield made
            else:
                if len(recent) == HEIGHT:
                    yield recent[0]
                add(made)
        if len(log) > _AT_ONCE + _LONG:
            yield from self._unreachable()

    def _times(self, log: str, raws: Sequence[str]) -> Iterable[datetime | None]:
        """Return the time of each line of a log."""
        marks = log.count("\x1b_bk;")
        if not marks:
            return repeat(None)
        first: list[str] = _FIRST_MARK.findall(log) if marks == len(raws) else []
        if len(first) == marks:  # each line begins with its only mark
            self._stamps.last = int(first[-1])
            try:
                return [datetime.fromtimestamp(int(mark) / 1000, UTC) for mark in first]
            except (ValueError, OverflowError, OSError):
                return [_time(int(mark)) for mark in first]
        return [_time(self._stamps.of_line(raw)) if "\x1b_bk;" in raw else None for raw in raws]

    def _whole(self, line: bytes) -> Iterator[LogLine]:
        while len(line) > _LONGEST:
            cut = _cut(line)
            yield from self._line(line[:cut], ends=False)
            line = line[cut:]
        yield from self._line(line, ends=True)

    def _line(self, data: bytes, *, ends: bool, last: bool = False) -> Iterator[LogLine]:
        if self._opened:
            data = self._opened + data
        raw = data.decode("utf-8", "replace")
        if ends:
            raw = raw.removesuffix("\r")
        self._opened = b"" if ends else _unfinished(data)
        return self._text_line(raw, ends=ends, last=last)

    def _text_line(self, raw: str, *, ends: bool, last: bool = False) -> Iterator[LogLine]:
        """Yield the lines that a line of the log, or a piece of one, completes."""
        inside, self._inside = self._inside, not ends
        if self._screen.rows or VERTICAL.search(raw):
            yield from self._drawn(raw, inside=inside, last=last)
            return
        pen = self._screen.pen
        if any(pen) or _ends_coloured([raw]) or _STRINGS.search(raw):
            self._screen.pen = pen.after(raw)
        stamp = self._stamps.of_line(raw) if "\x1b_bk;" in raw else None
        self._stamp = self._stamp if inside and stamp is None else stamp
        text = plain(raw)
        if not inside and text[:3] in _HEADERS:
            self._group = _header(text, self._group)
        line = LogLine(self._job_id, self._job_name, _time(self._stamp), self._group, text, f"{pen}{raw}")
        if not self._live and len(self._recent) == HEIGHT:
            yield self._recent[0]
        self._recent.append(line)
        if self._live:
            yield line
        if len(raw) > _LONG:
            yield from self._unreachable()

    def _unreachable(self) -> Iterator[LogLine]:
        """Forget the lines that the cursor can't reach because long ones follow. Yield those that weren't given."""
        size = 0
        for kept, line in enumerate(reversed(self._recent)):
            if size > _LONG:
                for _ in range(len(self._recent) - kept):
                    gone = self._recent.popleft()
                    if not self._live:
                        yield gone
                return
            size += len(line.text)

    def _drawn(self, raw: str, *, inside: bool, last: bool) -> Iterator[LogLine]:
        """Yield the lines that can't be expected to change after a line of the log is drawn on the screen."""
        screen = self._screen
        if not screen.rows:
            self._load()
        pen, start = screen.pen, len(screen.rows)
        moves = VERTICAL.search(raw) is not None
        alone = screen.fresh and not moves
        screen.write(raw)
        screen.end_line(last=last)
        if alone:
            rows = screen.rows[start:]
            stamps = [row.stamp for row in rows if row.stamp is not None]
            self._stamp = stamps[-1] if stamps else self._stamp if inside else None
            rows[0].stamp = self._stamp
            line = LogLine(self._job_id, self._job_name, _time(self._stamp), None, shown_text(rows), f"{pen}{raw}")
            _assign(rows, line)
        if moves:
            self._calm = 0
        elif screen.fresh:
            self._calm += 1
        calm = self._calm >= _CALM
        if calm:
            screen.reach = 0
        yield from self._settled(screen.bottom - (screen.reach if self._live else HEIGHT - 1))
        if calm and screen.fresh:
            self._unload()

    def _load(self) -> None:
        """Put the last lines on the screen, because the log moves its cursor back to them."""
        loaded: list[Row] = []
        if self._recent:
            first = self._recent[0]
            self._group = None if first.text[:3] in _HEADERS else first.group
        for line in self._recent:
            screen = Screen()
            screen.write(line.raw)
            rows = screen.rows or [Row()]
            _assign(rows, line)
            for row in rows:
                row.group = line.group
            rows[0].stamp = None if line.time is None else round(line.time.timestamp() * 1000)
            rows[0].given = line.text if self._live else None
            loaded += rows
        self._recent.clear()
        self._screen.load(loaded)
        if not self._live:
            self._screen.settled = 0
        self._screen.reach = 0

    def _unload(self) -> None:
        """Take the last lines off the screen, because the log no longer redraws."""
        for rows in self._screen.lines():
            line = self._line_of(rows, self._group)
            self._group = line.group
            self._recent.append(line)
        self._screen.load([])

    def _settled(self, limit: int) -> Iterator[LogLine]:
        """Yield the lines that stand above a row and that weren't given as they are, and forget those out of reach."""
        screen = self._screen
        rows, at = screen.rows, screen.settled
        while at and not rows[at - 1].ends:
            at -= 1
        while at < limit:
            end = next((number for number in range(at, limit) if rows[number].ends or number == len(rows) - 1), None)
            if end is None:
                break
            of_line = rows[at : end + 1]
            line = self._line_of(of_line, rows[at - 1].group if at else self._group)
            given = of_line[0].given
            _assign(of_line, line)
            for row in of_line:
                row.group, row.given = line.group, line.text
            at = end + 1
            if given is None or (given != line.text and line.text.strip()):
                yield line
        screen.settled = at
        gone = min(at, screen.bottom + 1 - HEIGHT)
        while gone > 0 and not rows[gone - 1].ends:
            gone -= 1
        if gone > 0:
            self._group = rows[gone - 1].group
            screen.drop(gone)

    def _line_of(self, rows: list[Row], group: str | None) -> LogLine:
        """Return the line that some rows show.

        One that was drawn on again has another `raw`: what draws it on an empty row.
        """
        line, count = rows[0].line or (None, 0)
        if line is None or count != len(rows) or any(row.line is None or row.line[0] is not line for row in rows):
            stamps = [row.stamp for row in rows if row.stamp is not None]
            mark = f"\x1b_bk;t={stamps[-1]}\x07" if stamps else ""
            text, raw = shown_text(rows), f"{mark}{shown_styled(rows, links=True)}"
            line = LogLine(self._job_id, self._job_name, _time(stamps[-1] if stamps else None), None, text, raw)
        group = _header(line.text, group) if line.text[:3] in _HEADERS else group
        return line if line.group == group else replace(line, group=group)


def _assign(rows: list[Row], line: LogLine) -> None:
    """Note that some rows show a line of the log."""
    for row in rows:
        row.line = (line, 0)
    rows[0].line = (line, len(rows))


_GIVE = "give its bytes, such as path.read_bytes(), or a file that is open for bytes"


def parse_log(log: bytes | Iterable[bytes], *, job_id: str = "", job_name: str = "") -> Iterator[LogLine]:
    """Yield the lines of a log, such as one in a file. No client is needed.

    Each line is as the log has it at last: one that is redrawn comes when the cursor can't reach it any more, so up to 100 lines
    are held back. `LineParser` gives lines of a log that is still written.

    Args:
        log: the bytes of the log, whole or in any pieces.
        job_id: the job's id, for the lines.
        job_name: the job's name, for the lines.

    Raises:
        TypeError: it is a text or a path, or a file that was opened as text.

    Example:
        >>> [(line.group, line.text) for line in parse_log(b"--- Test\\r\\n10%\\r100%\\n")]
        [('Test', '--- Test'), ('Test', '100%')]
    """
    given: object = log
    if isinstance(given, str | os.PathLike):
        raise TypeError(f"log is {kind_of(given)}: {_GIVE}")
    return _parsed(LineParser(job_id, job_name, live=False), (log,) if isinstance(log, bytes) else log)


def refuse_data(lines: object) -> None:
    """Refuse the data of a log where its lines are expected.

    Raises:
        TypeError: it is data.
    """
    if isinstance(lines, str | bytes):
        raise TypeError(f"lines is {kind_of(lines)}: give lines of a log, such as parse_log(data)")


def _parsed(parser: LineParser, log: Iterable[bytes]) -> Iterator[LogLine]:
    for piece in log:
        given: object = piece
        if isinstance(given, str):
            raise TypeError(f"log has texts in it: {_GIVE}")
        yield from parser.feed(piece)
    yield from parser.finish()


def render_log(log: str | bytes | Iterable[bytes], *, colours: bool = False, links: bool = False) -> str:
    """Return a whole log as a terminal would show it, without escape sequences and marks of time.

    Args:
        log: the log, as the job wrote it: a text, its bytes, or the bytes in pieces, such as a file that is open for bytes.
        colours: keep colours. Each line ends its own.
        links: keep colours and links to web pages.

    Example:
        >>> render_log("\\x1b_bk;t=1700000000000\\x07\\x1b[32mok\\x1b[0m\\r\\n10%\\r100%")
        'ok\\n100%'
        >>> render_log("one\\ntwo\\n\\x1b[1A\\x1b[2Kthree\\n")
        'one\\nthree\\n'
    """
    if isinstance(log, str):
        data = log.encode("utf-8", "surrogatepass")
    elif isinstance(log, bytes):
        data = log
    else:
        pieces: object = log
        if isinstance(pieces, os.PathLike):
            raise TypeError(f"log is {kind_of(pieces)}: {_GIVE}")
        data = b"".join(log)
    lines = parse_log(data)
    if links:
        texts = [styled(line.raw, links=True) for line in lines]
    elif colours:
        texts = [line.styled for line in lines]
    else:
        texts = [line.text.rstrip(" \t") for line in lines]
    return "\n".join([*texts, ""] if data.endswith(b"\n") else texts)


def _cut(line: bytes | bytearray) -> int:
    """Return where to cut a line that is too long: not inside a character, and not inside an escape sequence."""
    head = bytes(line[:_LONGEST])
    escape = head.rfind(b"\x1b")
    if escape >= 0 and not _is_complete(head[escape:]):
        return escape or _whole_characters(head)
    restart = head.rfind(b"\r", 0, -1)
    return restart + 1 if restart > escape else _whole_characters(head)


def _whole_characters(head: bytes) -> int:
    """Return the length of `head` without a character that is cut at its end."""
    end = len(head)
    for back in range(1, 4):
        if head[-back] >= 0xC0:
            return end - back
        if head[-back] < 0x80:
            break
    return end


def _is_complete(sequence: bytes) -> bool:
    text = sequence.decode("latin-1")
    if STRING_CONTROL.match(text):
        return "\x07" in text
    return bool(CSI.match(text)) if text[1:2] == "[" else re.match(r"\x1b[ -/]*[0-~]", text) is not None


def _unfinished(piece: bytes) -> bytes:
    """Return the beginning of the control string in which a piece ends, b"" if it ends in none."""
    text = piece.decode("latin-1")
    last = None
    for match in STRING_CONTROL.finditer(text):
        last = match
    unfinished = last is not None and last.end() == len(text) and not last[0].endswith(("\x07", "\x1b\\"))
    return piece[last.start() : last.start() + 2] if last is not None and unfinished else b""


def _header(text: str, group: str | None) -> str | None:
    """Return the group that a line begins, or the group that it is in."""
    header = GROUP.match(text)
    return group if header is None else (header[1] or "").strip()


def _ends_coloured(raws: Sequence[str]) -> bool:
    """Return whether a line ends in colours, which go on in the next. It may be true for a line that doesn't."""
    for raw in raws:
        last = raw.rfind("\x1b[")
        if last >= 0 and not raw.startswith(_RESETS, last):
            colours = SGR.findall(raw)
            if colours and colours[-1] not in _RESETS:
                return True
    return False


class _Stamps:
    """Times of a log. A mark may tell the time since the mark before."""

    def __init__(self) -> None:
        self.last: int | None = None
        """Milliseconds of the last mark."""

    def read(self, mark: str) -> int | None:
        """Return the milliseconds that the content of a mark tells; None if it tells no time."""
        keys = {key: value for key, _, value in (pair.partition("=") for pair in mark.split(";"))}
        absolute, since = keys.get("t", ""), keys.get("dt", "")
        if _is_number(absolute):
            self.last = int(absolute)
        elif _is_number(since) and "t" not in keys:
            self.last = None if self.last is None else self.last + int(since)
        else:
            return None
        return self.last

    def of_line(self, raw: str) -> int | None:
        """Return the milliseconds of the last mark in a line; None if it has none."""
        one = _ONE_MARK.match(raw)
        if one is not None and raw.find("\x1b_bk;", 1) < 0:  # as nearly every line has
            self.last = int(one[1])
            return self.last
        last = None
        for control in STRING_CONTROL.finditer(raw):
            if control[0].startswith("\x1b_bk;") and control[0].endswith(("\x07", "\x1b\\")):
                stamp = self.read(control[1][3:])
                last = last if stamp is None else stamp
        return last


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16


def _time(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
