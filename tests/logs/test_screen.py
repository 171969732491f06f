"""What a log shows on a terminal: beside Buildkite's own renderer, beside a plain grid, and control by control."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext.logs import LogLine, parse_log, render_log
from buildkite_ext.logs.screen import Pen, Screen, plain, styled

TERMINAL = Path("/work/shared/reference/terminal")
needs_renderer = pytest.mark.skipif(not TERMINAL.is_dir(), reason="the answers of Buildkite's renderer aren't here")

DEVIATIONS = {
    "bk-link": "click after",  # the text of a link is shown: the renderer's plain text lacks all elements
    "bk-image": "chartafter",  # so is that of an image, which takes no line of its own: a line of the log is one line
    "bk-artifact-image": "plot",
    "iterm-image": "after",
    "nul": "ab",  # control characters aren't shown: a terminal could act on them
    "bell": "ab",
    "vt": "ab",
    "c1-csi": "a31mb",
    "c1-osc": "a0;tb",
    "unfinished-osc": "a\nb",  # a control string ends with its line, so that a lost byte doesn't hide the rest of the log
}
"""What differs from Buildkite's renderer on purpose, by the name of the sample."""


def shown(log: bytes | str) -> str:
    return render_log(log).rstrip("\n")


@needs_renderer
def test_small_logs_show_what_buildkite_s_own_renderer_shows() -> None:
    rows = [json.loads(row) for row in (TERMINAL / "small.jsonl").read_text().splitlines()]
    assert len(rows) == 49
    assert {row["name"] for row in rows} >= DEVIATIONS.keys()
    for row in rows:
        expected = DEVIATIONS.get(row["name"], row["plain"])
        assert shown(base64.b64decode(row["raw"])) == expected, row["name"]
        assert (row["name"] in DEVIATIONS) == (row["plain"] != expected), row["name"]


@needs_renderer
@pytest.mark.parametrize(
    "name",
    [
        *(
            "buildah-build",
            "control",
            "curl",
            "docker-pull",
            "homer",
            "huge-line",
            "itermlinks",
            "pikachu",
            "playwright",
        ),
        *("rustfmt", "weather"),
    ],
)
def test_real_logs_show_what_buildkite_s_own_renderer_shows(name: str) -> None:
    assert len(list(TERMINAL.glob("*.raw"))) == 11
    assert shown((TERMINAL / f"{name}.sh.raw").read_bytes()) == (TERMINAL / f"{name}.sh.plain").read_text().rstrip("\n")


WIDE = "x" * 160


