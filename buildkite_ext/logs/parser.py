"""Parser of job logs: from bytes to lines with a time, a group and a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from typing import TYPE_CHECKING, Any

from buildkite_api.attributes import missing_attribute

__all__ = [
    "CSI",
    "ESCAPE",
    "GROUP",
    "SGR",
    "STRING_CONTROL",
    "LineParser",
    "LogLine",
    "clean",
    "parse_log",
    "plain",
    "styled",
]

_TIMESTAMP = re.compile(r"\x1b_bk;([^\x07\x1b]*)(?:\x07|\x1b\\)")
"""Mark of the agent for the time of a line: `t=` milliseconds since the epoch, or `dt=` milliseconds since the mark before, and
further keys. A line that was redrawn has several.
https://buildkite.com/docs/pipelines/configure/managing-log-output"""

_ONE_MARK = re.compile(r"\x1b_bk;t=(\d{1,16})\x07", re.ASCII)

_FIRST_MARK = re.compile(r"^\x1b_bk;t=(\d{1,16})\x07", re.ASCII | re.MULTILINE)

_UNSEEN = re.compile(r"\x1b_bk;[^\x07\x1b\n]*\x07|\x1b\[[0-9;:]*m")
"""Marks of time and colours, the only controls of most lines. A line without them and without further controls is its text."""

GROUP = re.compile(r"(?:---|\+\+\+|~~~)(?:\s+(.*))?$", re.DOTALL)
"""A group's header, at the beginning of a line. It may be empty."""

# C1 characters open nothing: in UTF-8 they are the remains of text that was encoded twice, as in Buildkite's own renderer.
STRING_CONTROL = re.compile(r"\x1b[\]_PX^](.*?)(?:\x07|\x1b\\|$)", re.DOTALL)
_STRING_START = re.compile(r"\x1b[\]_PX^]")
CSI = re.compile(r"\x1b\[([0-?]*)[ -/]*([@-~])")
ESCAPE = re.compile(r"\x1b(?:[ -/]*[0-Z\\-~])?")
SGR = re.compile(r"\x1b\[[0-9;:]*m")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOVE = re.compile(r"[\r\b]|\x1b\[[0-9;]*[CDGK`su]|\x1b[78]")
"""Controls that move the cursor within its line, or erase a part of it."""

_INVISIBLE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|(?:[ -/]*[0-Z\\-~])?)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TOKEN = re.compile(rf"({CSI.pattern})|({ESCAPE.pattern})|({_CONTROL.pattern})")

_ERASED = ("\r\x1b[K", "\r\x1b[0K", "\r\x1b[2K", "\x1b[2K\r")
"""Controls that erase the whole line and leave the cursor at its beginning."""

_ELEMENT = re.compile(r"133([89]);")
_ELEMENT_KEYS = frozenset({"url", "content", "alt", "width", "height"})

_FARTHEST = 1000
"""Columns that a control can move the cursor beyond the text."""

_LONGEST_STYLE = 256
"""Characters of the colours that are kept for one place."""

_LONGEST = 1024 * 1024
"""Bytes of a line. A longer one is given in pieces."""

