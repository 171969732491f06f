"""Following takes few requests, however many jobs run, and misses neither a line nor the end."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_ext.logs.schedule import Pace, Schedule

from .fakes import FakeClock, Flavor, answer
from .growing import GrowingBuild, GrowingJob, most_in_a_minute


def quiet(_: int, now: float) -> int:
    return 1 + int(now // 100)


def chatty(job: int, now: float) -> int:
    return 1 + int(now * (1 + job % 3))


async def assert_all_lines(flavor: Flavor, lines: Any, server: GrowingBuild, jobs: int) -> None:
    """Check that each job's lines come once, in their order, and to the last one."""
    counts: Counter[str] = Counter()
    async for line in flavor.iterate(lines):
        assert int(line.text.rstrip(".")) == counts[line.job_name]
        counts[line.job_name] += 1
    assert counts == {str(job): server.written(job) for job in range(jobs)}


@pytest.mark.parametrize("lines", [quiet, chatty])
@pytest.mark.parametrize(("jobs", "most"), [(1, 20), (30, 30), (200, 40)])
async def test_a_build_of_running_jobs_takes_few_requests_a_minute(
    flavor: Flavor, clock: FakeClock, jobs: int, most: int, lines: Callable[[int, float], int]
) -> None:
    if jobs == 200 and not flavor.blocking:
        pytest.skip("the blocking client shows it, in less time")
    length = 203.0
    server = GrowingBuild(clock, lines, ends=[length] * jobs)
    end_seen: list[float] = []

    def on_build(build: Any) -> None:
        if str(build.state) == "passed":
            end_seen.append(server.now)

    client = flavor.client(server, clock=clock)
    await assert_all_lines(flavor, client.builds.follow("web", 7, on_build=on_build), server, jobs)
    assert server.most_in_a_minute(until=length) <= most
    assert server.most_in_a_minute() <= 40
    assert length <= end_seen[0] <= length + 10
    assert len(end_seen) == 1


@pytest.mark.parametrize("jobs", [2, 20, 40])
async def test_a_build_whose_jobs_run_one_after_the_other_is_followed_to_its_end(
    flavor: Flavor, clock: FakeClock, jobs: int
) -> None:
    ends = [10.0 * (1 + job) for job in range(jobs)]
    server = GrowingBuild(clock, chatty, ends=ends)
    await assert_all_lines(flavor, flavor.client(server, clock=clock).builds.follow("web", 7), server, jobs)
    assert server.most_in_a_minute() <= 40
    for job, end in enumerate(ends):
        assert end <= server.polls(job)[-1] <= end + 10