@pytest.mark.parametrize(
    ("log", "text"),
    [
        ("10%\r50%\r100%\nnext", "100%\nnext"),
        ("long text here\rshort", "shorttext here"),
        ("one\ntwo\n\x1b[1A\x1b[2Knew\nend", "one\nnew\nend"),
        ("a\nb\nc\n\x1b[3A1\n2\n3", "1\n2\n3"),
        ("a\nb\x1b[AX", "aX\nb"),
        ("a\nb\x1b[0AX", "a\nbX"),
        ("a\nb\nc\x1b[2FX\x1b[EY", "X\nY\nc"),
        ("ab\ncd\x1bMX", "abX\ncd"),
        ("a\nb\nc\x1bMX", "a\nbX\nc"),
        ("ab\ncd\x1b[AX\x1b[BY", "abX\ncd Y"),
        ("ab\ncd\x1b[AX\x1b[eY", "abX\ncd Y"),
        ("a\x1b[2Bb", "a\n\n b"),
        ("a\x1b[2Eb", "a\n\nb"),
        ("a\x1b[Cb\x1b[2ac", "a b  c"),
        ("abc\x1b[2DX", "aXc"),
        ("abc\x1b[9DX", "Xbc"),
        ("abc\x1b[GX", "Xbc"),
        ("abc\x1b[2`X", "aXc"),
        ("abc\x1b[0GX", "Xbc"),
        ("a\x1b[4GX", "a  X"),
        ("a\x1b[999GX", f"a{158 * ' '}X"),
        ("a\x1b[999CX", f"a{158 * ' '}X"),
        ("one\ntwo\n\x1b[1;1HX", "one\ntwo\nX"),
        ("one\ntwo\x1b[5;3HX", "one\ntwo\n  X"),
        ("one\ntwo\x1b[fX", "one\ntwo\nX"),
        ("one\ntwo\x1b[5HX", "one\ntwo\nX"),
        ("a\nb\nc\r\x1b7\x1b[K\x1b8", "a\nb\nc"),  # the cursor stays on its row
        ("a" + "\n" * 150 + "\x1b[9Aab\x1b7\x1b[3A\x1b8X", "a" + "\n" * 141 + "abX"),
        ("\x1b[H\x1b[H\x1b[Hone", "one"),
        ("one\ntwo\x1b[A\x1b[s\x1b[BX\x1b[uY", "oneY\ntwoX"),
        ("one\n\x1b7two\nthree\x1b8X", "one\nXwo\nthree"),
        ("one\ntwo\x1b8X", "Xne\ntwo"),
        ("abc\r\x1b[2CX", "abX"),
        ("hello\x1b[2D\x1b[K!", "hel!"),
        ("hello\x1b[2D\x1b[1K!", "   !o"),
        ("hello\x1b[1K!", "     !"),
        ("hello\x1b[2K!", "     !"),
        ("hello\x1b[3K!", "hello!"),
        ("one\ntwo\nthree\x1b[2A\x1b[2D\x1b[JX", "oneX"),
        ("one\ntwo\nthree\x1b[A\x1b[2D\x1b[JX", "one\ntwoX"),
        ("one\ntwo\nthree\x1b[A\x1b[4D\x1b[1JX", "\n Xo\nthree"),
        ("one\ntwo\nthree\x1b[2JX", "\n\n     X"),
        ("one\ntwo\nthree\x1b[3JX", "\n\n     X"),
        ("one\ntwo\x1b[4JX", "one\ntwoX"),
        ("日本語\rX", "X本語"),
        ("e\u0301t\u0301\b\bX", "e\u0301X\u0301"),
        ("a\tb\rX", "X\tb"),
        (f"{WIDE}\rX", "X" + WIDE[1:]),
        (f"{WIDE}yz\rX", f"{WIDE}Xz"),
        (f"{WIDE}yz\x1b[AX", f"xxX{WIDE[3:]}yz"),
        (f"{WIDE}yz\n\x1b[AX", f"{WIDE}Xz"),
        (f"{WIDE}yz\n\x1b[2AX", f"X{WIDE[1:]}yz"),
        (f"{WIDE}yz\n\x1b[2AX\nY", f"X{WIDE[1:]}\nYz"),
        (f"{WIDE}yz\x1b[A\x1b[2KX\nY", "  X\nYz"),
        (f"{WIDE}\x1b[AX", WIDE[:-1] + "X"),
        (f"{WIDE}\bX", WIDE[:-1] + "X"),
        (f"{WIDE}\nX", f"{WIDE}\nX"),
        ("a" + "\n" * 150 + "\x1b[999AX\x1b[999BY", "a" + "\n" * 51 + "X" + "\n" * 99 + " Y"),
        ("a\x1b[999BX", "a" + "\n" * 99 + " X"),
        ("spaces   \nat the end\t ", "spaces\nat the end"),
        ("a\x1b[1 Ab", "ab"),
        ("a\x1b[?1Ab", "ab"),
        ("ab\ncd\x1b[6n\x1b[5L\x1b[1;5r\x1b[4h\x1b[2X\x1b[AX", "abX\ncd"),
        ("ab\ncd\x1b[1 A\x1b[>1A\x1b[1:1A\x1b[?2K\x1b[=1D\x1b[?1s\x1b[AX", "abX\ncd"),
        ("a\x1b[1:1Ab", "ab"),
        ("\x1b[?25la\x1b[?2004hb\x1b[6n\x1b[1;5rc", "abc"),
        ("\x1b(0a\x1b)Bb\x1b=c\x1b>d", "abcd"),
    ],
)
def test_each_control_acts_as_on_the_screen_of_buildkite(log: str, text: str) -> None:
    assert shown(log) == text


def test_the_cursor_reaches_the_last_hundred_rows() -> None:
    before = "".join(f"{number}\n" for number in range(300))
    assert shown(f"{before}\x1b[99AX\n") == before.replace("\n201\n", "\nX01\n").rstrip("\n")
    assert shown(f"{before}\x1b[150AX\n") == before.replace("\n201\n", "\nX01\n").rstrip("\n")
    assert shown(f"{before}\x1b[2J").split("\n") == [str(number) for number in range(201)]
    assert shown(f"{before}\x1b8X").split("\n")[201] == "X01"


