"""Screen that a log is written to, as Buildkite's own renderer has it, and what it shows of a text.

The screen has 160 columns and 100 lines, the size that the agent gives to programs. A text that is longer continues on the next
row. Each character takes one column, also a tab and a wide one. Differences to a terminal are those of
https://github.com/buildkite/terminal-to-html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .parser import LogLine

__all__ = [
    "CONTROL",
    "CSI",
    "ESCAPE",
    "HEIGHT",
    "SGR",
    "STRING_CONTROL",
    "VERTICAL",
    "Pen",
    "Row",
    "Screen",
    "plain",
    "shown_styled",
    "shown_text",
    "styled",
    "without_controls",
]

_COLUMNS = 160

HEIGHT = 100
"""Rows that the cursor can reach: the last ones."""

# C1 characters open nothing: in UTF-8 they are the remains of text that was encoded twice, as in Buildkite's own renderer.
_STRING = r"[\]_PX^]([^\x07\x1b\n]*(?:\x1b(?!\\)[^\x07\x1b\n]*)*)(?:\x07|\x1b\\|(?=\n)|\Z)"
_CSI = r"\[([0-?]*)[ -/]*([@-~])"
_ESCAPE = r"[ -/]*[0-Z\\-~]"

STRING_CONTROL = re.compile(rf"\x1b{_STRING}")
"""Control string, with its content. One that isn't ended ends with its line."""

