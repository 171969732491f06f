"""The pacing of a wait: what it costs, and how late it sees an end, for builds of any length."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.watching.pacing import LONGEST_PAUSE, Pacing, next_interval, next_pause
from buildkite_ext.watching.poller import usual_duration

from .test_states import a_build

ROUND_TRIP = 0.15


def waited(pacing: Pacing, seconds: float, *, seed: int = 0, round_trip: float = ROUND_TRIP) -> tuple[int, float]:
    """Return the requests of a wait for a build that runs for some seconds, and how late it sees the end."""
    random, now, requests = Random(seed), 0.0, 0
    while True:
        requests += 1
        now += round_trip
        if now >= seconds:
            return requests + 1, now - seconds  # one more reads the jobs
        now += pacing.pause(requests=requests, elapsed=now, age=now, ran=now, chance=random.random())


@pytest.mark.parametrize("round_trip", [0.0, 0.15, 0.5])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("seconds", [1195, 1200])
def test_a_build_of_twenty_minutes_costs_four_requests_a_minute_and_its_end_is_seen_within_15_seconds(
    seconds: float, seed: int, round_trip: float
) -> None:
    requests, late = waited(Pacing.of(None), seconds, seed=seed, round_trip=round_trip)
    assert requests <= 80
    assert late <= 15 + round_trip


@given(st.floats(1, 4 * 3600), st.integers(0, 100))
def test_the_end_of_any_build_is_seen_soon_for_its_length(seconds: float, seed: int) -> None:
    requests, late = waited(Pacing.of(None), seconds, seed=seed)
    assert late - ROUND_TRIP <= (5 if seconds < 20 else 10 if seconds < 60 else 18 if seconds < 1200 else 15) + 1e-6
    assert requests <= 16 + seconds / LONGEST_PAUSE


def test_an_end_at_its_usual_time_is_seen_within_the_shortest_pause() -> None:
    for seed, seconds in enumerate((580, 600, 620)):
        requests, late = waited(Pacing.of(None, 600.0), seconds, seed=seed)
        assert late <= 5 + ROUND_TRIP
        assert requests <= 60


def test_a_short_build_is_polled_often_around_its_usual_end_only() -> None:
    pacing = Pacing.of(None, 300.0)
    pauses = {
        ran: pacing.pause(requests=99, elapsed=1e9, age=ran, ran=ran) for ran in (100.0, 280.0, 290.0, 310.0, 400.0)
    }
    assert pauses == {100.0: 15.0, 280.0: 5.0, 290.0: 5.0, 310.0: 5.0, 400.0: 15.0}


def test_a_pause_ends_where_the_frequent_polls_begin() -> None:
    assert Pacing.of(None, 300.0).pause(requests=99, elapsed=1e9, age=279, ran=279) == 6.0


@pytest.mark.parametrize(("chance", "pause"), [(1.0, 25), (0.5, 22.5), (0.0, 20)])
def test_a_blocked_build_is_polled_rarely(chance: float, pause: float) -> None:
    assert Pacing.of(None).pause(requests=1, elapsed=0, age=0, blocked=True, chance=chance) == pytest.approx(pause)
    assert Pacing.of(6).pause(requests=1, elapsed=0, age=0, blocked=True, chance=chance) == pytest.approx(
        pause * 6 / 15
    )


def test_a_pacing_is_that_of_the_caller_or_that_of_the_limits() -> None:
    assert Pacing.of(None) == Pacing(15.0, 0.2, None)
    assert Pacing.of(None, 60.0) == Pacing(15.0, 0.2, 60.0)
    assert Pacing.of(4) == Pacing(4, 0.0, None)
    assert Pacing.of(4, 60.0) == Pacing(4, 0.0, 60.0)


@pytest.mark.parametrize(
    ("poll_interval", "age", "pause"),
    [
        *(
            (None, age, pause)
            for age, pause in ((0, 1), (2, 2), (7, 4.5), (8, 5), (19.9, 5), (20, 10), (59.9, 10), (60, 15))
        ),
        *((60, age, pause) for age, pause in ((0, 1), (19.9, 5), (20, 10), (60, 60))),
        *((4, age, pause) for age, pause in ((0, 1), (5, 3.5), (6, 4), (7, 4), (30, 4), (60, 4))),
    ],
)
def test_pauses_grow_with_the_age_of_the_build(poll_interval: float | None, age: float, pause: float) -> None:
    pacing = Pacing.of(poll_interval)
    assert pacing.pause(requests=9, elapsed=1000, age=age) == pause
    assert pacing.pause(requests=9, elapsed=1000, age=age, chance=0.5) == pytest.approx(
        pause if poll_interval is None and pause == 15 else 0.9 * pause
    )


@pytest.mark.parametrize(
    ("requests", "elapsed", "chance", "pause"),
    [
        (17, 300, 1, 15),
        (18, 300, 1, 15),
        (19, 313, 1, 17),
        (19, 313, 0, 16.6),
        (19, 312, 1, 18),
        (99, 300, 1, 18),
        (99, 300, 0, 17.4),
        (0, 300, 0, 15),
    ],
)
def test_the_polls_of_the_young_build_are_made_up_for(
    requests: int, elapsed: float, chance: float, pause: float
) -> None:
    found = Pacing.of(None).pause(requests=requests, elapsed=elapsed, age=300, chance=chance)
    assert found == pytest.approx(pause)


@pytest.mark.parametrize(
    ("expected", "pauses"),
    [
        (20.0, {0: 1, 3: 2, 4.5: 1, 5: 5, 35: 5, 35.1: 10, 70: 15}),
        (300.0, {269: 15, 270: 15, 271: 14, 280: 5, 283: 2, 284: 1, 284.5: 1, 285: 5, 300: 5, 315: 5, 315.1: 15}),
        (600.0, {554: 15, 556: 14, 569: 1, 570: 5, 630: 5, 630.1: 15}),
        (2000.0, {1940: 15, 1941: 14, 1955: 5, 2045: 5, 2045.1: 15}),
    ],
)
def test_pauses_end_where_the_usual_end_is_near(expected: float, pauses: dict[float, float]) -> None:
    pacing = Pacing.of(None, expected)
    found = {ran: pacing.pause(requests=0, elapsed=1e9, age=ran, ran=ran) for ran in pauses}
    assert found == pytest.approx(pauses)
    young = {ran: pacing.pause(requests=0, elapsed=1e9, age=0) for ran in pauses}
    assert set(young.values()) == {1}  # it doesn't run yet


@pytest.mark.parametrize(
    ("interval", "left", "pause", "last"),
    [
        (5, None, 5, False),
        (5, 60, 5, False),
        (5, 5.1, 5, False),
        (5, 5, 4, True),
        (5, 3, 2, True),
        (5, 2, 1, True),
        (5, 1, 0.5, True),
        (0.1, 0.1, 0.05, True),
    ],
)
def test_the_last_poll_is_made_before_the_time_is_over(
    interval: float, left: float | None, pause: float, last: bool
) -> None:
    assert next_pause(interval, left) == (pytest.approx(pause), last)


def test_an_interval_grows_by_half() -> None:
    assert [next_interval(interval, 15) for interval in (1, 2, 10, 12, 15)] == [1.5, 3, 15, 15, 15]


@given(
    st.none() | st.floats(0.01, 1000),
    st.none() | st.floats(0, 1e5),
    st.integers(0, 1000),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.none() | st.floats(0, 1e6),
    st.booleans(),
    st.floats(0, 1),
)
def test_a_pause_is_never_longer_than_what_is_asked_for_nor_none(
    poll_interval: float | None,
    expected: float | None,
    requests: int,
    elapsed: float,
    age: float,
    ran: float | None,
    blocked: bool,
    chance: float,
) -> None:
    pause = Pacing.of(poll_interval, expected).pause(
        requests=requests, elapsed=elapsed, age=age, ran=ran, blocked=blocked, chance=chance
    )
    longest = 18 if poll_interval is None else poll_interval
    assert 0 < pause <= (longest * 5 / 3 if blocked else longest) + 1e-9


def test_the_usual_duration_is_the_median_of_those_that_ran() -> None:
    def ran(minutes: int) -> object:
        return a_build("passed", started_at="2026-01-05T12:00:00Z", finished_at=f"2026-01-05T12:{minutes:02}:00Z")

    builds = [ran(10), ran(20), ran(59), a_build("not_run")]
    assert usual_duration(builds) == 1200  # type: ignore[arg-type]
    assert usual_duration([a_build("canceled")]) is None