def test_a_line_that_was_erased_at_last_shows_what_stood_there() -> None:
    assert render_log("100%\r\x1b[K\ndone\x1b[2K\n") == "100%\ndone\n"
    assert render_log(f"{WIDE}y\r\x1b[K\n") == f"{WIDE}\n"
    assert render_log("one\nhello\x1b[2J\nhello\r\x1b[J\n") == "\nhello\nhello\n"


def test_lines_that_the_cursor_came_back_to_and_erased_are_empty() -> None:
    assert render_log("RUNS a\nRUNS b\n\x1b[1A\x1b[2K\x1b[1A\x1b[2KPASS a\n") == "PASS a\n\n"


def test_a_log_may_be_bytes_and_ends_as_it_does() -> None:
    assert render_log(b"a\r\nb\r\n") == "a\nb\n"
    assert render_log("a\nb") == "a\nb"
    assert render_log("") == ""
    assert render_log("\n\n") == "\n\n"
    assert render_log("a\udcffb") == "a\ufffd\ufffd\ufffdb"


def test_colours_and_links_are_kept_when_asked_for() -> None:
    log = "\x1b[31mred\n\x1b]8;;https://x.test/?a;b\x07link\x1b]8;;\x07 on\x1b[0m\nplain\n"
    assert render_log(log, colours=True) == "\x1b[31mred\x1b[0m\n\x1b[31mlink on\x1b[0m\nplain\n"
    link = "\x1b]8;;https://x.test/?a;b\x1b\\"
    assert render_log(log, links=True) == f"\x1b[31mred\x1b[0m\n{link}\x1b[31mlink\x1b]8;;\x1b\\ on\x1b[0m\nplain\n"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b]8;;https://x.test\x1b\\text\x1b]8;;\x1b\\.", "\x1b]8;;https://x.test\x1b\\text\x1b]8;;\x1b\\."),
        ("\x1b]8;id=1;http://x.test\x07text", "\x1b]8;;http://x.test\x1b\\text\x1b]8;;\x1b\\"),
        ("\x1b]1339;url='https://x.test';content=a b\x07.", "\x1b]8;;https://x.test\x1b\\a b\x1b]8;;\x1b\\."),
        ("\x1b]1338;url=https://x.test/a.png;alt=cat\x07", "\x1b]8;;https://x.test/a.png\x1b\\cat\x1b]8;;\x1b\\"),
        ("\x1b]1339;url=artifact://a;content=a\x07", "a"),
        (f"\x1b]8;;https://x.test\x07{WIDE}\x1b]8;;\x07on", f"\x1b]8;;https://x.test\x1b\\{WIDE}\x1b]8;;\x1b\\on"),
        ("\x1b]8;;javascript:alert(1)\x07text\x1b]8;;\x07", "text"),
        ("\x1b]8;;file:///etc/passwd\x07text\x1b]8;;\x07", "text"),
        ("\x1b]8;;https://x.test/a b\x07text\x1b]8;;\x07", "text"),
        ("\x1b]8;;https://x.test/\x1b[2Jb\x07text\x1b]8;;\x07", "text"),
        (f"\x1b]8;;https://{'x' * 2001}\x07text\x1b]8;;\x07", "text"),
        ("\x1b]0;title\x07\x1b[5Atext\x1b]52;c;YQ==\x07", "text"),
    ],
)
def test_only_links_to_web_pages_are_kept_and_only_when_asked_for(raw: str, shown: str) -> None:
    assert styled(raw, links=True) == shown
    assert "\x1b]" not in styled(raw)
    assert plain(shown) == plain(raw)


RED = Pen("\x1b[31m")
LINKED = Pen("", "https://x.test")
RED_LINK = Pen("\x1b[31m", "https://x.test")


