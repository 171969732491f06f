"""Following reads first what people wait for, and survives what happens to a build, a log and the network meanwhile."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildSeen, CircuitBreaker, FollowFinished, LogLine, LogRewritten, Retry, errors
from buildkite_ext.logs.schedule import Pace, Schedule

from .fakes import LONGEST, Body, FakeClock, Flavor, answer, build, job
from .growing import STARTED, GrowingBuild, GrowingJob, NumberedLog


def chatty(_: int, now: float) -> int:
    return 1 + int(now)


# --- The order, where not all can be read -----------------------------------------------------------------------------


def test_the_last_lines_of_a_failed_job_come_within_15_seconds_of_its_end(clock: FakeClock) -> None:
    """Although 200 jobs write, and 40 others end at the same time as the first that fails."""
    flavor = Flavor("blocking")
    failing = {57: 60.0, 80: 75.0, 120: 101.0, 190: 149.0}
    ends = [60.0 if 20 <= number < 60 else 400.0 for number in range(200)]
    for number, end in failing.items():
        ends[number] = end
    server = GrowingBuild(clock, chatty, ends=ends, failing=failing)
    seen: dict[int, float] = {}
    polled: list[float] = []
    lines = flavor.client(server, clock=clock).builds.follow("web", 7, on_build=lambda _: polled.append(server.now))
    for line in lines:
        number = int(line.job_name)
        if number in failing and int(line.text.rstrip(".")) == chatty(number, ends[number]) - 1:
            seen[number] = server.now
    assert seen.keys() == failing.keys()
    for number, time in seen.items():
        assert time - failing[number] <= 15
    assert server.most_in_a_minute() <= 40
    assert max(later - earlier for earlier, later in itertools.pairwise(polled)) <= 10
    assert polled[-1] - 400 <= 10


async def test_logs_that_the_caller_asked_for_come_before_those_of_other_running_jobs(
    flavor: Flavor, clock: FakeClock
) -> None:
    server = GrowingBuild(clock, chatty, ends=[300.0] * 60)
    await flavor.list(flavor.client(server, clock=clock).builds.follow("web", 7, focus=["41", "job-5"]))
    focused = [len(server.polls(number)) for number in (5, 41)]
    others = [len(server.polls(number)) for number in range(60) if number not in (5, 41)]
    assert min(focused) > 5 * max(others)
    assert sum(count > 1 for count in others) > 30  # one poll of three is for them, in their turn
    assert server.most_in_a_minute() <= 40


async def test_only_the_chosen_jobs_are_followed(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingBuild(clock, chatty, ends=[50.0] * 12)
    lines = await flavor.list(flavor.client(server, clock=clock).builds.follow("web", 7, jobs=["1*", "job-3"]))
    assert {line.job_name for line in lines} == {"1", "10", "11", "3"}
    assert {number for _, number in server.requests} == {None, 1, 10, 11, 3}


async def test_jobs_are_chosen_by_their_state_from_then_on(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingBuild(clock, chatty, ends=[20.0, 50.0, 100.0], failing=[1])
    client = flavor.client(server, clock=clock)
    lines = await flavor.list(client.builds.follow("web", 7, state="failed"))
    assert Counter(line.job_name for line in lines) == {"1": chatty(1, 50.0)}
    again = GrowingBuild(clock, chatty, ends=[20.0, 20.0])
    lines = await flavor.list(flavor.client(again, clock=clock).builds.follow("web", 7, state="running"))
    assert Counter(line.job_name for line in lines) == {"0": chatty(0, 20.0), "1": chatty(1, 20.0)}


@pytest.mark.parametrize("option", ["jobs", "focus"])
@pytest.mark.parametrize(("value", "error"), [([], ValueError), (7, TypeError), ([7], TypeError)])
async def test_a_choice_of_jobs_that_is_none_is_refused_at_once(
    flavor: Flavor, option: str, value: Any, error: type[Exception]
) -> None:
    client = flavor.client(lambda _: answer({}))
    with pytest.raises(error):
        client.builds.follow("web", 7, **{option: value})


@given(
    st.lists(
        st.tuples(st.floats(0, 300), st.sampled_from(["failed", "passed"]), st.booleans()), min_size=1, max_size=120
    ),
    st.randoms(use_true_random=False),
)
def test_logs_are_chosen_in_the_order_of_need(jobs: list[tuple[float, str, bool]], chance: random.Random) -> None:
    """In each batch what failed comes first, then what ended, then the focus. A failed job waits for no other kind."""
    schedule, now, finished = Schedule(Pace.of(None, None)), 0.0, set[str]()
    ended, failed = set[str](), set[str]()
    focus = {str(number) for number, (_, _, focused) in enumerate(jobs) if focused}
    looked: list[float] = []
    while (step := schedule.next(now)).action != "end":
        if step.action == "wait":
            assert step.seconds > 0
            now += step.seconds
        elif step.action == "status":
            looked.append(now)
            ended = {str(number) for number, (end, _, _) in enumerate(jobs) if end <= now}
            failed = {log for log in ended if jobs[int(log)][1] == "failed"}
            logs = [str(number) for number in range(len(jobs)) if str(number) not in finished]
            schedule.follow(now, logs, ended=ended, failed=failed, focus=focus)
            schedule.saw(now, over=len(ended) == len(jobs))
        else:
            assert len(step.logs) <= 5
            kinds = [(log not in failed, log not in ended) for log in step.logs]
            assert kinds == sorted(kinds)
            if any(log not in failed for log in step.logs):  # then no failed one is left out
                assert not failed - finished - set(step.logs)
            for log in step.logs:
                schedule.polled(log, now, requests=1, grew=chance.random() < 0.5)
                if log in ended:
                    finished.add(log)
                    schedule.finished(log)
    assert len(finished) == len(jobs)
    assert all(later - earlier <= 8.01 for earlier, later in itertools.pairwise(looked))


async def test_a_large_answer_holds_up_neither_the_build_nor_the_end_of_another_job(
    flavor: Flavor, clock: FakeClock
) -> None:
    """30 MB of one log arrive in a minute. A small one is read meanwhile, and the build is polled."""
    size = 30_000_000
    large = NumberedLog(1000)
    times: list[float] = []
    began = clock.monotonic()

    def app(request: httpx.Request) -> httpx.Response:
        now = clock.monotonic() - began
        if not request.url.path.endswith("/log"):
            times.append(now)
            jobs = [
                job("large", started_at=STARTED, state="passed" if now > 3 else "running"),
                job("small", started_at=STARTED, state="failed" if now > 20 else "running"),
            ]
            return answer(build(7, state="failed" if now > 65 else "running", jobs=jobs))
        if "job-small" in request.url.path:
            text = b"begun\n" if now < 20 else b"begun\nlast\n"
            suffix = int(request.headers["Range"].removeprefix("bytes=-"))
            start = max(0, len(text) - suffix)
            return httpx.Response(
                206, content=text[start:], headers={"Content-Range": f"bytes {start}-{len(text) - 1}/{len(text)}"}
            )
        start = max(0, size - int(request.headers["Range"].removeprefix("bytes=-")))
        pieces: list[Any] = []
        for at in range(start, size, 100_000):
            pieces += [lambda: clock.advance(0.2), large.data(at, min(at + 100_000, size))]
        return httpx.Response(206, headers={"Content-Range": f"bytes {start}-{size - 1}/{size}"}, stream=Body(*pieces))

    count, last = 0, 0.0
    async for line in flavor.iterate(flavor.client(app, clock=clock).builds.follow("web", 7)):
        if line.job_name == "large":
            assert int(line.text.rstrip(".")) == count
            count += 1
        elif line.text == "last":
            last = clock.monotonic() - began
    assert count == size // 1000
    assert 20 < last <= 35
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) <= 10.5


# --- Retries of a job -------------------------------------------------------------------------------------------------


class Retried:
    """Server of a job that fails after 10 s, and of its retries, each of which begins when the one before has ended."""

    def __init__(self, clock: FakeClock, attempts: int, *, circle: bool = False) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._attempts = attempts
        self._circle = circle
        self.polls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        now = self._clock.monotonic() - self._began
        parts = request.url.path.split("/")
        number = int((parts[-2] if parts[-1] == "log" else parts[-1]).removeprefix("job-"))
        written = min(10, int(now - 10 * number))
        if parts[-1] == "log":
            log = b"".join(b"%d: %d\n" % (number, second) for second in range(written))
            if not log:
                return answer(status=416)
            start = max(0, len(log) - int(request.headers["Range"].removeprefix("bytes=-")))
            place = f"bytes {start}-{len(log) - 1}/{len(log)}"
            return httpx.Response(206, content=log[start:], headers={"Content-Range": place})
        self.polls += 1
        last = number == self._attempts - 1
        over = now >= 10 * (number + 1)
        retried = over and (not last or self._circle)
        return answer(
            job(
                str(number),
                started_at=STARTED,
                state=("passed" if last else "failed") if over else "running",
                retried=retried,
                retried_in_job_id=f"job-{(number + 1) % self._attempts}" if retried else None,
            )
        )


@pytest.mark.parametrize("wait", [0, 25, 100])
async def test_a_job_is_followed_through_its_retries(flavor: Flavor, clock: FakeClock, wait: int) -> None:
    server = Retried(clock, 3)
    clock.advance(wait)
    lines = await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-0"))
    assert [line.text for line in lines] == [f"{number}: {second}" for number in range(3) for second in range(10)]
    assert [line.job_id for line in lines[::10]] == ["job-0", "job-1", "job-2"]


async def test_a_job_is_followed_alone_if_that_is_asked_for(flavor: Flavor, clock: FakeClock) -> None:
    client = flavor.client(Retried(clock, 3), clock=clock)
    lines = await flavor.list(client.jobs.follow("web", 7, "job-0", follow_retries=False))
    assert [line.text for line in lines] == [f"0: {second}" for second in range(10)]


async def test_retries_that_name_each_other_end(flavor: Flavor, clock: FakeClock) -> None:
    server = Retried(clock, 2, circle=True)
    clock.advance(100)
    lines = await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-0"))
    assert len(lines) == 20
    assert server.polls == 2


# --- Logs that are rewritten ------------------------------------------------------------------------------------------


def rewritten(clock: FakeClock, before: bytes, after: bytes, more: bytes = b"") -> GrowingJob:
    """Return the server of a log that is another one after 5 s, and that grows after 9 s."""

    def log() -> bytes:
        return before if server.now < 5 else after if server.now < 9 else after + more

    server = GrowingJob(clock, lambda _: len(log()), ends=20.0, delay=0.0, data=lambda start, end: log()[start:end])
    return server


def text_of(lines: list[LogLine]) -> bytes:
    return b"".join(line.raw.encode() + b"\n" for line in lines)


NUMBERED = b"".join(b"line %06d of the log\n" % number for number in range(20_000))


@pytest.mark.parametrize(
    ("place", "secret", "instead"),
    [
        (100, b"line 000100", b"[REDACTED]"),
        (5, b"5 of the log", b"5 [REDACTED] of the log"),
        (19_000, b"line 019000", b"*"),
    ],
)
async def test_a_log_that_is_redacted_is_followed_behind_what_was_read(
    flavor: Flavor, clock: FakeClock, place: int, secret: bytes, instead: bytes
) -> None:
    events: list[Any] = []
    after = NUMBERED.replace(secret, instead, 1)
    assert len(after) != len(NUMBERED)
    server = rewritten(clock, NUMBERED, after, b"one\ntwo\n")
    client = flavor.client(server, clock=clock, on_event=events.append)
    lines = await flavor.list(client.jobs.follow("web", 7, "job-test"))
    assert text_of(lines) == NUMBERED + b"one\ntwo\n"  # nothing twice, and nothing lost
    (event,) = [event for event in events if isinstance(event, LogRewritten)]
    assert event == LogRewritten("job-test", "test", len(NUMBERED), resumed=True)
    assert server.moved < len(NUMBERED) + 400_000


@pytest.mark.parametrize(
    "after",
    [NUMBERED[: len(NUMBERED) // 2], NUMBERED.replace(b"log", b"new log"), b"another\n", b"x\n" * 30_000],
    ids=["truncated", "other lines", "shorter", "lines that are alike"],
)
async def test_a_log_that_is_another_one_is_read_from_its_beginning_and_that_is_said(
    flavor: Flavor, clock: FakeClock, after: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Any] = []
    server = rewritten(clock, NUMBERED, after, b"one\ntwo\n")
    client = flavor.client(server, clock=clock, on_event=events.append)
    lines = await flavor.list(client.jobs.follow("web", 7, "job-test"))
    assert text_of(lines) == NUMBERED + after + b"one\ntwo\n"
    (event,) = [event for event in events if isinstance(event, LogRewritten)]
    assert event == LogRewritten("job-test", "test", len(NUMBERED), resumed=False)
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "The log of job 'test' changed after" in record.getMessage()


async def test_a_secret_in_the_last_lines_is_given_again_without_it(flavor: Flavor, clock: FakeClock) -> None:
    before = b"begin\n" + b"token=abcdefgh\n"
    server = rewritten(clock, before, before.replace(b"abcdefgh", b"[REDACTED]"), b"end\n")
    lines = await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test"))
    assert [line.text for line in lines] == ["begin", "token=abcdefgh", "begin", "token=[REDACTED]", "end"]


@given(st.integers(0, 30), st.lists(st.sampled_from(["é", "漢", "😀", "\x1b[31mred\x1b[0m", "ab", "\n"]), max_size=30))
def test_a_log_is_whole_however_its_characters_and_escapes_are_cut(size: int, pieces: list[str]) -> None:
    written = "".join(pieces).encode()
    clock = FakeClock()
    server = GrowingJob(
        clock,
        lambda now: min(len(written), int(now / 2 * size)),
        ends=30.0,
        delay=0.0,
        data=lambda start, end: written[start:end],
    )
    full = len(written) <= 15 * size
    client = Flavor("blocking").client(server, clock=clock)
    lines = list(client.jobs.follow("web", 7, "job-test", poll_interval=4))
    if full:
        assert "\n".join(line.raw for line in lines) == written.decode().removesuffix("\n")
    assert not any("\x1b" in line.text for line in lines)
    assert not full or not any("\ufffd" in line.text for line in lines)


# --- Trouble that passes ----------------------------------------------------------------------------------------------


class Troubled(GrowingJob):
    """Job whose server is in trouble between two times."""

    def __init__(self, clock: FakeClock, trouble: Callable[[], httpx.Response], ends: float = 200.0) -> None:
        super().__init__(clock, lambda now: 1000 * int(now), ends=ends, delay=0.0)
        self._trouble = trouble

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return self._trouble() if 50 < self.now < 150 else super().__call__(request)


def broken() -> httpx.Response:
    return answer({"message": "down"}, 503)


def limited() -> httpx.Response:
    return answer({"message": "slow down", "scope": "rest_user"}, 429)


def unreachable() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize("trouble", [broken, limited, unreachable])
@pytest.mark.parametrize("breaker", [None, CircuitBreaker()])
async def test_trouble_that_passes_is_slept_through(
    flavor: Flavor, clock: FakeClock, trouble: Callable[[], httpx.Response], breaker: CircuitBreaker | None
) -> None:
    server = Troubled(clock, trouble)
    client = flavor.client(server, clock=clock, breaker=breaker)
    for follow in (lambda: client.jobs.follow("web", 7, "job-test", timeout=400),):
        lines = await flavor.list(follow())
        assert len(lines) == 2000


@pytest.mark.parametrize("trouble", [broken, unreachable])
async def test_trouble_that_stays_ends_with_the_timeout_and_is_its_cause(
    flavor: Flavor, clock: FakeClock, trouble: Callable[[], httpx.Response]
) -> None:
    server = Troubled(clock, trouble)
    began, found = clock.monotonic(), list[LogLine]()
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", timeout=120), found)
    assert len(found) > 400
    assert clock.monotonic() - began <= 120.1
    assert isinstance(caught.value.__cause__, errors.BuildkiteError)


@pytest.mark.parametrize("retry", [None, Retry(attempts=1)])
async def test_a_client_without_retries_has_no_patience(flavor: Flavor, clock: FakeClock, retry: Retry | None) -> None:
    client = flavor.client(Troubled(clock, broken), clock=clock).with_options(retry=retry)
    with pytest.raises(errors.ServiceUnavailable):
        await flavor.list(client.jobs.follow("web", 7, "job-test", timeout=400))


async def test_the_first_look_is_an_error_at_once(flavor: Flavor, clock: FakeClock) -> None:
    client = flavor.client(lambda _: broken(), clock=clock, retry=LONGEST)
    began = clock.monotonic()
    for lines in (client.jobs.follow("web", 7, "job-test"), client.builds.follow("web", 7)):
        with pytest.raises(errors.ServiceUnavailable):
            await flavor.list(lines)
    assert clock.monotonic() - began < 60


# --- What is told -----------------------------------------------------------------------------------------------------


async def test_each_look_at_a_build_and_the_end_of_following_are_events(flavor: Flavor, clock: FakeClock) -> None:
    events: list[Any] = []
    server = GrowingBuild(clock, chatty, ends=[20.0])
    client = flavor.client(server, clock=clock, on_event=events.append)
    await flavor.list(client.builds.follow("web", 7))
    seen = [event for event in events if isinstance(event, BuildSeen)]
    assert [event.state for event in seen] == ["running"] * (len(seen) - 1) + ["passed"]
    assert len(seen) == len(server.polls(None))
    (finished,) = [event for event in events if isinstance(event, FollowFinished)]
    assert finished == FollowFinished("acme", "web", 7, "passed", "passed", finished.seconds)
    assert 20 <= finished.seconds <= 28


async def test_following_that_ends_before_its_build_has_no_outcome(flavor: Flavor, clock: FakeClock) -> None:
    events: list[Any] = []
    server = GrowingBuild(clock, chatty, ends=[500.0])
    client = flavor.client(server, clock=clock, on_event=events.append)
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.list(client.builds.follow("web", 7, timeout=30))
    lines = client.builds.follow("web", 7)
    await flavor.next(lines)
    await flavor.close(lines)
    finished = [event for event in events if isinstance(event, FollowFinished)]
    assert [(event.state, event.outcome) for event in finished] == [("running", None)] * 2