CSI = re.compile(rf"\x1b{_CSI}")
ESCAPE = re.compile(rf"\x1b(?:{_ESCAPE})?")
SGR = re.compile(r"\x1b\[[0-9;:]*m")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control character, except tabs and line breaks. Those that separate lines, or change the direction of what follows, are among
them: a terminal would show another text than the one that is there. Marks and joiners of a script are not.
https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters"""

_SEPARATORS = ("\u2028", "\u2029")
"""Separators of lines and paragraphs, which are shown as spaces."""

# Each of these begins with one set of characters, which a search skips to. It would try alternatives at each character.
_TOKEN = re.compile(rf"{CONTROL.pattern}(?:(?<=\x1b)(?:{_STRING}|{_CSI}|{_ESCAPE}))?")
_MOVE = re.compile(r"[\b\r\x1b](?:(?<!\x1b)|\[[0-9;]*[A-HJKaefsu`]|[78M])")
"""Control that moves the cursor, or erases."""

VERTICAL = re.compile(r"\x1b(?:\[[0-9;]*[ABEFHJefsu]|[78M])")
"""Control that can move the cursor to another row, or erase one."""

_ELEMENT = re.compile(r"133([89]);")
_ELEMENT_KEYS = frozenset({"url", "content", "alt", "width", "height"})

_SAFE_LINK = re.compile(r"https?://[^\x00-\x20\x7f-\x9f]{1,2000}")
"""Targets of links that are kept where links are asked for."""

_LONGEST_STYLE = 256
"""Characters of the colours that are kept for one place."""


class Pen(NamedTuple):
    """Colours and link of what is written: SGR sequences, and a URL."""

    colours: str = ""
    link: str = ""

    def coloured(self, sequence: str, parameters: str) -> Pen:
        """Return the pen after an SGR sequence."""
        first, _, further = parameters.partition(";")
        if first.strip("0"):
            kept = self.colours if len(self.colours) <= _LONGEST_STYLE else ""
            if kept == sequence:
                return self
            # What it sets is set by the later one alone, so that a colour that is chosen again takes no more place.
            return Pen(kept.replace(sequence, "") + sequence, self.link)
        colours = sequence if further.strip("0;") else ""
        return Pen(colours, self.link) if colours or self.link else _PLAIN

    def linked(self, link: str) -> Pen:
        """Return the pen with another link."""
        return Pen(self.colours, link) if self.colours or link else _PLAIN

    def after(self, text: str) -> Pen:
        """Return the pen after a text is written."""
        pen = self
        for match in _TOKEN.finditer(text):
            if match[3] == "m" and SGR.fullmatch(match[0]):
                pen = pen.coloured(match[0], match[2])
            elif match[0].startswith("\x1b]8;"):
                pen = pen.linked(_link(match[1]))
            elif match[0].startswith("\x1b]133"):
                pen = pen.after(_element(match[1])[0]).linked(pen.link)
        return pen

    def __str__(self) -> str:
        """Return the escape sequences that select it."""
        return f"{self.colours}\x1b]8;;{self.link}\x1b\\" if self.link else self.colours


_PLAIN = Pen()

_NO_NUMBERS: list[int] = []


class Row:
    """Row of a screen.

    Attributes:
        text: its characters.
        pens: their colours and links; None if they have none.
        ends: False if its line continues on the next row.
        stamp: milliseconds of the last mark of time that was written on it.
        erased: the text and pens that were there before it was erased as a whole, unless the cursor has come back to it since.
        line: the line that begins on it, as the log has it, and its number of rows; None once it has been drawn on again.
        given: the text of the line that begins on it, as it was handed out.
        group: the group of the line.
        used: False if nothing was written on it or erased since it was last erased as a part of the screen.
    """

    __slots__ = ("ends", "erased", "given", "group", "line", "pens", "returned", "stamp", "text", "used")

    def __init__(self) -> None:
        self.text = ""
        self.pens: list[Pen] | None = None
        self.ends = True
        self.stamp: int | None = None
        self.erased: tuple[str, list[Pen] | None] = ("", None)
        self.returned = False
        self.line: tuple[LogLine, int] | None = None
        self.given: str | None = None
        self.group: str | None = None
        self.used = False

    def put(self, column: int, text: str, pen: Pen) -> None:
        """Write a text that fits into the row."""
        self.line, self.used = None, True
        before, end = self.text, column + len(text)
        if self.pens is not None or pen is not _PLAIN:
            if self.pens is None:
                self.pens = [_PLAIN] * len(before)
            self.pens += [_PLAIN] * (column - len(before))
            self.pens[column:end] = [pen] * len(text)
        if column > len(before):
            before = before.ljust(column)
        self.text = before[:column] + text + before[end:] if column or end < len(before) else text

    def erase(self, start: int, end: int | None = None) -> None:
        """Erase the columns from `start` to before `end`, or to the end."""
        self.line, self.used = None, True
        text, blank = self.text, 0
        if start == 0 and end is None and not self.returned and text.strip():
            self.erased = (text, self.pens)
        if end is not None and end < len(text):
            blank = end - start
        else:
            end = len(text)
        self.text = text[:start] + " " * blank + text[end:]
        if self.pens is not None:
            self.pens = [*self.pens[:start], *([_PLAIN] * blank), *self.pens[end:]]

    def clear(self) -> None:
        """Erase it as a part of the screen."""
        self.line, self.used = None, False
        self.text, self.pens, self.erased, self.ends = "", None, ("", None), True


class Screen:
    """Screen that the lines of a log are written to, one by one.

    All rows are kept until `drop`. The cursor reaches the last 100.

    Attributes:
        rows: the rows that have been written to.
        pen: the colours and the link of what is written next.
        reach: how many rows above the lowest the cursor has been.
        settled: the number of first rows that the cursor hasn't come back to. Their user raises it.
    """

    def __init__(self, stamp: Callable[[str], int | None] = lambda _: None) -> None:
        """Create a screen.

        Args:
            stamp: reads the content of a mark of time, and returns milliseconds.
        """
        self.rows: list[Row] = []
        self.pen = _PLAIN
        self.reach = 0
        self.settled = 0
        self._stamp = stamp
        self._x = self._y = self._lowest = 0
        self._saved = (0, 0)

    @property
    def bottom(self) -> int:
        """The number of the lowest row, counted from 0. It may be one that hasn't been written to."""
        return max(len(self.rows) - 1, self._y, self._lowest)

    @property
    def fresh(self) -> bool:
        """True if the cursor is at the beginning of a row below all that were written to."""
        return self._x == 0 and self._y == len(self.rows)

    def load(self, rows: list[Row]) -> None:
        """Begin below rows that were there before."""
        self.rows = rows
        self.settled = self._y = self._lowest = len(rows)
        self._x = 0

    def drop(self, count: int) -> None:
        """Forget the first rows."""
        del self.rows[:count]
        self._y -= count
        self._lowest -= count
        self.settled -= count

    def write(self, text: str) -> None:
        """Write a text without a line break, whose escape sequences are whole."""
        position = 0
        for match in _TOKEN.finditer(text):
            start = match.start()
            if start > position:
                self._put(text[position:start])
            position = match.end()
            control = match[0]
            if control == "\r":
                self._x = 0
            elif control == "\b":
                self._x = max(0, self._x - 1)
            elif match[3] is not None:
                self._control(control, match[2], match[3])
            elif match[1] is not None:
                self._string(control, match[1])
            elif control == "\x1b7":
                self._save()
            elif control == "\x1b8":
                self._restore()
            elif control == "\x1bM":
                self._move_to(self._y - 1)
            elif control in _SEPARATORS:
                self._put(" ")
        if position < len(text):
            self._put(text[position:])

    def end_line(self, *, last: bool = False) -> None:
        """Begin the next row. Last: the log ends without a line break, so there is none."""
        row = self._row()
        if last:
            return
        if not row.ends:
            row.ends, row.line = True, None
        self._x = 0
        self._y += 1
        self._come_back()

    def lines(self) -> Iterator[list[Row]]:
        """Yield the rows of each line."""
        begins = 0
        for number, row in enumerate(self.rows, 1):
            if row.ends or number == len(self.rows):
                yield self.rows[begins:number]
                begins = number

    def _put(self, text: str) -> None:
        start, end = 0, len(text)
        if self._x + end <= _COLUMNS and self._x < _COLUMNS:
            self._row().put(self._x, text, self.pen)
            self._x += end
            return
        while start < end:
            if self._x >= _COLUMNS:
                self._row().ends = False
                self._x = 0
                self._y += 1
            fits = start + _COLUMNS - self._x
            self._row().put(self._x, text[start:fits], self.pen)
            self._x += min(fits, end) - start
            start = fits

    def _row(self) -> Row:
        rows = self.rows
        while len(rows) <= self._y:
            rows.append(Row())
        return rows[self._y]

    def _string(self, token: str, content: str) -> None:
        if token.startswith("\x1b_bk;"):
            stamp = self._stamp(content[3:]) if token.endswith(("\x07", "\x1b\\")) else None
            if stamp is not None:
                self._row().stamp = stamp
        elif token.startswith("\x1b]8;"):
            self.pen = self.pen.linked(_link(content))
        elif token.startswith("\x1b]"):
            text, link = _element(content)
            before = self.pen.link
            self.pen = self.pen.linked(link or before)
            self.write(text)  # a control string in it isn't ended, so it has no time, and a link ends with the element
            self.pen = self.pen.linked(before)

    def _control(self, token: str, parameters: str, final: str) -> None:
        if final == "m":
            if SGR.fullmatch(token):
                self.pen = self.pen.coloured(token, parameters)
            return
        if final not in "ABCDEFGHJK`aefsu" or len(token) != len(parameters) + 3 or parameters.strip("0123456789;"):
            return  # one that Buildkite's renderer doesn't know, or that is private to some terminals
        numbers = [int(number[:9]) for number in parameters.split(";") if number] if parameters else _NO_NUMBERS
        first = numbers[0] if numbers else 1
        if final in "Ca":
            self._x = min(self._x + first, _COLUMNS - 1)
        elif final == "D":
            self._x = max(0, self._x - first)
        elif final in "G`":
            self._go_to_column(first)
        elif final == "K":
            self._erase_in_line(numbers[0] if numbers else 0)
        elif final in "ABEFe":
            self._x = 0 if final in "EF" else min(self._x, _COLUMNS - 1)
            self._move_to(self._y + (first if final in "BEe" else -first))
        elif final in "Hf":
            if self._y < len(self.rows) and self.rows[self._y].text:
                self._y += 1  # the height of the terminal isn't known, so what was shown is kept
                self._come_back()
            self._go_to_column(numbers[1] if len(numbers) > 1 else 1)
        elif final == "J":
            self._erase_in_screen(numbers[0] if numbers else 0)
        elif final == "s":
            self._save()
        else:
            self._restore()

    @property
    def _top(self) -> int:
        return max(0, self.bottom + 1 - HEIGHT)

    def _move_to(self, row: int) -> None:
        """Move the cursor to a row within the screen, in the same column."""
        top = self._top
        bottom = self._lowest = self.bottom
        self._y = min(max(row, top), top + HEIGHT - 1)
        self.reach = max(self.reach, bottom - self._y)
        self._come_back()

    def _come_back(self) -> None:
        """Note that the cursor may have come back to a row, whose text can now be another."""
        self.settled = min(self.settled, self._y)
        if self._y < len(self.rows):
            row = self.rows[self._y]
            row.returned, row.erased = True, ("", None)

    def _go_to_column(self, column: int) -> None:
        self._x = min(max(0, column - 1), _COLUMNS - 1)

    def _save(self) -> None:
        self._saved = (self._x, self._y - self._top)

    def _restore(self) -> None:
        self._x, row = self._saved
        if self._top + row != self._y:
            self._move_to(self._top + row)

    def _erase_in_line(self, what: int) -> None:
        if self._y < len(self.rows):
            row = self.rows[self._y]
            if what == 0:
                row.erase(self._x)
            elif what == 1:
                row.erase(0, self._x + 1)
            elif what == 2:
                row.erase(0)
                row.ends = True

    def _erase_in_screen(self, what: int) -> None:
        if what not in (0, 1, 2, 3):
            return
        above = self.rows[self._top : self._y] if what else []
        below = self.rows[self._y + 1 :] if what != 1 else []
        self._erase_in_line(min(what, 2))
        for row in [row for row in (*above, *below) if row.used or row.line is not None]:
            row.clear()