@pytest.mark.parametrize(
    ("pen", "sequence", "colours"),
    [
        (Pen(), "\x1b[31m", "\x1b[31m"),
        (RED, "\x1b[1;4m", "\x1b[31m\x1b[1;4m"),
        (RED, "\x1b[10m", "\x1b[31m\x1b[10m"),
        (RED, "\x1b[m", ""),
        (RED, "\x1b[0m", ""),
        (RED, "\x1b[00m", ""),
        (RED, "\x1b[0;m", ""),
        (RED, "\x1b[0;0;00m", ""),
        (RED, "\x1b[0;32m", "\x1b[0;32m"),
        (RED, "\x1b[;32m", "\x1b[;32m"),
        (RED, "\x1b[0;0;32m", "\x1b[0;0;32m"),
        (Pen("x" * 256), "\x1b[31m", "x" * 256 + "\x1b[31m"),
        (Pen("x" * 257), "\x1b[31m", "\x1b[31m"),
    ],
)
def test_colours_add_up_until_they_are_reset(pen: Pen, sequence: str, colours: str) -> None:
    assert pen.coloured(sequence, sequence[2:-1]) == Pen(colours)
    linked = Pen(pen.colours, "https://x.test")
    assert linked.coloured(sequence, sequence[2:-1]) == Pen(colours, "https://x.test")


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (Pen(), "text", Pen()),
        (RED, "text", RED),
        (Pen(), "a\x1b[31mb\x1b[1mc", Pen("\x1b[31m\x1b[1m")),
        (RED, "a\x1b[0m", Pen()),
        (RED, "\x1b[>4;1m\x1b[?4m\x1b[1 m", RED),  # no colours
        (Pen(), "\x1b]8;;https://x.test\x07a", LINKED),
        (RED, "\x1b]8;id=a;https://x.test\x1b\\a", RED_LINK),
        (RED_LINK, "\x1b]8;;\x07a", RED),
        (LINKED, "\x1b]8;;\x07a", Pen()),
        (RED_LINK, "\x1b[0m", LINKED),
        (RED_LINK, "\x1b]8;;javascript:alert(1)\x07", RED),
        (LINKED, "\x1b]1339;url=https://y.test;content=\x1b[31mc\x07a", RED_LINK),  # as on the screen of Buildkite
        (LINKED, "\x1b]1339;url=https://y.test;content=c\x07a", LINKED),
        (Pen(), "\x1b]0;\x1b[31mtitle\x07", Pen()),
        (Pen(), "\x1b]1339;url=u;content=c\x1b]8;;https://x.test\x07a", Pen()),  # nor does an element hold a link
        (Pen(), "\x1b]1338;url=https://x.test;alt=\x1b[31mcat\x07", RED),
    ],
)
def test_colours_and_links_go_on_behind_a_text(before: Pen, text: str, after: Pen) -> None:
    assert before.after(text) == after
    screen = Screen()
    screen.pen = before
    screen.write(text)
    assert screen.pen == after


def test_a_pen_is_written_as_the_sequences_that_select_it() -> None:
    assert [str(pen) for pen in (Pen(), RED, LINKED, RED_LINK)] == [
        "",
        "\x1b[31m",
        "\x1b]8;;https://x.test\x1b\\",
        "\x1b[31m\x1b]8;;https://x.test\x1b\\",
    ]


@pytest.mark.parametrize(
    "text", ["a", "\x1b[31m\x1b[0ma", "\x1b]8;;https://x.test\x07\x1b]8;;\x07a", "\x1b[0m\x1b[ma", "\x1b]8;;\x07a"]
)
def test_a_row_without_colours_keeps_none(text: str) -> None:
    screen = Screen()
    screen.write(text)
    assert [(row.text, row.pens) for row in screen.rows] == [("a", None)]


