"""Search of log lines, and the lines around each match."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.logs import LogLine, LogMatch, LogSearch, parse_log, search_log


def lines_of(*texts: str, job: str = "j1") -> list[LogLine]:
    return [LogLine(job, job, None, None, text, text) for text in texts]


def summary(match: LogMatch) -> tuple[int, str, list[str], list[str]]:
    return match.number, match.line.text, [line.text for line in match.before], [line.text for line in match.after]


def test_a_match_has_its_number_its_place_and_the_lines_around_it() -> None:
    lines = lines_of("a", "b", "an error here", "c", "d")
    (match,) = search_log(lines, "err(or)?", before=1, after=1)
    assert summary(match) == (3, "an error here", ["b"], ["c"])
    assert match.line is lines[2]
    assert match.line.text[match.start : match.end] == "error"


def test_without_context_there_is_none() -> None:
    assert [summary(match) for match in search_log(lines_of("x", "y", "x"), "x")] == [
        (1, "x", [], []),
        (3, "x", [], []),
    ]


def test_context_ends_with_the_log_and_overlaps() -> None:
    found = [summary(match) for match in search_log(lines_of("x1", "y", "x2"), "x", before=2, after=2)]
    assert found == [(1, "x1", [], ["y", "x2"]), (3, "x2", ["x1", "y"], [])]


def test_lines_of_several_jobs_may_be_mixed() -> None:
    lines = [
        line for pair in zip(lines_of("a", "x", "b"), lines_of("x", "c", "d", job="j2"), strict=True) for line in pair
    ]
    found = [(match.line.job_id, *summary(match)) for match in search_log(lines, "x", before=1, after=1)]
    assert found == [("j2", 1, "x", [], ["c"]), ("j1", 2, "x", ["a"], ["b"])]


def test_a_match_is_given_as_soon_as_its_lines_are_there() -> None:
    search = LogSearch("x", after=1)
    given = [[match.number for match in search.feed(line)] for line in lines_of("x", "x", "y", "x")]
    assert given == [[], [1], [2], []]
    assert [match.number for match in search.finish()] == [4]
    assert search.finish() == []


def test_a_compiled_pattern_keeps_its_flags() -> None:
    assert [match.number for match in search_log(lines_of("Error"), re.compile("error", re.IGNORECASE))] == [1]
    assert list(search_log(lines_of("Error"), "error")) == []


def test_the_text_is_searched_not_the_escape_sequences() -> None:
    log = b"\x1b[31mfai\x1b[0mled\n\x1b]0;failed\x07ok\n"
    assert [match.number for match in search_log(parse_log(log), "failed")] == [1]


def test_what_is_no_pattern_or_no_number_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"pattern '\[x' is not a regular expression: .*re\.escape"):
        search_log([], "[x")
    with pytest.raises(ValueError, match="before is -1"):
        search_log([], "x", before=-1)
    with pytest.raises(ValueError, match="after is -2"):
        LogSearch("x", after=-2)


def expected(lines: Sequence[LogLine], before: int, after: int) -> Iterator[tuple[int, str, list[str], list[str]]]:
    texts = [line.text for line in lines]
    for at, text in enumerate(texts):
        if "x" in text:
            yield at + 1, text, texts[max(0, at - before) : at], texts[at + 1 : at + 1 + after]


@given(st.lists(st.sampled_from(["x", "y"]), max_size=12), st.integers(0, 3), st.integers(0, 3))
def test_each_match_has_the_lines_around_it(texts: list[str], before: int, after: int) -> None:
    lines = lines_of(*(f"{text}{number}" for number, text in enumerate(texts)))
    found = [summary(match) for match in search_log(iter(lines), "x", before=before, after=after)]
    assert found == list(expected(lines, before, after))


def test_what_a_job_ends_with_is_given_when_its_log_has_ended() -> None:
    search = LogSearch("error", after=2)
    lines = [LogLine(job, job, None, None, text, text) for text in ("error", "hint") for job in ("a", "b")]
    assert [match for line in lines for match in search.feed(line)] == []
    assert [(match.line.job_id, len(match.after)) for match in search.finish("b")] == [("b", 1)]
    assert search.finish("b") == search.finish("unknown") == []
    assert [match.line.job_id for match in search.finish()] == ["a"]