_AT_ONCE = 64 * 1024
"""Bytes whose lines are split at once, so that a log of many short lines takes little memory."""

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
        text: its text without escape sequences, safe to print.
        raw: its text with all escape sequences, which are not safe on a terminal.
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

    A line of more than 1 MiB is given in pieces, so that a log without line breaks takes little memory.

    Example:
        >>> parser = LineParser("0190", "test")
        >>> [line.text for line in parser.feed(b"--- Install\\r\\nfetching\\nhal")]
        ['--- Install', 'fetching']
        >>> [(line.group, line.text) for line in parser.finish()]
        [('Install', 'hal')]
    """

    def __init__(self, job_id: str, job_name: str) -> None:
        self._job_id = job_id
        self._job_name = job_name
        self._rest = bytearray()
        self._group: str | None = None
        self._stamp: int | None = None
        """Milliseconds of the last mark."""
        self._inside = False
        """True in a line whose beginning was given already."""
        self._time: datetime | None = None
        self._opened = b""
        """Beginning of the control string that the last piece of a long line ended in."""

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
                yield self._line(piece, ends=False)

    def finish(self) -> Iterator[LogLine]:
        """Yield the last line, if the log doesn't end with a line break."""
        if self._rest:
            rest = bytes(self._rest)
            self._rest.clear()
            yield from self._whole(rest)

    def _lines(self, data: bytes) -> Iterator[LogLine]:
        """Yield the lines of data that ends with a line break.

        What can be done for all of them at once is: a search in each line takes longer than the line.
        """
        if self._inside or len(data) > _LONGEST:
            for line in data[:-1].split(b"\n"):
                yield from self._whole(line)
            return
        log = data.decode("utf-8", "replace").replace("\r\n", "\n")
        visible = _UNSEEN.sub("", log) if "\x1b" in log else log
        controlled = _CONTROL.search(visible) is not None
        raws, texts = log.split("\n"), visible.split("\n")
        raws.pop()
        times = self._times(log, raws)
        job_id, job_name, group = self._job_id, self._job_name, self._group
        for raw, text, time in zip(raws, texts, times, strict=False):
            if controlled and _CONTROL.search(text) is not None:
                text = plain(raw)  # noqa: PLW2901
            if text[:3] in _HEADERS:
                group = self._group = _header(text, group)
            made: Any = _Fields()
            made.job_id, made.job_name = job_id, job_name
            made.time, made.group = time, group
            made.text, made.raw = text, raw
            made.__class__ = LogLine
            yield made

    def _times(self, log: str, raws: Sequence[str]) -> Iterable[datetime | None]:
        """Return the time of each line of a log."""
        marks = log.count("\x1b_bk;")
        if not marks:
            return repeat(None)
        first: list[str] = _FIRST_MARK.findall(log) if marks == len(raws) else []
        if len(first) == marks:  # each line begins with its only mark
            self._stamp = int(first[-1])
            return [_time(int(mark)) for mark in first]
        return [self._stamped(raw) if "\x1b_bk;" in raw else None for raw in raws]

    def _whole(self, line: bytes) -> Iterator[LogLine]:
        while len(line) > _LONGEST:
            cut = _cut(line)
            yield self._line(line[:cut], ends=False)
            line = line[cut:]
        yield self._line(line, ends=True)

    def _line(self, data: bytes, *, ends: bool) -> LogLine:
        if self._opened:
            data = self._opened + data
        raw = data.decode("utf-8", "replace")
        if ends:
            raw = raw.removesuffix("\r")
        inside, self._inside = self._inside, not ends
        self._opened = b"" if ends else _unfinished(data)
        if "\x1b_bk;" in raw:
            self._time = self._stamped(raw)
        elif not inside:
            self._time = None
        text = plain(raw)
        if not inside and text[:3] in _HEADERS:
            self._group = _header(text, self._group)
        return LogLine(self._job_id, self._job_name, self._time, self._group, text, raw)

    def _stamped(self, raw: str) -> datetime | None:
        """Return the time of the last mark in a line."""
        one = _ONE_MARK.match(raw)
        if one is not None and raw.find("\x1b_bk;", 1) < 0:  # as nearly every line has
            self._stamp = int(one[1])
            return _time(self._stamp)
        time = self._time if self._inside else None
        for mark in _TIMESTAMP.findall(raw):
            keys = dict(pair.partition("=")[::2] for pair in mark.split(";"))
            absolute, since = keys.get("t", ""), keys.get("dt", "")
            if _is_number(absolute):
                self._stamp = int(absolute)
            elif _is_number(since) and "t" not in keys:
                self._stamp = None if self._stamp is None else self._stamp + int(since)
            else:
                continue
            time = None if self._stamp is None else _time(self._stamp)
        return time