@pytest.mark.parametrize(
    ("raw", "text", "colours"),
    [
        ("ab\rX\ncd\rY", "Xb\nYd", "Xb\nYd"),
        ("ab\ncd\x1b[AX", "abX\ncd", "abX\ncd"),
        ("a\n\x1b[31mb\rX\n", "a\nX\n", "a\n\x1b[31mX\x1b[0m\n"),
        ("\r\n", "\n", "\n"),
        ("a\x1b[2B", "a", "a"),
        ("\x1b[?25la\x1b[31mb\x1b[>4mc", "abc", "a\x1b[31mbc\x1b[0m"),
        ("\x1b]1339;url=u;content=a\x1b[?25lb\x1b[31mc\x1b[>4md\x07e", "abcde", "ab\x1b[31mcde\x1b[0m"),
        *(
            (f"\x1b]1339;url=u;content={quoted}\x07", text, text)
            for quoted, text in (
                ("'a b'", "a b"),
                ('"a"', "a"),
                ('""', ""),
                ('"', '"'),
                ("'a\"", "'a\""),
                ("XaX", "XaX"),
            )
        ),
        (f"a\n{WIDE}yz\rX\nb", f"a\n{WIDE}Xz\nb", f"a\n{WIDE}Xz\nb"),
        (f"\x1b[31m{WIDE}yz\x1b[A\x1b[0mX", f"xxX{WIDE[3:]}yz", f"\x1b[31mxx\x1b[0mX\x1b[31m{WIDE[3:]}yz\x1b[0m"),
        ("abc\x1b[2D\x1b[K", "a", "a"),
        ("\x1b[31mabc\x1b[2D\x1b[K", "a", "\x1b[31ma\x1b[0m"),
        ("\x1b[31mabcdef\x1b[4D\x1b[1Kx", "  xdef", "  \x1b[31mxdef\x1b[0m"),
        ("abc\x1b[D\x1b[1K", "", ""),
        ("abcd\x1b[2D\x1b[1K", "   d", "   d"),
        ("a\x1b[3G\x1b[31mb", "a b", "a \x1b[31mb\x1b[0m"),
        ("\x1b[31ma\x1b[0m\x1b[3Gb", "a b", "\x1b[31ma\x1b[0m b"),
        ("\x1b[31ma\x1b[3Gb", "a b", "\x1b[31ma\x1b[0m \x1b[31mb\x1b[0m"),
        ("ab\x1b[31m\rX", "Xb", "\x1b[31mX\x1b[0mb"),
        ("gone\r\x1b[K", "gone", "gone"),
        (f"{WIDE}y\r\x1b[K\x1b[A\r\x1b[K", "y", "y"),
        ("\x1b[31mgone\r\x1b[K", "gone", "\x1b[31mgone\x1b[0m"),
        ("\x1b[31mgone\r\x1b[0A\x1b[K", "", ""),
        ("\x1b[31mgone\x1b[2J\x1b[0m\rb", "b", "b"),
        ("\x1b[31mred\n\x1b[32mgreen\rG", "red\nGreen", "\x1b[31mred\x1b[0m\n\x1b[31m\x1b[32mGreen\x1b[0m"),
    ],
)
def test_a_text_of_lines_is_drawn_on_an_empty_screen(raw: str, text: str, colours: str) -> None:
    assert plain(raw) == text
    assert styled(raw) == colours


def written_screen(*rows: str) -> Screen:
    screen = Screen()
    for row in rows:
        screen.write(row)
        screen.end_line()
    return screen


def test_a_screen_knows_how_far_its_cursor_has_come_back() -> None:
    screen = written_screen("a", "b", "c")
    assert (screen.bottom, screen.fresh, screen.reach, screen.settled) == (3, True, 0, 0)
    screen.settled = 3
    screen.write("\x1b[2A")
    assert (screen.bottom, screen.fresh, screen.reach, screen.settled) == (3, False, 2, 1)
    screen.write("\x1b[B")
    assert (screen.bottom, screen.reach, screen.settled) == (3, 2, 1)
    screen.write("x")
    assert [row.text for row in screen.rows] == ["a", "b", "x"]
    screen.write("\x1b[9B")
    assert (screen.bottom, screen.reach) == (11, 2)
    screen.write("\x1b[11A")
    assert (screen.bottom, screen.reach, screen.settled) == (11, 11, 0)


def test_a_screen_forgets_its_first_rows() -> None:
    screen = written_screen("a", "b", "c", "d")
    screen.write("\x1b[5B\x1b[4A")
    screen.settled = 4
    assert screen.bottom == 9
    screen.drop(2)
    assert ([row.text for row in screen.rows], screen.bottom, screen.settled) == (["c", "d"], 7, 2)
    screen.write("\x1b[2Aend")  # from the row with the number 3 to that with 1
    assert [row.text for row in screen.rows] == ["c", "end"]
    assert screen.reach == 6


