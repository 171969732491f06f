"""Waiting for a build knows every way in which one can end, and one in which it only rests."""

from __future__ import annotations

from typing import Any, Literal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, WaitResult, errors
from buildkite_ext.watching.pacing import next_interval

from .fakes import LONGEST, TOKEN, App, FakeClock, Flavor, answer, build, job
from .test_states import ENDED, GOING
from .timelines import Timeline


async def test_waiting_ends_with_the_build(flavor: Flavor, clock: FakeClock) -> None:
    app = App(*[answer(build(7, state=state)) for state in ("scheduled", "running", "running", "passed")])
    result: WaitResult = await flavor.call(flavor.client(app, clock=clock).builds.wait, "web", 7)
    assert (result.outcome, result.build.number, result.failed_jobs, result.requests) == ("passed", 7, [], 5)
    assert (result.passed, result.blocked_by) == (True, [])
    assert clock.sleeps == [1.0, 1.5, 2.25]
    assert [request.url.params.get("exclude_jobs") for request in app.requests] == ["true"] * 4 + [None]
    assert not hasattr(result, "state")


async def test_looks_become_rarer_up_to_the_interval(flavor: Flavor, clock: FakeClock) -> None:
    app = App(*[answer(build(7, state="running"))] * 9, answer(build(7, state="canceled")))
    result = await flavor.call(flavor.client(app, clock=clock).builds.wait, "web", 7, poll_interval=4)
    assert result.outcome == "canceled"
    assert clock.sleeps == [1.0, 1.5, 2.25, 3.375, 4, 4, 4, 4, 4]


async def test_a_failed_build_comes_with_the_jobs_that_broke_it(flavor: Flavor) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        jobs = [] if "exclude_jobs" in request.url.params else [job("a", state="passed"), job("b", state="failed")]
        return answer(build(7, state="failed", jobs=jobs))

    result = await flavor.call(flavor.client(app).builds.wait, "web", 7)
    assert result.outcome == "failed"
    assert [one.name for one in result.failed_jobs] == ["b"]
    assert len(result.build.jobs) == 2
    assert (result.requests, result.passed) == (2, False)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"state": "passed"}, "passed"),
        ({"state": "canceled"}, "canceled"),
        ({"state": "skipped"}, "skipped"),
        ({"state": "passed", "blocked": True}, "blocked"),
        ({"state": "waiting_failed", "finished_at": "2026-01-05T12:00:00Z"}, "failed"),
    ],
)
async def test_whatever_the_outcome_the_build_comes_with_its_jobs(
    flavor: Flavor, changes: dict[str, Any], outcome: str
) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        jobs = [] if "exclude_jobs" in request.url.params else [job("a", state="passed"), deploy]
        return answer(build(7, jobs=jobs, **changes))

    deploy = job("deploy", type="manual", state="blocked")
    result = await flavor.call(flavor.client(app).builds.wait, "web", 7)
    assert (result.outcome, result.passed, bool(result)) == (outcome, outcome == "passed", outcome == "passed")
    assert [one.name for one in result.build.jobs] == ["a", "deploy"]
    assert [one.name for one in result.blocked_by] == (["deploy"] if outcome == "blocked" else [])


async def test_a_blocked_build_that_is_unblocked_at_that_moment_is_waited_for(flavor: Flavor) -> None:
    answers = iter([{"blocked": True}, {"state": "running"}, {}, {}])
    client = flavor.client(lambda _: answer(build(7, **{"state": "passed", **next(answers)})))
    result = await flavor.call(client.builds.wait, "web", 7)
    assert (result.outcome, result.requests) == ("passed", 4)


async def test_cancelling_a_build_that_is_over_whatever_its_state_is_called_returns_it(flavor: Flavor) -> None:
    app = App(
        answer({"message": "Build can't be canceled because it's already finished."}, 422),
        answer(build(7, state="waiting_failed", finished_at="2026-01-05T12:00:00Z")),
    )
    assert str((await flavor.call(flavor.client(app).builds.cancel, "web", 7)).state) == "waiting_failed"