def shown_text(rows: Sequence[Row]) -> str:
    """Return the text of a line. A line that was erased at last shows what stood there."""
    text = rows[0].text if len(rows) == 1 else "".join([row.text for row in rows])
    return text if text.strip() else "".join([row.erased[0] for row in rows]) or text


def shown_styled(rows: Sequence[Row], *, links: bool) -> str:
    """Return the text of a line with its colours, and with its links if they are asked for. They end with it."""
    contents = [(row.text, row.pens) for row in rows]
    if not "".join([text for text, _ in contents]).strip() and any(row.erased[0] for row in rows):
        contents = [row.erased for row in rows]
    pieces: list[str] = []
    last = _PLAIN
    for text, pens in contents:
        if pens is None:
            pieces += (_changed(last, _PLAIN, links=links), text)
            last = _PLAIN
            continue
        for character, pen in zip(text, pens, strict=True):
            if pen is not last:
                pieces.append(_changed(last, pen, links=links))
                last = pen
            pieces.append(character)
    pieces.append(_changed(last, _PLAIN, links=links))
    return "".join(pieces)


def _changed(last: Pen, pen: Pen, *, links: bool) -> str:
    """Return the sequences that change one pen to another."""
    sequences = ""
    if links and pen.link != last.link:
        sequences = f"\x1b]8;;{pen.link}\x1b\\"
    if pen.colours == last.colours:
        return sequences
    return f"{sequences}\x1b[0m{pen.colours}" if last.colours else f"{sequences}{pen.colours}"