def test_a_screen_begins_below_rows_that_were_there() -> None:
    screen = written_screen("a", "b")
    screen.write("x\x1b[9B")
    screen.load(screen.rows[:2])
    assert (screen.bottom, screen.fresh, screen.settled) == (2, True, 2)
    screen.write("c")
    assert [row.text for row in screen.rows] == ["a", "b", "c"]
    screen.load([])
    assert (screen.bottom, screen.fresh, screen.settled) == (0, True, 0)


def test_the_last_line_may_end_without_a_break() -> None:
    screen = written_screen("a")
    screen.write("b")
    screen.end_line(last=True)
    assert not screen.fresh
    screen.write("c")
    assert [row.text for row in screen.rows] == ["a", "bc"]
    screen = written_screen("a")
    screen.end_line(last=True)
    assert [row.text for row in screen.rows] == ["a", ""]


def test_marks_of_time_stay_with_their_row() -> None:
    screen = Screen(lambda content: int(content[2:]) if content.startswith("t=") else None)
    screen.write("\x1b_bk;t=1\x07a\x1b_bk;t=2\x1b\\b\x1b_bk;dt=9\x07\x1b_bk;t=3")  # the last one isn't ended
    screen.end_line()
    screen.write("\x1b_other;t=4\x07c\x1b]1339;content=d\x1b_bk;t=5\x07")  # an element holds none
    assert [(row.text, row.stamp) for row in screen.rows] == [("ab", 2), ("cd", None)]
    unread = Screen()
    unread.write("\x1b_bk;t=1\x07a")
    assert unread.rows[0].stamp is None