async def test_the_logs_of_an_ended_build_are_read_at_once_as_far_as_a_minute_allows(
    flavor: Flavor, clock: FakeClock
) -> None:
    server = GrowingBuild(clock, chatty, ends=[0.0] * 70)
    await assert_all_lines(flavor, flavor.client(server, clock=clock).builds.follow("web", 7), server, 70)
    assert [sum(time // 60 == minute for time, _ in server.requests) for minute in (0, 1)] == [39, 32]
    assert {time % 60 // 1 for time, _ in server.requests} == {0.0}


async def test_the_log_of_a_failed_job_comes_before_all_others(flavor: Flavor, clock: FakeClock) -> None:
    ends = [200.0] * 100
    ends[20:60] = [50.0] * 40
    server = GrowingBuild(clock, chatty, ends=ends, failing=[57])
    lines = flavor.client(server, clock=clock).builds.follow("web", 7)
    async for line in flavor.iterate(lines):
        if line.job_name == "57" and int(line.text.rstrip(".")) == chatty(57, 50.0) - 1:
            assert server.now <= 60


async def test_a_log_that_grows_is_polled_more_often_than_quiet_ones(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingBuild(clock, lambda job, now: 1 + int(now) * (job == 3), ends=[600.0] * 30)
    await flavor.list(flavor.client(server, clock=clock).builds.follow("web", 7))
    growing, others = len(server.polls(3)), [len(server.polls(job)) for job in range(30) if job != 3]
    assert growing > 3 * max(others)
    assert min(others) >= 2  # and yet none is forgotten


async def test_a_quiet_log_is_polled_less_and_less_often(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingJob(clock, lambda now: 1000 if now < 200 else 100 * int(now), ends=300.0, delay=0.0)
    times: list[float] = []
    jobs: list[float] = []

    def app(request: Any) -> Any:
        (times if request.url.path.endswith("/log") else jobs).append(server.now)
        return server(request)

    async for _ in flavor.iterate(flavor.client(app, clock=clock).jobs.follow("web", 7, "job-test")):
        pass
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    quiet_gaps = [gap for time, gap in zip(times, gaps, strict=False) if time + gap < 200]
    assert quiet_gaps == sorted(quiet_gaps)
    assert (quiet_gaps[0], quiet_gaps[-1]) == (2.0, 16.0)
    assert all(gap <= 2.01 for time, gap in zip(times, gaps, strict=False) if 230 < time < 290)
    requests = sorted(times + jobs)
    assert most_in_a_minute([time for time in requests if time < 200]) <= 20
    assert most_in_a_minute(requests) <= 40
    assert 300 <= jobs[-1] <= 310


@pytest.mark.parametrize("most", [4, 10, 25.5, 100, 600])
async def test_a_caller_chooses_the_requests_a_minute(flavor: Flavor, clock: FakeClock, most: float) -> None:
    server = GrowingBuild(clock, chatty, ends=[150.0] * 20)
    lines = flavor.client(server, clock=clock).builds.follow("web", 7, max_requests_per_minute=most)
    await assert_all_lines(flavor, lines, server, 20)
    assert 0.4 * min(most, 150) <= server.most_in_a_minute() <= most


async def test_a_caller_chooses_the_requests_a_minute_of_one_log(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingJob(clock, lambda now: 100 * int(now), ends=300.0, delay=0.0)
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", max_requests_per_minute=6)
    assert len(await flavor.list(lines)) == server.size // 100
    assert 20 <= server.polls + server.requests <= 36


@pytest.mark.parametrize("interval", [0.05, 1, 5, 120])
async def test_a_poll_interval_is_kept_for_the_build_and_one_log(
    flavor: Flavor, clock: FakeClock, interval: float
) -> None:
    server = GrowingBuild(clock, lambda _, now: 1 + int(3 * now / interval), ends=[20.5 * interval])
    await flavor.list(flavor.client(server, clock=clock).builds.follow("web", 7, poll_interval=interval))
    assert server.polls(None) == pytest.approx([number * interval for number in range(22)])
    gaps = [later - earlier for earlier, later in itertools.pairwise(server.polls(0))]
    assert gaps == pytest.approx([interval] * len(gaps))


@pytest.mark.parametrize("interval", [1, 2])
async def test_jobs_share_the_requests_that_a_poll_interval_allows(
    flavor: Flavor, clock: FakeClock, interval: float
) -> None:
    server = GrowingBuild(clock, chatty, ends=[100.0] * 50)
    lines = flavor.client(server, clock=clock).builds.follow("web", 7, poll_interval=interval)
    await assert_all_lines(flavor, lines, server, 50)
    assert server.most_in_a_minute() <= 180 / interval


@pytest.mark.parametrize(
    ("most", "error"),
    [
        *((3, ValueError), (0, ValueError), (-5, ValueError), (float("nan"), ValueError), (float("inf"), ValueError)),
        *(("40", TypeError), (True, TypeError)),
    ],
)
async def test_a_number_of_requests_that_is_none_is_refused_at_once(flavor: Flavor, most: Any, error: Any) -> None:
    client = flavor.client(lambda _: answer({}))
    with pytest.raises(error, match=r"^max_requests_per_minute="):
        client.builds.follow("web", 7, max_requests_per_minute=most)
    with pytest.raises(error, match=r"^max_requests_per_minute="):
        client.jobs.follow("web", 7, "job-test", max_requests_per_minute=most)


async def test_the_time_allowed_ends_with_a_last_round(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingBuild(clock, chatty, ends=[1000.0] * 3)
    with pytest.raises(TimeoutError, match="still running after 100 s"):
        await flavor.list(flavor.client(server, clock=clock).builds.follow("web", 7, timeout=100))
    (last,) = {server.polls(job)[-1] for job in (None, 0, 1, 2)}
    assert 99 <= last < 100


@pytest.mark.parametrize(
    ("poll_interval", "most", "status", "fastest", "quietest", "limit"),
    [
        (None, None, 8, 2, 16, 40),
        (0.5, None, 0.5, 0.5, 4, 360),
        (2, None, 2, 2, 16, 90),
        (30, None, 30, 30, 60, 40),
        (90, None, 90, 90, 90, 40),
        (None, 10, 24, 2, 16, 10),
        (None, 200, 8, 2, 16, 200),
        (1, 20, 12, 1, 8, 20),
    ],
)
def test_the_pace_follows_from_what_a_caller_asks_for(
    poll_interval: float | None, most: float | None, status: float, fastest: float, quietest: float, limit: float
) -> None:
    for single in (False, True):
        pace = Pace.of(poll_interval, most, single=single)
        assert (pace.status, pace.fastest, pace.quietest, pace.limit) == (status, fastest, quietest, limit)


class Walked:
    """Follower in virtual time, without input and output, whose jobs end when they are told to.

    Args:
        pace: its pace.
        ends: for each job, the time at which it ends.
        grows: for each job, True if its log grows.
        requests: the number of requests that the polls of logs take, in turn.
    """

    def __init__(self, pace: Pace, ends: list[float], grows: list[bool], requests: list[int]) -> None:
        self.pace = pace
        self.times: list[float] = []
        self.polls: dict[str, list[float]] = {str(job): [] for job in range(len(ends))}
        self.status: list[float] = []
        schedule, now, finished, ended = Schedule(pace), 0.0, set[str](), set[str]()
        takes = itertools.cycle(requests)
        while (step := schedule.next(now)).action != "end":
            if step.action == "wait":
                assert 0 < step.seconds <= max(60.0, pace.status)
                now += step.seconds
            elif step.action == "status":
                self.times.append(now)
                self.status.append(now)
                ended = {str(job) for job, end in enumerate(ends) if end <= now}
                running = [job for job in self.polls if job not in ended]
                schedule.follow(now, [*running, *sorted(ended - finished)], ended=ended)
                schedule.saw(now, over=not running)
            else:
                assert 0 < len(set(step.logs)) == len(step.logs) <= 5
                for log in step.logs:
                    assert log not in finished
                    count = next(takes)
                    self.times += [now] * count
                    self.polls[log].append(now)
                    if log in ended:
                        finished.add(log)
                    schedule.polled(log, now, requests=count, grew=grows[int(log)])
                    if log in ended:
                        schedule.finished(log)
        assert len(finished) == len(ends)


@given(
    st.lists(st.tuples(st.floats(0, 400), st.booleans()), min_size=1, max_size=60),
    st.sampled_from([None, 0.5, 3.0, 45.0]),
    st.sampled_from([None, 4.0, 7.5, 40.0, 120.0]),
    st.booleans(),
)
def test_no_minute_has_more_requests_than_allowed_and_every_log_is_read_to_its_end(
    jobs: list[tuple[float, bool]], poll_interval: float | None, most: float | None, single: bool
) -> None:
    pace = Pace.of(poll_interval, most, single=single)
    walked = Walked(pace, [end for end, _ in jobs], [grows for _, grows in jobs], [1])
    assert most_in_a_minute(walked.times) <= pace.limit
    for log, (end, _) in enumerate(jobs):
        assert walked.polls[str(log)][-1] >= end
    for earlier, later in itertools.pairwise(walked.status):
        assert later - earlier <= pace.status + 0.01


@settings(max_examples=10)
@given(
    st.integers(1, 200),
    st.lists(st.booleans(), min_size=1, max_size=5),
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
)
def test_each_running_job_is_looked_at_though_others_grow(jobs: int, grows: list[bool], requests: list[int]) -> None:
    """Polls that take several requests make the others wait, but not for ever."""
    pace = Pace.of(None, None)
    walked = Walked(pace, [500.0] * jobs, list(itertools.islice(itertools.cycle(grows), jobs)), requests)
    for polls in walked.polls.values():
        assert polls[0] <= 2 * max(requests) * jobs * pace.gap(jobs) + 60
    if max(requests) < 3:
        assert most_in_a_minute(walked.times) <= pace.limit
