"""Groups of a log: names, times, numbers of lines, and which are open."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.logs import LogGroup, LogGroups, LogLine, group_log, parse_log


def groups(log: str) -> list[LogGroup]:
    return list(group_log(parse_log(log.encode(), job_id="j1", job_name="test")))


def test_a_group_has_a_name_times_and_lines() -> None:
    log = "\x1b_bk;t=1000\x07~~~ Setup\nx\n\x1b_bk;t=4500\x07--- Test\n\x1b_bk;t=5000\x07a\n\x1b_bk;t=5250\x07b\nc\n"
    setup, test = groups(log)
    assert (setup.name, setup.lines, setup.number, setup.duration, setup.quiet) == ("Setup", 2, 1, 3.5, True)
    assert (test.name, test.lines, test.number, test.duration, test.quiet) == ("Test", 4, 3, 0.75, False)
    assert (test.job_id, test.job_name) == ("j1", "test")
    assert setup.ended == test.began
    assert test.ended is not None
    assert test.ended.timestamp() == 5.25


def test_lines_before_the_first_header_are_a_group_without_a_name() -> None:
    assert [(group.name, group.number, group.lines, group.opened) for group in groups("a\nb\n--- x\n")] == [
        (None, 1, 2, False),
        ("x", 3, 1, True),
    ]
    assert [(group.name, group.opened) for group in groups("only\n")] == [(None, False)]
    assert groups("") == []


def test_a_group_without_times_has_no_duration() -> None:
    assert [group.duration for group in groups("--- a\nb\n--- c\n")] == [None, None]
    (late,) = groups("--- a\n\x1b_bk;t=1000\x07b\n\x1b_bk;t=3000\x07c\n")
    assert late.duration == 2.0


@pytest.mark.parametrize(
    ("log", "opened"),
    [
        ("--- a\n--- b\n", [False, True]),
        ("--- a\n~~~ b\n~~~ c\n", [True, False, False]),
        ("~~~ a\n", [False]),
        ("--- a\n+++ b\n--- c\n", [False, True, False]),
        ("--- a\nx\n^^^ +++\n--- b\n", [True, False]),
        ("--- a\n--- b\n~~~ c\n^^^ +++\n--- d\n", [False, False, True, False]),
        ("--- a\n^^^ +++ x\n^^^\n ^^^ +++\n--- b\n", [False, True]),
        ("--- a\n^^^   +++  \n--- b\n", [True, False]),
        ("x\n^^^ +++\n--- b\n", [False, True]),
        ("+++\n---\n", [True, False]),
    ],
)
def test_a_group_is_open_by_its_header_by_a_line_in_it_or_as_the_last(log: str, opened: list[bool]) -> None:
    assert [group.opened for group in groups(log)] == opened


def test_a_header_may_be_empty() -> None:
    assert [group.name for group in groups("--- a\n+++\nx\n")] == ["a", ""]


def test_a_group_is_given_when_the_next_begins() -> None:
    feed = LogGroups()
    given = [[group.name for group in feed.feed(line)] for line in parse_log(b"x\n+++ a\ny\n--- b\n--- c\nz\n")]
    assert given == [[], [None], [], ["a"], ["b"], []]
    assert [group.name for group in feed.finish()] == ["c"]
    assert feed.finish() == []


def test_jobs_may_be_mixed() -> None:
    one = list(parse_log(b"--- a\nx\n--- b\n", job_id="j1"))
    two = list(parse_log(b"+++ c\ny\nz\n", job_id="j2"))
    mixed = [line for pair in zip(one, two, strict=True) for line in pair]
    assert [(group.job_id, group.name, group.lines) for group in group_log(mixed)] == [
        ("j1", "a", 2),
        ("j1", "b", 1),
        ("j2", "c", 3),
    ]


@given(st.lists(st.sampled_from(["--- a", "+++ b", "~~~ c", "+++", "text", "^^^ +++", "----"]), max_size=20))
def test_each_line_is_in_one_group_and_only_what_is_told_is_open(texts: list[str]) -> None:
    found = groups("".join(f"{text}\n" for text in texts))
    assert sum(group.lines for group in found) == len(texts)
    assert [group.number for group in found] == list(accumulate((group.lines for group in found), initial=1))[:-1]
    first = next((place for place, text in enumerate(texts) if text[:4] in ("--- ", "+++ ", "~~~ ", "+++")), len(texts))
    told = any(text in ("+++ b", "+++", "^^^ +++") for text in texts[first:])
    assert sum(group.opened for group in found) >= told
    if not told:
        assert [group.name for group in found if group.opened] == ["a"] * ("--- a" in texts)


def test_the_last_groups_of_a_job_are_given_when_its_log_has_ended() -> None:
    groups = LogGroups()
    for job in ("a", "b"):
        assert groups.feed(LogLine(job, job, None, "Tests", "--- Tests", "--- Tests")) == []
    assert [(group.job_id, group.name) for group in groups.finish("b")] == [("b", "Tests")]
    assert groups.finish("b") == groups.finish("unknown") == []
    assert [group.job_id for group in groups.finish()] == ["a"]