class Grid:
    """The plainest screen: a character for each place, and no memory of anything else."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], str] = {}
        self.continued: set[int] = set()
        self.x = self.y = self.last = 0

    @property
    def top(self) -> int:
        return max(0, max(self.last, self.y) - 99)

    def do(self, name: str, number: int) -> None:
        if name == "text":
            for character in "abc wide text"[:number]:
                if self.x == 160:
                    self.continued.add(self.y)
                    self.x, self.y = 0, self.y + 1
                self.cells[self.y, self.x] = character
                self.last = max(self.last, self.y)
                self.x += 1
        elif name == "\n":
            self.continued.discard(self.y)
            self.last = max(self.last, self.y)
            self.x, self.y = 0, self.y + 1
        elif name == "\r":
            self.x = 0
        elif name == "\b":
            self.x = max(0, self.x - 1)
        elif name in "AB":
            top = self.top
            self.last = max(self.last, self.y)
            self.y = min(max(top, self.y + (number if name == "B" else -number)), top + 99)
            self.x = min(self.x, 159)
        elif name == "C":
            self.x = min(159, self.x + number)
        elif name == "D":
            self.x = max(0, self.x - number)
        elif name == "G":
            self.x = max(0, min(number, 160) - 1)
        elif name in "KJ":
            self.erase(name, number)

    def erase(self, name: str, number: int) -> None:
        for y, x in list(self.cells):
            in_line = y == self.y and (number == 2 or (x >= self.x if number == 0 else x <= self.x))
            beside = name == "J" and (number == 2 or (y > self.y if number == 0 else y < self.y)) and y >= self.top
            if in_line or beside:
                del self.cells[y, x]
        if number == 2:
            self.continued.discard(self.y)
        if name == "J":
            for y in range(self.top, self.last + 1):
                if number == 2 or (y > self.y if number == 0 else y < self.y):
                    self.continued.discard(y)

    def text(self) -> str:
        lines = [""]
        for y in range(self.last + 1):
            width = max((x + 1 for row, x in self.cells if row == y), default=0)
            lines[-1] += "".join(self.cells.get((y, x), " ") for x in range(width))
            if y not in self.continued:
                lines.append("")
        return "\n".join(line.rstrip() for line in lines).rstrip("\n")


WRITTEN = {"text": "{}", "\n": "\n", "\r": "\r", "\b": "\b"}


def written(name: str, number: int) -> str:
    return "abc wide text"[:number] if name == "text" else WRITTEN.get(name, f"\x1b[{number}{name}")


moves = st.one_of(
    st.tuples(st.just("text"), st.integers(1, 13)),
    st.tuples(st.sampled_from(["\n", "\r", "\b"]), st.just(1)),
    st.tuples(st.sampled_from("AB"), st.integers(0, 3) | st.just(120)),
    st.tuples(st.sampled_from("CDG"), st.integers(0, 9) | st.sampled_from([155, 400])),
    st.tuples(st.sampled_from("KJ"), st.integers(0, 2)),
)


@given(st.lists(moves, max_size=40), st.sampled_from([0, 0, 3, 97, 130]))
@example([("text", 3), ("G", 400), ("text", 13), ("A", 1), ("text", 1)], 0)
@example([("A", 120), ("text", 1), ("B", 120), ("text", 1)], 130)
@example([("G", 400), ("text", 13), ("J", 2), ("text", 13)], 0)
def test_a_log_shows_what_a_plain_grid_shows(controls: list[tuple[str, int]], before: int) -> None:
    # The cursor comes back to each line before it erases it, or the line would show what stood there.
    came_back = [step for control in controls for step in ((("A", 0), control) if control[0] in "KJ" else (control,))]
    steps = [("text", 1), ("\n", 1)] * before + came_back
    grid = Grid()
    for name, number in steps:
        grid.do(name, number)
    assert shown("".join(written(name, number) for name, number in steps)) == grid.text()


def lines(log: bytes) -> list[LogLine]:
    return list(parse_log(log, job_id="j1", job_name="test"))


in_line = st.lists(
    st.sampled_from(
        ["text", "--- group", "+++ ", " ", "\r", "\b", "\n", "\r\n", "\x07", "\x00", "\x9b", "日本", "\t", WIDE]
    )
    | st.sampled_from(
        ["\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[5G", "\x1b[3C", "\x1b[2D", "\x1b[?25l", "\x1b", "\x1b[", "\x1b(B"]
    )
    | st.sampled_from(
        ["\x1b[31m", "\x1b[1m", "\x1b[0m", "\x1b[m", "\x1b[0;32m", "\x1b[00m", "\x1b[01;31m", "\x1b[38:5:1m"]
    )
    | st.sampled_from(
        ["\x1b_bk;t=1767603600123\x07", "\x1b_bk;dt=7\x07", "\x1b_bk;t=5\x1b\\", "\x1b]0;t\x07", "\x1b]8;;\x07"]
    )
    | st.sampled_from(
        ["\x1b]8;;https://x.test\x07", "\x1b]1339;url=https://x.test;content=c\x1b[31m\x07", "\x1b]0;\x1b[0m\x07"]
    )
    | st.text(max_size=3),
    max_size=25,
).map(lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass"))


@given(in_line)
@example(b"\x1b_bk;t=1000\x07\x1b[31mred\nstill red\x1b[0m\n\x1b_bk;dt=5\x07plain\n")
@example(b"\x1b[31mred\x1b]0;\x1b[0m\x07\nstill red\n")
@example(b"   \r \n")
def test_the_fast_ways_and_the_screen_give_the_same_lines(log: bytes) -> None:
    drawn = lines(b"\x1b7\n" + log)  # a saved cursor: what follows is drawn on the screen
    assert drawn[1:] == lines(log)
    assert [line.styled for line in drawn[1:]] == [line.styled for line in lines(log)]


DRAWS = [
    *(
        "text",
        "more",
        "--- group",
        "\n",
        "\n",
        "\r",
        "\x1b[A",
        "\x1b[2A",
        "\x1b[B",
        "\x1b[E",
        "\x1b[F",
        "\x1b[K",
        "\x1b[2K",
    ),
    *(
        "\x1b[J",
        "\x1b[1J",
        "\x1b[2J",
        "\x1b[H",
        "\x1b7",
        "\x1b8",
        "\x1bM",
        "\x1b[31m",
        "\x1b[0m",
        "\x1b]8;;https://x.test\x07",
    ),
    *(
        "\x1b[150G",
        "\x1b_bk;t=1767603600123\x07",
        "\x1b_bk;dt=7\x07",
        "\x1b]1339;url=https://x.test;content=c\x07",
        "\n" * 60,
    ),
]
redraws = st.lists(st.sampled_from(DRAWS), max_size=40).map(lambda pieces: "".join(pieces).encode())


@given(redraws)
def test_what_a_line_has_as_raw_shows_its_text_on_an_empty_line(log: bytes) -> None:
    for line in lines(log):
        assert plain(line.raw) == line.text
        assert lines(line.raw.encode() or b"\n")[0].time == line.time