def plain(raw: str) -> str:
    """Return the text that a line shows on a terminal, without escape sequences and control characters.

    A cursor that moves overwrites as it does on a terminal. A line that is erased at last shows what stood there.
    The text of Buildkite's links, and the alternative text of its images, are part of it.

    Example:
        >>> plain("\\x1b_bk;t=1700000000000\\x07\\x1b[32mok\\x1b[0m")
        'ok'
        >>> plain("10%\\r100%")
        '100%'
        >>> plain("\\x1b]1339;url=https://example.com;content=the report\\x07")
        'the report'
    """
    if CONTROL.search(raw) is None:
        return raw
    if _MOVE.search(raw) is None:
        return without_controls(raw)
    return "\n".join([shown_text(rows) for rows in _drawn(raw)])


def without_controls(text: str) -> str:
    """Return a text that isn't of a log, without escape sequences and control characters. Nothing is overwritten or erased.

    Example:
        >>> without_controls("No\\x1b[2J space"), plain("No\\x1b[2J space")
        ('No space', '   space')
    """
    return _TOKEN.sub(_text_of, text)


def styled(raw: str, *, links: bool = False) -> str:
    """Return the same text with its colours (SGR), which end at the end of the line.

    Args:
        raw: the line.
        links: keep links to web pages, as OSC 8 sequences. Other sequences are never kept.
    """
    if CONTROL.search(raw) is None:
        return raw
    if _MOVE.search(raw) is None and not links:
        text = _TOKEN.sub(_styled_of, raw)
        return text + "\x1b[0m" if "\x1b[" in text and not text.endswith("\x1b[0m") else text
    return "\n".join([shown_styled(rows, links=links) for rows in _drawn(raw)])