@pytest.mark.parametrize(
    ("shown", "until"),
    [
        ({"state": "running", "blocked": True}, "finished"),
        ({"state": "running", "failing_at": "2026-01-05T12:02:00Z"}, "failing"),
    ],
)
async def test_a_build_that_seems_to_have_ended_without_its_jobs_is_read_once_a_poll(
    flavor: Flavor, shown: dict[str, Any], until: Literal["finished", "failing"]
) -> None:
    """A block step stands beside a job that runs; a job that failed was retried and passed."""
    clock = FakeClock()
    jobs = [job("a", state="running"), job("deploy", type="manual", state="blocked")]
    end = {"state": "passed", "finished_at": "2026-01-05T12:20:00Z"}
    timeline = Timeline(clock, [(0, {**shown, "jobs": jobs}), (1200, end)])
    result = await flavor.call(flavor.client(timeline, clock=clock).builds.wait, "web", 7, until=until)
    assert result.outcome == "passed"
    assert result.requests <= 81  # one more than of a build without a block step


async def test_a_failed_build_whose_job_is_retried_at_that_moment_is_waited_for(flavor: Flavor) -> None:
    states = iter(["failed", "running", "passed", "passed"])
    client = flavor.client(lambda _: answer(build(7, state=next(states))))
    result = await flavor.call(client.builds.wait, "web", 7)
    assert (result.outcome, result.requests) == ("passed", 4)


async def test_waiting_ends_at_a_block_step(flavor: Flavor) -> None:
    app = App(answer(build(7, state="running")), answer(build(7, state="passed", blocked=True)))
    result = await flavor.call(flavor.client(app).builds.wait, "web", 7)
    assert (result.outcome, str(result.build.state)) == ("blocked", "passed")


async def test_a_failing_build_is_waited_for(flavor: Flavor) -> None:
    app = App(
        answer(build(7, state="failing")), answer(build(7, state="canceling")), answer(build(7, state="canceled"))
    )
    assert (await flavor.call(flavor.client(app).builds.wait, "web", 7)).outcome == "canceled"


async def test_waiting_ends_with_its_timeout_and_says_what_to_do(flavor: Flavor, clock: FakeClock) -> None:
    client = flavor.client(App(answer(build(7, state="running"))), clock=clock)
    began = clock.monotonic()
    with pytest.raises(
        errors.DeadlineExceeded, match=r"web #7 is still running after 60 s.*builds\.cancel\('web', 7\)"
    ):
        await flavor.call(client.builds.wait, "web", 7, timeout=60)
    assert 55 <= clock.monotonic() - began <= 60


async def test_the_last_look_is_taken_just_before_the_time_is_over(flavor: Flavor, clock: FakeClock) -> None:
    ends = clock.monotonic() + 60

    def app(_: httpx.Request) -> httpx.Response:
        return answer(build(7, state="passed" if clock.monotonic() > ends - 2 else "running"))

    assert (await flavor.call(flavor.client(app, clock=clock).builds.wait, "web", 7, timeout=60)).outcome == "passed"
    assert clock.monotonic() <= ends


