"""From the bytes of a log to lines that can be shown and searched."""

from __future__ import annotations

import re
import time
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext.logs.parser import LineParser, LogLine, parse_log, render_log
from buildkite_ext.logs.screen import plain, styled

DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that change the direction of what follows."""


def parse(*chunks: bytes) -> list[LogLine]:
    parser = LineParser("j1", "test")
    return [line for chunk in chunks for line in parser.feed(chunk)] + list(parser.finish())


def texts(data: bytes) -> list[str]:
    return [line.text for line in parse(data)]


def test_a_line_knows_its_job_its_time_and_its_group() -> None:
    data = b"\x1b_bk;t=1767603600123\x07~~~ Preparing\n\x1b_bk;t=1767603601000\x07hello\r\n--- :pytest: Tests\nok"
    moment = datetime(2026, 1, 5, 9, 0, 0, 123000, tzinfo=UTC)
    assert [(line.text, line.group) for line in parse(data)] == [
        ("~~~ Preparing", "Preparing"),
        ("hello", "Preparing"),
        ("--- :pytest: Tests", ":pytest: Tests"),
        ("ok", ":pytest: Tests"),
    ]
    first, second, third, last = parse(data)
    assert second.raw == "\x1b_bk;t=1767603601000\x07hello"
    assert (first.time, first.job_id, first.job_name) == (moment, "j1", "test")
    assert second.time == datetime(2026, 1, 5, 9, 0, 1, tzinfo=UTC)
    assert (third.time, last.time) == (None, None)


@pytest.mark.parametrize(
    ("line", "group"),
    [
        ("--- Install", "Install"),
        ("+++ Tests", "Tests"),
        ("~~~ Setup", "Setup"),
        ("\x1b[1m--- Bold\x1b[0m", "Bold"),
        ("---", ""),
        ("--- ", ""),
        ("+++", ""),
        ("~~~\t", ""),
        ("\x1b_bk;t=1767603600123\x07+++", ""),
        ("----", None),
        ("---Install", None),
        (" --- Install", None),
        ("-- Install", None),
        ("^^^ +++", None),
    ],
)
def test_a_group_begins_with_its_header_at_the_beginning_of_a_line(line: str, group: str | None) -> None:
    assert parse(line.encode())[0].group == group


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        ("token=[REDACTED] ok", "token=[REDACTED] ok"),
        ("tab\tstays", "tab\tstays"),
        ("\x1b[32mgreen\x1b[0m", "green"),
        ("\x1b[38;2;1;2;3mtrue\x1b[m colour", "true colour"),
        ("10%\r50%\r100%", "100%"),
        ("100%\r", "100%"),
        ("100%\r\x1b[K", "100%"),
        ("50%\x1b[2K\r100%\x1b[2K", "100%"),
        ("long text here\rshort", "shorttext here"),
        ("abc\b\bX", "aXc"),
        ("hello world\x1b[6D\x1b[0K!", "hello!"),
        ("abc\x1b[1GX", "Xbc"),
        ("a\x1b[4Gb", "a  b"),
        ("a\x1b[2Cb\x1b[C", "a  b"),
        ("abc\x1b[1Kd", "   d"),
        ("a\x1b7bc\x1b8X\x1b[sY\x1b[uZ", "aXZ"),
        ("abc\x1b[9G\x1b[1K\rx", "x"),
        ("a\x1b[99999999999Gb", "a" + 158 * " " + "b"),
        ("a\x1b[99999999999Db", "b"),
        ("100%\r\x1b(B\x1b[m", "100%"),
        ("\x1b_bk;t=1\x07first\r\x1b_bk;t=2\x07second", "second"),
        ("\x1b]1339;url=https://x.test;content=link\x07 after", "link after"),
        ("\x1b]1339;url='https://x.test';content=\"a link\"\x07", "a link"),
        ("\x1b]1339;url=https://x.test;content=one; two\x07", "one; two"),
        ("\x1b]1339;content=first;url=https://x.test\x07", "first"),
        ("\x1b]1339;url=https://x.test/?a=1;b=2\x07", "https://x.test/?a=1;b=2"),
        ("\x1b]1339;\x07.", "."),
        ("\x1b]1339;url=u;content=\x1b[31mred\x1b[0m\x07", "red"),
        ("\x1b]1338;url=https://x.test/a.png;alt=cat\x1b\\ after", "cat after"),
        ("\x1b]1338;url=artifact://a.png;alt=plot\x07", "plot"),
        ("\x1b]1338;url=https://x.test/a.png\x07 after", " after"),
        ("\x1b]8;;https://x.test\x1b\\text\x1b]8;;\x1b\\", "text"),
        ("\x1b]0;title\x07prompt", "prompt"),
        ("\x1b]52;c;ZXZpbA==\x07clipboard", "clipboard"),
        ("\x1bPq#0;2;0;0;0\x1b\\sixel", "sixel"),
        ("\x9b31mC1\x9b0m", "31mC10m"),
        ("a\x9d0;title\x07b", "a0;titleb"),
        ("a\x90b\x98c\x9ed\x9fe", "abcde"),
        ("📛".encode().decode("latin-1") + "ok", "ðok"),
        ("\x1b_bk;t=1\x07" + "🛠".encode().decode("latin-1") + " build", "ð\xa0 build"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("bell\x07 and null\x00", "bell and null"),
        ("never ended \x1b]0;title", "never ended "),
        ("cut \x1b[3", "cut [3"),
        ("cut \x1b", "cut "),
        ("\x1b\x1b[0m[31mnested", "[31mnested"),
        ("\x85next line\x84", "next line"),
        ("", ""),
        ("\r\r\r", ""),
    ],
)
def test_the_text_is_what_a_terminal_would_have_shown_at_last(raw: str, text: str) -> None:
    assert plain(raw) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[32mgreen\x1b[0m", "\x1b[32mgreen\x1b[0m"),
        ("\x1b[32mgreen", "\x1b[32mgreen\x1b[0m"),
        ("\x1b[2J\x1b[1mbold\x1b[22m", "\x1b[1mbold\x1b[0m"),
        ("\x1b[?25l\x1b[1mbold\x1b[22m", "\x1b[1mbold\x1b[22m\x1b[0m"),
        ("plain", "plain"),
        ("\x1b]0;\x1b[31mtitle\x07x", "x"),
        ("\x1b[31\x1b[32mx", "[31\x1b[32mx\x1b[0m"),
        ("\x1b[31mbad\x1b[0m\r\x1b[32mgood\x1b[0m", "\x1b[32mgood\x1b[0m"),
        ("\x1b[31mred\r\x1b[0mr", "r\x1b[31med\x1b[0m"),
        ("\x1b[1m\x1b[31ma\bb\x1b[0;32mc", "\x1b[1m\x1b[31mb\x1b[0m\x1b[0;32mc\x1b[0m"),
        ("\x1b]1339;url=u;content=\x1b[31mred\x07 on", "\x1b[31mred on\x1b[0m"),
    ],
)
def test_colours_can_be_kept_and_are_ended(raw: str, shown: str) -> None:
    assert styled(raw) == shown
    assert parse(raw.encode())[0].styled == shown


@pytest.mark.parametrize(
    "mark", ["\x1b_bk;t=9999999999999999\x07", "\x1b_bk;t=99999999999999999\x07", "\x1b_bk;t=x\x07", "\x1b_bk;t=1"]
)
def test_a_time_that_is_none_is_none(mark: str) -> None:
    line = parse(f"{mark}\n".encode())[0]
    assert line.time is None
    assert line.text == ""


def test_the_time_of_a_line_that_was_redrawn_is_that_of_the_last() -> None:
    line = parse(b"\x1b_bk;t=1000\x071%\r\x1b_bk;t=2000\x072%")[0]
    assert line.time == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("marks", "times"),
    [
        (["t=1000", "dt=500", "dt=0"], [1.0, 1.5, 1.5]),
        (["t=1000;p=abc", "p=1;dt=250", "x;t=3000;dt=9"], [1.0, 1.25, 3.0]),
        (["dt=500", "t=1000", "dt=1"], [None, 1.0, 1.001]),
        (["t=1000", "p=1", "dt=x", "t=x;dt=1"], [1.0, None, None, None]),
        (["t=9999999999999999", "t=1000"], [None, 1.0]),
    ],
)
def test_a_mark_tells_a_time_or_the_time_since_the_mark_before(marks: list[str], times: list[float | None]) -> None:
    lines = parse("".join(f"\x1b_bk;{mark}\x07line\n" for mark in marks).encode())
    assert [line.time and line.time.timestamp() for line in lines] == times
    assert {line.text for line in lines} == {"line"}
    ended_otherwise = parse("".join(f"\x1b_bk;{mark}\x1b\\line\n" for mark in marks).encode())
    assert [line.time for line in ended_otherwise] == [line.time for line in lines]


def test_several_marks_in_a_line_add_up() -> None:
    first, second = parse(b"\x1b_bk;t=1000\x071%\r\x1b_bk;dt=500\x072%\r\x1b_bk;dt=500\x073%\n\x1b_bk;dt=1\x07next")
    assert (first.text, first.time) == ("3%", datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC))
    assert second.time == datetime(1970, 1, 1, 0, 0, 2, 1000, tzinfo=UTC)


def test_an_open_group_of_the_log_s_own_is_no_header() -> None:
    lines = parse(b"--- Tests\nok\n^^^ +++\nmore\n+++\nafter\n")
    assert [line.group for line in lines] == ["Tests", "Tests", "Tests", "Tests", "", ""]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert texts(b"\xff\xfe ok\n") == ["\ufffd\ufffd ok"]


def test_a_character_that_arrives_in_two_halves_is_one() -> None:
    whole = "grün ✓".encode()
    assert [line.text for line in parse(*(whole[at : at + 1] for at in range(len(whole))))] == ["grün ✓"]


def test_empty_lines_are_lines_and_an_empty_log_has_none() -> None:
    assert texts(b"\n\na\n") == ["", "", "a"]
    assert parse(b"") == []
    assert parse(b"", b"a", b"") == parse(b"a")


ESCAPES = [
    b"\x1b",
    b"\x1b[",
    b"\x1b]",
    b"\x1b_bk;t=",
    b"\x07",
    b"\x1b\\",
    b"\r",
    b"\n",
    b"\r\n",
    b"31m",
    b"0;",
    b"\x9b",
    b"\xc2\x9b",
]
pieces = st.lists(
    st.binary(max_size=12) | st.sampled_from([*ESCAPES, b"--- ", b"x", b"1767603600123", b"\xc3", b"\xbc"]), max_size=30
)


@given(pieces)
@example([b"\x1b\x1b[0m[31m"])
def test_lines_do_not_depend_on_how_the_bytes_arrive(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    expected = parse(whole)
    assert parse(*chunks) == expected
    assert parse(*(whole[at : at + 1] for at in range(len(whole)))) == expected
    assert len(expected) == len(whole.split(b"\n")) - (1 if whole.endswith(b"\n") or not whole else 0)


MARKS = [
    "\x1b_bk;t=1767603600123\x07",
    "\x1b_bk;t=9999999999999999\x07",
    "\x1b_bk;dt=7\x07",
    "\x1b_bk;t=5\x1b\\",
    "\x1b_bk;t=",
]
COLOURS = ["\x1b[0m", "\x1b[1;31m", "\x1b[38:2:1m", "\x1b[3", "\x1b", "[31m"]
REDRAWS = [
    "\r",
    "\r\x1b[K",
    "\r\x1b[2K",
    "\x1b[2K\r",
    "\x1b[K",
    "\x1b[0K",
    "\x1b[2K",
    "\b",
    "\x1b[3G",
    "\x1b7",
    "\x1b8",
]
logs = st.lists(
    st.sampled_from(
        ["\n", "\r\n", "text", "10%", "wide text ", " ", "--- group", "+++", "\t", "\x9b", "\x85", "ü", "\ufffd"]
    )
    | st.sampled_from([*MARKS, *COLOURS, *REDRAWS, "\x07", "\x1b]0;title\x07", "\x1b]1339;url=u;content=c\x07"])
    | st.text(max_size=3),
    max_size=40,
).map("".join)


def parse_each(log: bytes) -> list[LogLine]:
    """Return the lines of a log that is fed line by line, each without the bytes after it."""
    return parse(*re.findall(rb"[^\n]*\n|[^\n]+", log))


@given(logs)
@example("\x1b_bk;t=1000\x07one\n\x1b_bk;t=2000\x07two\n")
@example("\x1b_bk;t=1000\x07one\ntwo \x1b_bk;t=2000\x07\n\x1b_bk;dt=1\x07three\n")
@example("\x1b_bk;t=1\n\x07\x1b[31mred\n")
@example("\r\r\n--- group\r\n\x1b[1m--- bold\x1b[0m\n")
def test_a_line_is_the_same_among_others_and_alone(log: str) -> None:
    data = log.encode("utf-8", "surrogatepass")
    assert parse(data) == parse_each(data)


@given(st.lists(st.binary(max_size=6) | logs.map(str.encode), max_size=12))
def test_a_line_of_any_bytes_is_the_same_among_others_and_alone(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert parse(data) == parse_each(data)


def drawn(line: str) -> str:
    """Return what a line shows that is written character by character, with the controls of `REDRAWS` that progress bars use."""
    cells: list[str] = []
    erased: list[str] = []
    column = 0
    for token in re.findall(r"\x1b\[[0-9]*[Km]|\r|[^\r\x1b]", line):
        if token == "\r":
            column = 0
        elif token[-1] == "m":
            continue
        elif token == "\x1b[2K" or (token in ("\x1b[K", "\x1b[0K") and column == 0):
            erased = cells if "".join(cells).strip() else erased
            cells = []
        elif token in ("\x1b[K", "\x1b[0K"):
            del cells[column:]
        else:
            cells += " " * (column + 1 - len(cells))
            cells[column] = token
            column += 1
    return "".join(cells if "".join(cells).strip() or not erased else erased)


@given(
    st.lists(
        st.sampled_from(["10%", "100% of it", " ", "", "x", "\x1b[32m", "\x1b[0m"])
        | st.sampled_from(["\r", "\r\x1b[K", "\r\x1b[2K", "\x1b[2K\r", "\x1b[K", "\x1b[0K", "\r\x1b[0K", "\x1b[2K"]),
        max_size=20,
    ).map("".join)
)
@example("long text\rshort\rlonger")
@example("100%\r\x1b[K")
@example("  \r ")
def test_a_line_that_is_drawn_again_shows_what_a_terminal_shows(line: str) -> None:
    assert plain(f"{line}\r") == drawn(f"{line}\r")


SGR = re.compile(r"\x1b\[[0-9;:]*m")


def controls(text: str) -> set[str]:
    return {character for character in text if unicodedata.category(character) == "Cc"} - {"\t"}


@given(pieces.map(b"".join))
def test_what_is_shown_holds_no_control_characters_but_colours(data: bytes) -> None:
    for line in parse(data):
        assert controls(line.text) == set()
        assert controls(SGR.sub("", line.styled)) == set()
        assert SGR.sub("", line.styled) == line.text


@given(st.text() | st.text(st.sampled_from("\x1b[]_P;m0\x07\r\\\x9b\x90 ab")))
def test_no_text_is_too_odd_to_be_shown(text: str) -> None:
    assert controls(plain(text)) - {"\n"} == set()
    assert controls(SGR.sub("", styled(text))) - {"\n"} == set()


LONGEST = 1024 * 1024


@pytest.mark.parametrize(
    "long",
    [
        b"x" * 2_500_000,
        "ü".encode() * 1_300_001,
        b"x" + "😀".encode() * 600_000,
        b"\x1b[31mred\x1b[0m " * 100_000,
        b"\x1b_bk;t=1000\x07" + b"10%\r" * 300_000,
        b"before \x1b]1337;File=name=YQ==:" + b"QUJD" * 700_000 + b"\x07 after",
        b"x" * (LONGEST - 2) + b"\x1b[31mred",
    ],
    ids=[
        "letters",
        "characters of two",
        "characters of four",
        "colours",
        "progress",
        "an image",
        "a colour at the cut",
    ],
)
def test_a_line_that_is_too_long_comes_in_pieces_without_loss(long: bytes) -> None:
    lines = parse(b"--- before\n" + long + b"\nafter\n")
    assert (lines[0].text, lines[-1].text) == ("--- before", "after")
    pieces = lines[1:-1]
    assert len(pieces) > 1
    assert {line.time for line in pieces} == {plain_time(long)}
    assert {line.group for line in pieces} == {"before"}
    assert all(len(line.raw.encode()) <= LONGEST + 2 for line in pieces)
    if b"\r" not in long:
        assert "".join(line.text for line in pieces) == plain(long.decode())
        assert SGR.sub("", "".join(line.styled for line in pieces)) == plain(long.decode())
    assert all(set(line.text) == set("10%") for line in pieces if b"\r" in long)
    assert lines == parse(*chunked(b"--- before\n" + long + b"\nafter\n"))


def chunked(data: bytes) -> list[bytes]:
    return [data[at : at + 70_001] for at in range(0, len(data), 70_001)]


def plain_time(line: bytes) -> datetime | None:
    return parse(line[:100])[0].time


@pytest.mark.parametrize(
    "piece",
    [
        *("\x1b[0", "\x1b]", "\x1b", "\r", "\x1b[0;", "a\r", "\x1b_bk;t=1\x07", "\x9b0", "\x1b[31m"),
        *("a\b", "\x1b[1K", "\x1b[2K", "a\x1b[1K", "\x1b[9999Ga\x1b[2K", "a\x1b[K", "\x1b7\x1b8", "\x1b[5C"),
    ],
)
def test_a_long_line_takes_no_longer_than_its_length(piece: str) -> None:
    line = (piece * (400_000 // len(piece))).encode() + b"\n"
    began = time.perf_counter()
    parse(line)
    assert time.perf_counter() - began < 60


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters=DIRECTIONS), max_size=5)
        | st.sampled_from("\x9d\x9b\x90\x85"),
        max_size=9,
    )
)
def test_text_without_controls_of_its_own_is_never_lost(words: list[str]) -> None:
    text = "".join(words)
    kept = "".join(character for character in text if not "\x80" <= character <= "\x9f")
    assert plain(text) == kept
    assert plain(f"\x1b_bk;t=1\x07\x1b[1m{text}\x1b[0m") == kept
    assert plain(f"\x1b[1mlonger than it all, \r\x1b[K{text}x") == f"{kept}x"


@pytest.mark.parametrize(
    "character",
    [*DIRECTIONS, "\u2028", "\u2029", "\x9b", "\x85"],
)
@pytest.mark.parametrize(
    "log",
    [
        "ok {}txt.exe{}\n",
        "10%\rok {}txt.exe{}\n",
        "\x1b[32mok {}txt.exe{}\x1b[0m\n",
        "a\n\x1b[1A\x1b[2Kok {}txt.exe{}\n",
    ],
)
def test_what_changes_the_direction_or_the_line_is_in_raw_alone(log: str, character: str) -> None:
    data = log.format(character, character).encode()
    (line,) = [line for line in parse_log(data) if "txt" in line.text]
    shown = " " if character in "\u2028\u2029" else ""
    assert line.text == f"ok {shown}txt.exe{shown}"
    assert character not in line.styled
    assert character in line.raw or "\x1b[1A" in log
    assert render_log(data).splitlines()[-1] == line.text.rstrip()


@pytest.mark.parametrize(
    "text", ["שלום\u200f!", "\u200eabc", "می\u200cخواهم", "👩\u200d💻", "zero\u200bwidth", "\ufeffbom"]
)
def test_marks_and_joiners_of_a_script_stay(text: str) -> None:
    (line,) = parse_log(f"{text}\n".encode())
    assert line.text == line.styled == text
