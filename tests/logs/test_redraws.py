"""Logs that draw their lines again: which lines a follower is given when, and what a line of a whole log says."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext.logs import LineParser, LogLine, parse_log

from .test_screen import redraws


def given_by_line(log: str) -> list[list[str]]:
    """Return the texts that a follower is given with each line of a log, and at its end."""
    parser = LineParser("j1", "test")
    *complete, last = log.split("\n")
    found = [[line.text for line in parser.feed(f"{line}\n".encode())] for line in complete]
    return [*found, [line.text for line in (*parser.feed(last.encode()), *parser.finish())]]


def whole(log: str) -> list[LogLine]:
    return list(parse_log(log.encode(), job_id="j1", job_name="test"))


def time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.mark.parametrize(
    "log", ["a\nb\nc\n", "1%\r2%\n\x1b[31mred\n\x1b[2Kb\n", "a\n\x1b[2J\x1b[Hb\nc\n", "\x1b7a\nb\n", "a\x1b[2Eb\nc\n"]
)
def test_a_log_that_does_not_move_up_is_never_delayed(log: str) -> None:
    assert all(given_by_line(log)[:-1])
    assert given_by_line(log)[-1] == []


def test_lines_that_the_cursor_reaches_are_held_back_while_the_log_redraws() -> None:
    up = "\x1b[1A\x1b[2K"
    assert given_by_line(f"start\n1 runs\n{up}1 passed\n2 runs\n{up}2 passed\n3\n4\n") == [
        ["start"],
        ["1 runs"],  # nothing tells yet that it is drawn again
        [],
        ["1 passed"],
        [],
        ["2 passed"],
        ["3"],
        ["4"],
    ]


def test_as_many_lines_are_held_back_as_the_cursor_has_moved_up() -> None:
    lines = given_by_line("a\nb\nc\n\x1b[3A1\n2\n3\nd\ne\nf\ng\n")
    assert lines == [["a"], ["b"], ["c"], [], [], [], ["1"], ["2"], ["3"], ["d"], ["e", "f", "g"]]


def test_a_log_that_no_longer_redraws_is_not_delayed() -> None:
    log = "a\nb\n\x1b[2AA\nB\n" + "".join(f"{number}\n" for number in range(40))
    given = given_by_line(log)
    assert given[:5] == [["a"], ["b"], [], [], ["A"]]
    assert given[25:28] == [["19"], ["20", "21", "22"], ["23"]]
    assert given[28:44] == [[str(number)] for number in range(24, 40)]
    assert [text for texts in given for text in texts] == ["a", "b", "A", "B", *map(str, range(40))]


def test_a_line_that_was_given_is_given_again_only_if_it_shows_another_text() -> None:
    assert given_by_line("same\nother\n\x1b[2A\x1b[2Ksame\n\x1b[2Knew\nend")[2:] == [[], [], ["new", "end"]]
    assert given_by_line("gone\nstays\n\x1b[2A\x1b[2K\n\nend")[2:] == [[], [], ["end"]]
    assert given_by_line("gone\n\x1b[2Jend") == [["gone"], ["end"]]


def test_lines_that_are_held_back_can_be_asked_for() -> None:
    parser = LineParser("j1", "test")
    assert [line.text for line in parser.feed(b"a\nb\n\x1b[2A1\n2\n3\n")] == ["a", "b", "1"]
    assert [line.text for line in parser.release()] == ["2", "3"]
    assert list(parser.release()) == []
    assert [line.text for line in parser.feed(b"\x1b[2A2\nthree\n4\n5\n")] == ["three"]
    assert [line.text for line in parser.finish()] == ["4", "5"]
    assert list(LineParser("j1", "test", live=False).release()) == []


def test_a_whole_log_has_each_line_once_as_it_is_at_last() -> None:
    log = "start\n1 runs\n\x1b[1A\x1b[2K1 passed\n2\n"
    assert [line.text for line in whole(log)] == ["start", "1 passed", "2"]
    parser = LineParser("j1", "test", live=False)
    lines = [f"{number}\n".encode() for number in range(130)]
    assert [[line.text for line in parser.feed(line)] for line in lines] == [[]] * 100 + [[str(at)] for at in range(30)]
    assert [line.text for line in parser.finish()] == [str(number) for number in range(30, 130)]


def test_lines_that_long_ones_push_out_of_reach_are_not_held_back() -> None:
    long = "x" * 100_000
    parser = LineParser("j1", "test", live=False)
    found = [[line.text for line in parser.feed(f"{text}\n".encode())] for text in ("a", "b", long, "c", long, "d")]
    assert found == [[], [], ["a", "b"], [], [long, "c"], []]
    assert [line.text for line in parser.finish()] == [long, "d"]
    last = whole("a\n" + f"{long}\n" * 3 + "b\n\x1b[2A\x1b[9GX\x1b[B\n")
    assert [len(line.text) for line in last] == [1, 100_000, 100_000, 100_000, 1]
    assert last[3].text[624 * 160 + 8] == "X"


def test_a_log_may_be_any_pieces_of_bytes() -> None:
    assert [line.text for line in parse_log([b"a\nb", b"", b"c\nd"])] == ["a", "bc", "d"]
    assert [line.job_name for line in parse_log(b"a", job_id="j1", job_name="test")] == ["test"]


def test_a_line_that_was_drawn_again_has_the_time_of_its_last_mark_and_the_group_that_it_stands_in() -> None:
    log = (
        "\x1b_bk;t=1000\x07--- One\n\x1b_bk;t=2000\x07runs\n\x1b_bk;t=3000\x07+++ Two\n"
        "\x1b_bk;t=4000\x07\x1b[2A\x1b[2K\x1b_bk;dt=500\x07\x1b[32mdone\x1b[0m\x1b[2B\rafter\n"
    )
    lines = whole(log)
    assert [(line.text, line.group, line.time) for line in lines] == [
        ("--- One", "One", time(1000)),
        ("done", "One", time(4500)),
        ("+++ Two", "Two", time(3000)),
        ("after", "Two", time(4000)),
    ]
    assert lines[1].raw == "\x1b_bk;t=4500\x07\x1b[32mdone\x1b[0m"
    assert lines[1].styled == "\x1b[32mdone\x1b[0m"
    assert lines[2].raw == "\x1b_bk;t=3000\x07+++ Two"


def test_a_header_that_is_drawn_over_is_none_for_the_lines_below() -> None:
    lines = whole("--- One\na\n--- Two\nb\n\x1b[2Atext   \n\n")
    assert [(line.text.rstrip(), line.group) for line in lines] == [
        ("--- One", "One"),
        ("a", "One"),
        ("text", "One"),
        ("b", "One"),
    ]


def test_colours_go_on_in_the_next_line() -> None:
    lines = whole("\x1b[31mred\nstill\x1b[0m\nplain\n\x1b[1;32mbold\r\n\x1b_bk;t=1000\x07still\n")
    assert [line.styled for line in lines] == [
        "\x1b[31mred\x1b[0m",
        "\x1b[31mstill\x1b[0m",
        "plain",
        "\x1b[1;32mbold\x1b[0m",
        "\x1b[1;32mstill\x1b[0m",
    ]
    assert lines[4].raw == "\x1b[1;32m\x1b_bk;t=1000\x07still"
    assert lines[4].time == time(1000)


@given(redraws, st.lists(st.integers(0, 60), max_size=8), st.booleans())
@example(b"a\nb\n\x1b[2A1\n2\n", [4, 5], True)
def test_lines_do_not_depend_on_how_the_bytes_arrive(log: bytes, cuts: list[int], live: bool) -> None:
    def lines(pieces: list[bytes]) -> list[LogLine]:
        parser = LineParser("j1", "test", live=live)
        return [line for piece in pieces for line in parser.feed(piece)] + list(parser.finish())

    places = [0, *sorted(cuts), len(log)]
    pieces = [log[start:end] for start, end in pairwise(places) if start < end]
    expected = lines([log])
    assert lines(pieces) == expected
    assert lines([log[at : at + 1] for at in range(len(log))]) == expected


@given(redraws)
@example(b"text\x1b[E--- group\n\x1b[Fmore\n" * 30)
def test_a_follower_is_given_all_that_the_whole_log_shows(log: bytes) -> None:
    parser = LineParser("j1", "test")
    followed = [line.text for line in parser.feed(log)] + [line.text for line in parser.finish()]
    for line in parse_log(log):
        assert not line.text.strip() or line.text in followed