async def test_a_look_that_hangs_ends_with_the_timeout_too(flavor: Flavor, clock: FakeClock) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        clock.advance(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("hangs")

    began = clock.monotonic()
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.call(flavor.client(app, clock=clock).builds.wait, "web", 7, timeout=10)
    assert clock.monotonic() - began <= 10.01


async def test_a_rate_limit_on_the_way_is_waited_for(flavor: Flavor, clock: FakeClock) -> None:
    app = App(answer(build(7)), answer({"message": "slow", "reset": 30}, 429), answer(build(7, state="passed")))
    assert (await flavor.call(flavor.client(app, clock=clock).builds.wait, "web", 7)).outcome == "passed"
    assert clock.sleeps == [1.0, 31.0]


async def test_a_build_that_is_not_there_is_an_error_at_once(flavor: Flavor) -> None:
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(flavor.client(App(answer({"message": "No build"}, 404))).builds.wait, "web", 7)


@pytest.mark.parametrize(
    "option", [{"timeout": 0}, {"timeout": -1}, {"poll_interval": 0}, {"poll_interval": float("nan")}]
)
async def test_times_that_are_none_are_refused(flavor: Flavor, option: dict[str, float]) -> None:
    app = App(answer({}))
    with pytest.raises(ValueError, match=next(iter(option))):
        await flavor.call(flavor.client(app).builds.wait, "web", 7, **option)
    assert app.requests == []


@given(st.floats(0.01, 5), st.floats(0.01, 1e6))
def test_intervals_grow_and_stay_within_their_bound(interval: float, bound: float) -> None:
    following = next_interval(interval, bound)
    assert following <= bound
    assert following >= min(interval, bound)


@given(
    st.lists(st.sampled_from(GOING), max_size=30),
    st.sampled_from(ENDED),
    st.floats(0.5, 300),
    st.floats(0.1, 60),
    st.floats(0, 20),
)
def test_waiting_never_sleeps_past_its_timeout(
    states: list[str], end: str, timeout: float, interval: float, seconds: float
) -> None:
    def app(_: httpx.Request) -> httpx.Response:
        clock.advance(seconds)
        return answer(build(7, state=next(script, end)))

    clock, script = FakeClock(), iter(states)
    client = BuildkiteClient(
        "acme", token=TOKEN, transport=httpx.MockTransport(app), clock=clock, retry=LONGEST, timeout=None
    )
    try:
        result = client.builds.wait("web", 7, timeout=timeout, poll_interval=interval)
    except errors.DeadlineExceeded:
        assert clock.monotonic() - 1000 <= timeout + seconds + 1e-6
    else:
        assert result.outcome == end
    assert all(pause <= interval for pause in clock.sleeps)
    assert sum(clock.sleeps) <= timeout


async def test_a_timeout_shorter_than_the_interval_still_allows_a_second_look(flavor: Flavor, clock: FakeClock) -> None:
    states = iter(["running", "passed", "passed"])
    app = App(lambda _: httpx.Response(200, json={"id": "b", "number": 7, "state": next(states), "jobs": []}))
    began = clock.monotonic()
    result = await flavor.call(flavor.client(app, clock=clock).builds.wait, "web", 7, timeout=0.5, poll_interval=60)
    assert result.outcome == "passed"
    assert clock.monotonic() - began < 0.5


@pytest.mark.parametrize(
    "call",
    [
        lambda client, pause: client.builds.wait("web", 7, poll_interval=pause),
        lambda client, pause: client.builds.run("web", branch="main", poll_interval=pause),
        lambda client, pause: client.builds.events("web", 7, poll_interval=pause),
        lambda client, pause: client.builds.follow("web", 7, poll_interval=pause),
        lambda client, pause: client.jobs.wait("web", 7, "a", poll_interval=pause),
        lambda client, pause: client.jobs.follow("web", 7, "a", poll_interval=pause),
    ],
)
async def test_polls_have_a_shortest_pause(flavor: Flavor, call: Any) -> None:
    app = App(answer(build(7, state="passed")))
    for pause in (1e-9, 0.0099):
        with pytest.raises(ValueError, match=r"poll_interval=.*: give at least 0\.01 seconds"):
            await flavor.call(call, flavor.client(app), pause)
    assert app.requests == []


async def test_a_wait_does_not_unblock_for_ever(flavor: Flavor, clock: FakeClock) -> None:
    steps = 0

    def server(request: httpx.Request) -> httpx.Response:
        nonlocal steps
        if request.method == "PUT":
            steps += 1
            return answer(job("x", type="manual", state="unblocked"))
        shown = job(f"step {steps}", id=f"step-{steps}", type="manual", state="blocked")
        return answer(build(7, state="passed", blocked=True, jobs=[shown]))

    with pytest.raises(errors.BuildBlocked, match=r"has unblocked 500 of its steps.* builds\.unblock"):
        await flavor.call(flavor.client(server, clock=clock).builds.wait, "web", 7, on_blocked="unblock")
    assert steps == 500


async def test_a_state_that_is_not_told_is_told_in_words(flavor: Flavor, caplog: pytest.LogCaptureFixture) -> None:
    untold = build(7, state=None, jobs=[job("a", id="a", state=None), job("b", id="b", state=None)])

    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/builds"):
            return answer([build(number, state=None) for number in range(1, 9)])
        return answer(untold["jobs"][0] if "/jobs/" in request.url.path else untold)

    calls: list[Any] = [
        lambda client: client.builds.wait("web", 7, timeout=60),
        lambda client: client.builds.watcher().wait("web", 7, timeout=60),
        lambda client: client.jobs.wait("web", 7, "a", timeout=60),
        lambda client: client.jobs.wait("web", 7, job_ids=["a", "b"], timeout=60),
    ]
    for call in calls:
        with pytest.raises(errors.DeadlineExceeded, match="in an unknown state"):
            await flavor.call(call, flavor.client(server, clock=FakeClock()))
    for lines in (
        lambda client: client.builds.follow("web", 7, timeout=60),
        lambda client: client.jobs.follow("web", 7, "a", timeout=60),
    ):
        with pytest.raises(errors.DeadlineExceeded, match="is still in an unknown state after 60 s"):
            await flavor.list(lines(flavor.client(server, clock=FakeClock())))
    assert "None" not in caplog.text
    assert "Build web #7: the answer tells no state of it" in caplog.text
