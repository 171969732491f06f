"""Lines of a crontab: what Buildkite documents, time zones, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation.definition.cron import CronError, parse_cron

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


def times(line: str, count: int = 3, after: datetime = MONDAY) -> list[str]:
    """Return the next times of a line in UTC."""
    found: list[str] = []
    time: float | None = after.timestamp()
    for _ in range(count):
        assert time is not None
        time = parse_cron(line).next_after(time)
        if time is None:
            break
        found.append(f"{datetime.fromtimestamp(time, UTC):%a %m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("@hourly", ["Mon 01-05 10:00", "Mon 01-05 11:00", "Mon 01-05 12:00"]),
        ("@daily", ["Tue 01-06 00:00", "Wed 01-07 00:00", "Thu 01-08 00:00"]),
        ("@midnight", ["Tue 01-06 00:00", "Wed 01-07 00:00", "Thu 01-08 00:00"]),
        ("@weekly", ["Sun 01-11 00:00", "Sun 01-18 00:00", "Sun 01-25 00:00"]),
        ("@monthly", ["Sun 02-01 00:00", "Sun 03-01 00:00", "Wed 04-01 00:00"]),
        ("@yearly", ["Fri 01-01 00:00", "Sat 01-01 00:00", "Mon 01-01 00:00"]),
        ("*/10 * * * *", ["Mon 01-05 09:10", "Mon 01-05 09:20", "Mon 01-05 09:30"]),
        ("30 * * * *", ["Mon 01-05 09:30", "Mon 01-05 10:30", "Mon 01-05 11:30"]),
        ("0 */4 * * *", ["Mon 01-05 12:00", "Mon 01-05 16:00", "Mon 01-05 20:00"]),
        ("0 0 */2 * * +01:00", ["Tue 01-06 23:00", "Thu 01-08 23:00", "Sat 01-10 23:00"]),
        ("0 8 * * * America/Vancouver", ["Mon 01-05 16:00", "Tue 01-06 16:00", "Wed 01-07 16:00"]),
        ("0 16 * * SUN", ["Sun 01-11 16:00", "Sun 01-18 16:00", "Sun 01-25 16:00"]),
        ("0 0 * * 7", ["Sun 01-11 00:00", "Sun 01-18 00:00", "Sun 01-25 00:00"]),
        ("0 0 * * 4-6", ["Thu 01-08 00:00", "Fri 01-09 00:00", "Sat 01-10 00:00"]),
        ("0 0 L * *", ["Sat 01-31 00:00", "Sat 02-28 00:00", "Tue 03-31 00:00"]),
        ("0 16 last * *", ["Sat 01-31 16:00", "Sat 02-28 16:00", "Tue 03-31 16:00"]),
        ("0 0 -2-L * *", ["Fri 01-30 00:00", "Sat 01-31 00:00", "Fri 02-27 00:00"]),
        ("0 0 1 */2 *", ["Sun 03-01 00:00", "Fri 05-01 00:00", "Wed 07-01 00:00"]),
        ("0 0 1 feb,apr *", ["Sun 02-01 00:00", "Wed 04-01 00:00", "Mon 02-01 00:00"]),
        ("0 0 * * 2%2+1", ["Tue 01-06 00:00", "Tue 01-20 00:00", "Tue 02-03 00:00"]),
        ("0 0 * * 0%3", ["Sun 01-25 00:00", "Sun 02-15 00:00", "Sun 03-08 00:00"]),
        ("0 0 29 2 *", ["Tue 02-29 00:00", "Sun 02-29 00:00", "Fri 02-29 00:00"]),
        ("0 0 13 * fri", ["Fri 01-09 00:00", "Tue 01-13 00:00", "Fri 01-16 00:00"]),
        ("5/20 9 * * *", ["Mon 01-05 09:05", "Mon 01-05 09:25", "Mon 01-05 09:45"]),
    ],
)
def test_the_times_of_a_line(line: str, expected: list[str]) -> None:
    assert times(line) == expected


def test_a_time_that_the_clocks_skip_is_left_out_and_one_that_they_repeat_counts_once() -> None:
    spring = datetime(2026, 3, 7, tzinfo=UTC)
    assert times("30 2 * * * America/New_York", after=spring) == [
        "Sat 03-07 07:30",
        "Mon 03-09 06:30",
        "Tue 03-10 06:30",
    ]
    autumn = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert times("30 1 * * * America/New_York", after=autumn) == [
        "Sun 11-01 05:30",
        "Mon 11-02 06:30",
        "Tue 11-03 06:30",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "neither a line of five fields nor"),
        ("@often", "neither a line of five fields nor"),
        ("0 0 * *", "neither a line of five fields nor"),
        ("0 ~ * * *", "'~' can't be the hour"),
        ("60 * * * *", "from 0 to 59"),
        ("0 0 0 * *", "from 1 to 31"),
        ("0 0 * 13 *", "from 1 to 12"),
        ("0 0 * * 8", "from 0 to 7"),
        ("0 0 -2-5 * *", "it is empty"),
        ("0 0 5-3 * *", "it is empty"),
        ("*/0 * * * *", "it is empty"),
        ("0 0%2 * * *", "% is for days of the week"),
        ("0 0 * * 1%0", "not with 0"),
        ("0 -1 * * *", "can't be the hour"),
        ("0 0 * * * Mars/Base", "isn't a time zone"),
        ("0 0 * * * ../etc", "isn't a time zone"),
        ("0 0 * * * +25:00", "isn't a time zone"),
        ("* * * * *", "at most every 10 minutes"),
        ("0,5 * * * *", "at most every 10 minutes"),
        ("0,55 1-2 * * *", "at most every 10 minutes"),
        ("0 0 30 2 *", "names no day"),
    ],
)
def test_what_is_no_line_is_refused(line: str, said: str) -> None:
    with pytest.raises(CronError) as error:
        parse_cron(line)
    assert said in str(error.value)


def test_the_ends_of_an_hour_are_far_enough_from_each_other_where_the_next_hour_has_none() -> None:
    assert times("0,55 1 * * *", 2) == ["Tue 01-06 01:00", "Tue 01-06 01:55"]


@st.composite
def fields(draw: st.DrawFn, least: int, most: int) -> tuple[str, set[int]]:
    """Draw a field and the numbers that it stands for."""
    if draw(st.booleans()):
        return "*", set(range(60))
    first = draw(st.integers(least, most))
    last, step = draw(st.integers(first, most)), draw(st.integers(1, 9))
    return f"{first}-{last}/{step}", set(range(first, last + 1, step))


@given(
    minute=st.integers(0, 59),
    hours=fields(0, 23),
    days=fields(1, 28),
    months=fields(1, 12),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    begin=st.integers(0, 400),
)
def test_a_line_says_what_a_walk_over_all_hours_finds(
    minute: int,
    hours: tuple[str, set[int]],
    days: tuple[str, set[int]],
    months: tuple[str, set[int]],
    zone: str,
    begin: int,
) -> None:
    line = parse_cron(f"{minute} {hours[0]} {days[0]} {months[0]} * {zone}")
    now = MONDAY + timedelta(days=begin)
    found = line.next_after(now.timestamp())
    assert found is not None
    local = datetime.fromtimestamp(found, ZoneInfo(zone))
    assert (local.minute, local.hour in hours[1], local.day in days[1], local.month in months[1]) == (
        minute, True, True, True,
    )  # fmt: skip
    # No minute between now and then fits, but for the second time of an hour that the clocks repeat.
    time = now.timestamp() - now.timestamp() % 60 + 60
    last = min(found, time + 86_400)
    while time < last:
        each = datetime.fromtimestamp(time, ZoneInfo(zone))
        fits = each.minute == minute and each.hour in hours[1] and each.day in days[1] and each.month in months[1]
        assert not fits or each.fold
        time += 60


@given(st.lists(st.integers(0, 59), min_size=1, max_size=5, unique=True))
def test_taken_lines_have_ten_minutes_between_their_builds(minutes: list[int]) -> None:
    text = f"{','.join(map(str, minutes))} * * * *"
    gaps = [after - before for before, after in pairwise(sorted([*minutes, min(minutes) + 60]))]
    if min(gaps) >= 10:
        assert parse_cron(text).minutes == tuple(sorted(minutes))
    else:
        with pytest.raises(CronError):
            parse_cron(text)


@given(st.text("0123456789*/,-%+L@ \u0663", max_size=20))
def test_any_text_is_a_line_or_refused(text: str) -> None:
    try:
        line = parse_cron(text)
    except CronError:
        return
    assert line.next_after(MONDAY.timestamp()) is not None
