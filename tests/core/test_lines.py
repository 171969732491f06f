"""From the bytes of a log to lines that can be shown and searched."""

from __future__ import annotations

import re
import time
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext.logs.parser import LineParser, LogLine, plain, styled
from buildkite_ext.logs.tail import Tail, content_range


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
        ("---", None),
        ("--- ", None),
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
        ("tab\tstays", "tab\tstays"),
        ("\x1b[32mgreen\x1b[0m", "green"),
        ("\x1b[38;2;1;2;3mtrue\x1b[m colour", "true colour"),
        ("10%\r50%\r100%", "100%"),
        ("100%\r", "100%"),
        ("100%\r\x1b[K", "100%"),
        ("100%\r\x1b(B\x1b[m", "100%"),
        ("\x1b_bk;t=1\x07first\r\x1b_bk;t=2\x07second", "second"),
        ("\x1b]1339;url=https://x.test;content=link\x07 after", " after"),
        ("\x1b]1338;url=https://x.test/a.png;alt=cat\x1b\\ after", " after"),
        ("\x1b]0;title\x07prompt", "prompt"),
        ("\x1b]52;c;ZXZpbA==\x07clipboard", "clipboard"),
        ("\x1bPq#0;2;0;0;0\x1b\\sixel", "sixel"),
        ("\x9b31mC1\x9b0m", "C1"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("bell\x07 back\x08space null\x00", "bell backspace null"),
        ("never ended \x1b]0;title", "never ended "),
        ("cut \x1b[3", "cut "),
        ("cut \x1b", "cut "),
        ("\x1b\x1b[0m[31mnested", "31mnested"),
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
        ("\x1b[2J\x1b[1mbold\x1b[22m", "\x1b[1mbold\x1b[22m\x1b[0m"),
        ("plain", "plain"),
        ("\x1b]0;\x1b[31mtitle\x07x", "x"),
        ("\x1b[31\x1b[32mx", "\x1b[32mx\x1b[0m"),
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


SGR = re.compile(r"\x1b\[[0-9;:]*m")


def controls(text: str) -> set[str]:
    return {character for character in text if unicodedata.category(character) == "Cc"} - {"\t"}


@given(pieces.map(b"".join))
def test_what_is_shown_holds_no_control_characters_but_colours(data: bytes) -> None:
    for line in parse(data):
        assert controls(line.text) == set()
        assert controls(SGR.sub("", line.styled)) == set()


@given(st.text() | st.text(st.sampled_from("\x1b[]_P;m0\x07\r\\\x9b\x90 ab")))
def test_no_text_is_too_odd_to_be_shown(text: str) -> None:
    assert controls(plain(text)) - {"\n"} == set()
    assert controls(SGR.sub("", styled(text))) - {"\n"} == set()


@pytest.mark.parametrize(
    "piece", ["\x1b[0", "\x1b]", "\x1b", "\r", "\x1b[0;", "a\r", "\x1b_bk;t=1\x07", "\x9b0", "\x1b[31m"]
)
def test_a_long_line_takes_no_longer_than_its_length(piece: str) -> None:
    line = (piece * (400_000 // len(piece))).encode() + b"\n"
    began = time.perf_counter()
    parse(line)
    assert time.perf_counter() - began < 60


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("bytes 5-9/10", (5, 10)),
        (" bytes 0-0/1 ", (0, 1)),
        ("bytes 5-9/*", None),
        ("bytes */10", None),
        ("", None),
        ("lines 1-2/3", None),
        ("bytes 1-2/" + "9" * 100, None),
    ],
)
def test_the_place_of_a_part_is_read_off_its_header(header: str, place: tuple[int, int] | None) -> None:
    assert content_range(header) == place


@given(
    st.lists(st.binary(max_size=40), max_size=30),
    st.integers(1, 200),
    st.data(),
)
def test_however_a_log_grows_its_parts_add_up_to_it(growth: list[bytes], first: int, data: st.DataObject) -> None:
    log, read = b"", b""
    tail = Tail(suffix=first)
    for grown in [*growth, b""]:
        log += grown
        for _ in range(data.draw(st.integers(0, 2))):  # looks, some of which find a gap
            read += tail.take(max(0, len(log) - tail.suffix), len(log), log[max(0, len(log) - tail.suffix) :]) or b""
            assert log.startswith(read)
            assert tail.offset == len(read)
    for _ in range(2):
        read += tail.take(max(0, len(log) - tail.suffix), len(log), log[max(0, len(log) - tail.suffix) :]) or b""
    assert read == log


def test_a_log_that_begins_again_is_read_again() -> None:
    tail = Tail()
    assert tail.take(0, 6, b"first\n") == b"first\n"
    assert tail.take(0, 4, b"new\n") == b"new\n"


def test_a_quiet_log_costs_little_to_look_at() -> None:
    tail = Tail()
    tail.take(0, 9_000_000, b"x" * 9_000_000)
    assert tail.suffix == 64 * 1024
    tail.take(8_950_000, 9_000_000, b"x" * 50_000)
    assert tail.suffix == 4096


def test_a_steady_log_takes_one_request_a_look_and_a_burst_is_not_fetched_twice() -> None:
    tail = Tail(offset=100)
    tail.take(100, 30_100, b"x" * 30_000)
    assert tail.suffix == 60_000
    tail.take(30_100, 9_030_100, b"x" * 9_000_000)
    assert tail.suffix == 1024 * 1024