def _drawn(raw: str) -> list[list[Row]]:
    """Return the rows of each line that a text shows on an empty screen."""
    screen = Screen()
    first, *further = raw.split("\n")
    screen.write(first)
    for line in further:
        screen.end_line()
        screen.write(line)
    if further:
        screen._row()  # the last line may be empty
    return list(screen.lines())


def _text_of(match: re.Match[str]) -> str:
    """Return the text that a control shows: that of an element, a space for a separator, or none."""
    if match[0] in _SEPARATORS:
        return " "
    return _TOKEN.sub("", _element(match[1])[0]) if match[0].startswith("\x1b]133") else ""


def _styled_of(match: re.Match[str]) -> str:
    """Return what is kept of a control where colours are: that of the text of an element, or of itself."""
    if match[0].startswith("\x1b]133"):
        return _TOKEN.sub(_colours_of, _element(match[1])[0])
    return _colours_of(match)


def _colours_of(match: re.Match[str]) -> str:
    if match[0] in _SEPARATORS:
        return " "
    return match[0] if SGR.fullmatch(match[0]) else ""


def _element(content: str) -> tuple[str, str]:
    """Return the text that a control string shows and its link: that of Buildkite's link, the alternative text of its image.

    https://buildkite.com/docs/pipelines/configure/links-and-images-in-log-output
    """
    kind = _ELEMENT.match(content)
    if kind is None:
        return "", ""
    parts: dict[str, list[str]] = {}
    key = ""
    for part in content[kind.end() :].split(";"):
        name, equals, value = part.partition("=")
        if equals and name in _ELEMENT_KEYS:
            key = name
            parts[key] = [value]
        elif key:
            parts[key].append(part)
    values = {name: ";".join(pieces) for name, pieces in parts.items()}
    text = values.get("alt") if kind[1] == "8" else values.get("content") or values.get("url")
    return _unquoted(text or ""), _safe(_unquoted(values.get("url", "")))


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _link(content: str) -> str:
    """Return the target of a link, from the content of the control string that begins or ends it."""
    return _safe(content.partition(";")[2].partition(";")[2])


def _safe(url: str) -> str:
    return url if _SAFE_LINK.fullmatch(url) else ""
