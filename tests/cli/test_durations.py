"""Durations of the command: seconds, `90s`, `10m`, `1h30m`, `1.5h`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.cli.durations import parse_duration, shown_duration
from buildkite_ext.simulation import Simulator

from .conftest import Ended

Run = Callable[..., Ended]


@pytest.mark.parametrize(
    ("text", "seconds"),
    {
        "0": 0,
        "90": 90,
        "1.5": 1.5,
        ".5": 0.5,
        " 5 ": 5,
        "90s": 90,
        "10m": 600,
        "1.5h": 5400,
        "1h30m": 5400,
        "2h5s": 7205,
        "1d": 86400,
        "1d12h": 129600,
        "250ms": 0.25,
        "1m500ms": 60.5,
        "007s": 7,
    }.items(),
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "nan", "inf", "-1", "-1m", "1e3", "10x", "10min", "m", "1m1h", "1m1m", "1 m", "5.", "٥m", "1,5h"],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="give a duration, such as 90s, 10m"):
        parse_duration(text)


def test_a_duration_that_no_clock_can_hold() -> None:
    with pytest.raises(ValueError, match="less than 100 years"):
        parse_duration("9" * 400)


@given(st.text(alphabet="0123456789.dhms- ", max_size=12))
def test_any_text_is_seconds_or_a_value_error(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert 0 <= seconds < 100 * 366 * 86400


@given(st.integers(0, 10**6))
def test_a_shown_duration_is_read_as_the_same(seconds: int) -> None:
    assert parse_duration(shown_duration(seconds)) == seconds


LATER = {
    "run --timeout": (("run", "web", "--branch", "main", "--commit", " ", "--timeout"), "--commit is empty"),
    "run --poll-interval": (
        ("run", "web", "--branch", "main", "--commit", " ", "--poll-interval"),
        "--commit is empty",
    ),
    "api --timeout": (("api", "GET", "user", "--header", "x", "--timeout"), "--header: give"),
    "listen --exec-timeout": (("webhooks", "listen", "--path", "x", "--exec-timeout"), "--path 'x'"),
    "listen --tolerance": (("webhooks", "listen", "--path", "x", "--tolerance"), "--path 'x'"),
    "send --timeout": (("webhooks", "send", "http://[::1]:9/", "--repeat", "0", "--timeout"), "--repeat 0"),
    "verify --tolerance": (("webhooks", "verify", "--signature", "x", "--tolerance"), "No webhook secret"),
}


@pytest.mark.parametrize(("words", "later"), LATER.values(), ids=LATER)
def test_every_option_of_seconds_takes_a_duration(
    command: Run, web: Simulator, words: tuple[str, ...], later: str
) -> None:
    for text in ("soon", "-1", "nan"):
        refused = command(*words, text)
        assert refused.code == 2
        assert f"{words[-1]} '{text}': give a duration, such as 90s, 10m" in refused.err
    assert later in command(*words, "1h30m").err  # the duration is accepted, and another error comes
    assert f"{words[-1]} DURATION" in command(*words[: 2 if words[0] == "webhooks" else 1], "--help").out
    assert web.requests == []


def test_a_timeout_of_minutes_is_passed_on(command: Run, web: Simulator) -> None:
    web.pipeline("web").job("test", after=30)
    result = command("run", "web", "--branch", "main", "--timeout", "0.001m", "--no-follow", "--poll-interval", "10ms")
    assert result.code == 6
    assert "The 0.06 s of --timeout are over." in result.err