def parse_log(log: bytes | Iterable[bytes], *, job_id: str = "", job_name: str = "") -> Iterator[LogLine]:
    """Yield the lines of a log, such as one in a file. No client is needed.

    Args:
        log: the bytes of the log, whole or in any pieces.
        job_id: the job's id, for the lines.
        job_name: the job's name, for the lines.

    Example:
        >>> [(line.group, line.text) for line in parse_log(b"--- Test\\r\\n10%\\r100%\\n")]
        [('Test', '--- Test'), ('Test', '100%')]
    """
    parser = LineParser(job_id, job_name)
    for piece in (log,) if isinstance(log, bytes) else log:
        yield from parser.feed(piece)
    yield from parser.finish()


def clean(log: str) -> str:
    """Return a whole log as a terminal would show it, without escape sequences and marks of time.

    Example:
        >>> clean("\\x1b_bk;t=1700000000000\\x07\\x1b[32mok\\x1b[0m\\r\\n10%\\r100%")
        'ok\\n100%'
    """
    parser = LineParser("", "")
    lines = [line.text for line in parser.feed(log.encode("utf-8", "surrogatepass"))]
    return "\n".join([*lines, *([line.text for line in parser.finish()] or [""])])


def plain(raw: str) -> str:
    """Return the text that a line shows on a terminal, without escape sequences and control characters.

    A cursor that moves within the line overwrites as it does on a terminal. A line that is erased at last shows what stood there.
    The text of Buildkite's links, and the alternative text of its images, are part of it.

    Example:
        >>> plain("\\x1b_bk;t=1700000000000\\x07\\x1b[32mok\\x1b[0m")
        'ok'
        >>> plain("10%\\r100%")
        '100%'
        >>> plain("\\x1b]1339;url=https://example.com;content=the report\\x07")
        'the report'
    """
    text = _without_strings(raw)
    if _CONTROL.search(text) is None:
        return text
    if _MOVE.search(text) is None:
        return _INVISIBLE.sub("", text)
    return _redrawn(text) or "".join(_Row(text).cells)


def _redrawn(text: str) -> str:
    """Return what a line shows that is drawn again and again from its beginning, as a progress bar is.

    Return "" for a line that has other controls, or that shows nothing at last.
    """
    begins = max((place + len(erased) for erased in _ERASED if (place := text.rfind(erased)) >= 0), default=0)
    drawn = SGR.sub("", text[begins:]).split("\r")
    shown = drawn.pop()
    for before in reversed(drawn):
        if len(before) > len(shown):
            shown += before[len(shown) :]
    return "" if _CONTROL.search("".join(drawn)) or _CONTROL.search(shown) else shown if shown.strip() else ""


def styled(raw: str) -> str:
    """Return the same text with its colours (SGR), which end at the end of the line."""
    text = _without_strings(raw)
    if _CONTROL.search(text) is None:
        return text
    if _MOVE.search(text):
        return _Row(text).styled()
    pieces: list[str] = []
    position = 0
    for match in CSI.finditer(text):
        pieces += (_INVISIBLE.sub("", text[position : match.start()]), match[0] if SGR.fullmatch(match[0]) else "")
        position = match.end()
    pieces.append(_INVISIBLE.sub("", text[position:]))
    return _ended("".join(pieces))


class _Row:
    """Line of a terminal after its controls have moved the cursor, overwritten and erased.

    Attributes:
        cells: its characters.
    """

    def __init__(self, text: str) -> None:
        self.cells: list[str] = []
        self._styles: list[str] = []
        self._column = self._saved = 0
        self._style = ""
        self._blank = 0
        """Cells at the beginning that are erased, so that they aren't erased again and again."""
        self._erased: tuple[list[str], list[str]] = ([], [])
        position = 0
        for match in _TOKEN.finditer(text):
            if match.start() > position:
                self._write(text[position : match.start()])
            position = match.end()
            self._apply(match)
        self._write(text[position:])
        if not "".join(self.cells).strip():  # the line was erased at last: the text before that says more
            self.cells, self._styles = self._erased

    def styled(self) -> str:
        """Return the characters with their colours."""
        pieces: list[str] = []
        last = ""
        for cell, style in zip(self.cells, self._styles, strict=True):
            if style != last:
                pieces.append(("\x1b[0m" if last else "") + style)
                last = style
            pieces.append(cell)
        return _ended("".join(pieces))

    def _write(self, text: str) -> None:
        missing = self._column - len(self.cells)
        if missing > 0 and text:
            self.cells += " " * missing
            self._styles += [""] * missing
        self._blank = min(self._blank, self._column)
        end = self._column + len(text)
        self.cells[self._column : end] = text
        self._styles[self._column : end] = [self._style] * len(text)
        self._column = end

    def _apply(self, match: re.Match[str]) -> None:
        whole, final = match[0], match[3]
        if whole == "\r":
            self._column = 0
        elif whole == "\b":
            self._column = max(0, self._column - 1)
        elif whole == "\x1b7" or final == "s":
            self._saved = self._column
        elif whole == "\x1b8" or final == "u":
            self._column = self._saved
        elif final == "m":
            if SGR.fullmatch(whole):
                reset = match[2] in ("", "0") or match[2].startswith("0;") or len(self._style) > _LONGEST_STYLE
                self._style = "" if match[2] in ("", "0") else whole if reset else self._style + whole
        elif final and final in "CDG`K":
            self._move(final, match[2])

    def _move(self, final: str, parameter: str) -> None:
        number = int(parameter[:9]) if parameter.isascii() and parameter.isdigit() else 0
        farthest = max(len(self.cells), _FARTHEST)
        if final == "C":
            self._column = min(self._column + max(1, number), farthest)
        elif final == "D":
            self._column = max(0, self._column - max(1, number))
        elif final in "G`":
            self._column = min(max(1, number) - 1, farthest)
        elif number == 2 or (number == 0 and self._column == 0):
            if "".join(self.cells).strip():
                self._erased = (self.cells, self._styles)
            self.cells, self._styles, self._blank = [], [], 0
        elif number == 0:
            del self.cells[self._column :], self._styles[self._column :]
            self._blank = min(self._blank, len(self.cells))
        elif number == 1:
            end = min(self._column + 1, len(self.cells))
            if end > self._blank:
                self.cells[self._blank : end] = " " * (end - self._blank)
                self._styles[self._blank : end] = [""] * (end - self._blank)
                self._blank = end


def _without_strings(raw: str) -> str:
    """Return a line without control strings. Links and images are replaced by their text."""
    if raw.startswith("\x1b_bk;") and "\x1b" not in raw[1 : (end := raw.find("\x07") + 1)]:  # as nearly every line does
        raw = raw[end:]
    return STRING_CONTROL.sub(_shown, raw) if _STRING_START.search(raw) else raw


def _shown(match: re.Match[str]) -> str:
    """Return what a control string shows: the text of Buildkite's link, the alternative text of its image, or nothing.

    https://buildkite.com/docs/pipelines/configure/links-and-images-in-log-output
    """
    kind = _ELEMENT.match(match[1])
    if kind is None:
        return ""
    values: dict[str, str] = {}
    key = ""
    for part in match[1][kind.end() :].split(";"):
        name, equals, value = part.partition("=")
        if equals and name in _ELEMENT_KEYS:
            key = name
            values[key] = value
        elif key:
            values[key] += f";{part}"
    text = values.get("alt") if kind[1] == "8" else values.get("content") or values.get("url")
    return _unquoted(text or "")


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _ended(text: str) -> str:
    """Return a text whose colours end with it."""
    return text + "\x1b[0m" if "\x1b[" in text and not text.endswith("\x1b[0m") else text


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


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16


def _time(milliseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
