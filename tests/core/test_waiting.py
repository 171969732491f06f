"""Waiting for a build knows every way in which one can end, and one in which it only rests."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from buildkite_api.models import BuildState
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, WaitResult, errors
from buildkite_ext.models import Build
from buildkite_ext.states import blocking_jobs, failed_jobs, is_blocked, is_failing, outcome_of, unfinished_jobs
from buildkite_ext.watching.pacing import next_interval

from .fakes import LONGEST, TOKEN, App, FakeClock, Flavor, answer, build, job

ENDED = ("passed", "failed", "canceled", "skipped", "not_run")
GOING = ("creating", "scheduled", "running", "failing", "canceling")


def a_build(state: str, **changes: Any) -> Build:
    return Build.from_dict(build(7, state=state, **changes))


@pytest.mark.parametrize("state", ENDED)
def test_a_build_that_ended_has_its_state_as_its_outcome(state: str) -> None:
    assert outcome_of(a_build(state)) == state


@pytest.mark.parametrize("state", GOING)
def test_a_build_that_goes_on_has_none(state: str) -> None:
    assert outcome_of(a_build(state)) is None


@pytest.mark.parametrize("state", ["waiting", "waiting_failed", "something new"])
def test_a_state_that_nobody_documents_as_an_end_is_none(state: str) -> None:
    assert outcome_of(a_build(state)) is None


FINISHED_AT = "2026-01-05T12:00:00.000Z"


@pytest.mark.parametrize(
    ("state", "blocked", "outcome"),
    [
        *((state, False, state) for state in ENDED),
        ("waiting_failed", False, "failed"),
        ("waiting", False, "failed"),
        ("something new", False, "failed"),
        ("running", None, "failed"),
        ("failing", False, "failed"),
        ("canceling", False, "canceled"),
        ("canceling", True, "canceled"),
        ("passed", True, "blocked"),
        ("running", True, "blocked"),
        ("something new", True, "blocked"),
        ("blocked", False, "blocked"),
        ("canceled", True, "canceled"),
    ],
)
def test_a_build_with_a_time_at_which_it_finished_is_over(state: str, blocked: bool | None, outcome: str) -> None:
    jobs = [job("a", state="running")]  # as it was when the build was asked for
    assert outcome_of(a_build(state, blocked=blocked, jobs=jobs, finished_at=FINISHED_AT)) == outcome


@pytest.mark.parametrize(
    ("state", "blocked", "counts", "jobs", "outcome"),
    [
        ("passed", True, None, [], "blocked"),
        ("failed", True, None, [], "blocked"),
        ("blocked", False, None, [], "blocked"),
        ("blocked", True, None, [], "blocked"),
        ("running", True, None, [], "blocked"),
        ("running", True, {"running": 1, "blocked": 1}, [], None),
        ("running", True, {"running": 0, "blocked": 1, "passed": 3}, [], "blocked"),
        ("running", True, {"limited": 2, "blocked": 1}, [], None),
        ("running", True, {"waiting": 2, "blocked": 1}, [], "blocked"),
        ("running", True, None, [job("a", state="running")], None),
        ("running", True, None, [job("a", state="reserved")], None),
        ("running", True, None, [job("a", state="platform_limited")], None),
        ("running", True, None, [job("a", state="a state of tomorrow")], None),
        ("running", True, None, [job("a", type="trigger", state="running")], None),
        ("running", True, None, [job("a", state="a state of tomorrow", finished_at="2026-01-05T12:00:00Z")], "blocked"),
        ("running", True, {"reserved": 1, "blocked": 1}, [], None),
        ("running", True, {"platform_limiting": 1, "blocked": 1}, [], None),
        ("running", True, {"a state of tomorrow": 1}, [], None),
        ("running", True, {}, [job("a", state="running")], None),
        ("running", True, None, [job("a", state="passed"), job("b", type="manual", state="blocked")], "blocked"),
        ("canceled", True, None, [], "canceled"),
        ("canceling", True, None, [], None),
        ("failing", True, None, [], None),
        ("passed", None, None, [], "passed"),
    ],
)
def test_a_blocked_build_is_told_by_blocked_and_not_by_its_state(
    state: str, blocked: bool | None, counts: dict[str, int] | None, jobs: list[Any], outcome: str | None
) -> None:
    changes = {} if counts is None else {"job_state_counts": {"total": sum(counts.values()), "states": counts}}
    assert outcome_of(a_build(state, blocked=blocked, jobs=jobs, **changes)) == outcome


def test_every_documented_state_is_accounted_for() -> None:
    assert {str(state) for state in BuildState} <= {*ENDED, *GOING, "blocked", "waiting", "waiting_failed"}


@pytest.mark.parametrize(
    ("blocked_state", "jobs", "outcome"),
    [
        ("passed", [job("a", state="running")], "blocked"),
        ("failed", [job("a", state="running")], "blocked"),
        ("running", [job("a", state="running")], None),
        ("running", [job("a", state="platform_limited")], None),
        ("running", [job("a", state="passed")], "blocked"),
        (None, [job("a", state="running")], "blocked"),
    ],
)
@pytest.mark.parametrize("blocked", [True, False])
def test_the_state_behind_a_block_step_is_read(
    blocked_state: str | None, jobs: list[Any], outcome: str | None, blocked: bool
) -> None:
    build = a_build("blocked", blocked=blocked, blocked_state=blocked_state, jobs=jobs)
    assert outcome_of(build) == outcome


KNOWN_STATES = st.sampled_from([str(state) for state in BuildState])


@given(
    KNOWN_STATES | st.text(max_size=10),
    st.none() | st.booleans(),
    st.none() | KNOWN_STATES,
    st.sampled_from([None, FINISHED_AT]),
    st.lists(st.sampled_from(["running", "blocked", "passed", "failed", "odd"]), max_size=3),
)
def test_no_state_is_too_odd(
    state: str, blocked: bool | None, blocked_state: str | None, finished_at: str | None, states: list[str]
) -> None:
    jobs = [job(str(number), state=each) for number, each in enumerate(states)]
    build = a_build(state, blocked=blocked, blocked_state=blocked_state, finished_at=finished_at, jobs=jobs)
    outcome = outcome_of(build)
    assert outcome in (None, "blocked", *ENDED)
    assert outcome is not None or finished_at is None
    assert outcome != "passed" or (state == "passed" and not blocked)
    assert not failed_jobs(build) or outcome in ("failed", "blocked") or is_failing(build)
    assert not is_failing(build) or outcome is None
    assert outcome != "blocked" or is_blocked(build)


def test_the_jobs_that_broke_a_build_are_those_that_failed_for_good() -> None:
    jobs = [
        job("passed", state="passed"),
        job("failed", state="failed"),
        job("soft", state="failed", soft_failed=True),
        job("retried", state="failed", retried=True),
        job("slow", state="timed_out"),
        job("expired", state="expired"),
        job("canceled", state="canceled"),
        job("broken", state="broken"),
        job("waiting", state="waiting_failed"),
    ]
    assert [one.name for one in failed_jobs(a_build("failed", jobs=jobs))] == ["failed", "slow", "expired"]


def test_a_failed_build_whose_only_bad_job_was_canceled_lists_it() -> None:
    jobs = [
        job("passed", state="passed"),
        job("canceled", state="canceled"),
        job("retried", state="canceled", retried=True),
        job("soft", state="canceled", soft_failed=True),
        job("wait", type="waiter", state="canceled"),
        job("block", type="manual", state="canceled"),
    ]
    assert [one.name for one in failed_jobs(a_build("failed", jobs=jobs))] == ["canceled"]


@pytest.mark.parametrize("type", ["waiter", "manual"])
@pytest.mark.parametrize("state", ["failed", "timed_out", "canceled", "blocked_failed"])
def test_waiters_and_blocks_never_broke_a_build(type: str, state: str) -> None:  # noqa: A002
    jobs = [job("step", type=type, state=state), job("trigger", type="trigger", state="failed")]
    assert [one.name for one in failed_jobs(a_build("failed", jobs=jobs))] == ["trigger"]
    assert failed_jobs(a_build("failed", jobs=jobs[:1])) == []


@pytest.mark.parametrize(
    ("state", "changes", "names"),
    [
        ("passed", {}, []),
        ("canceled", {}, []),
        ("running", {}, []),
        ("passed", {"blocked": True}, []),
        ("failed", {"blocked": True}, ["a"]),
        ("blocked", {"blocked_state": "failed"}, ["a"]),
        ("blocked", {"blocked_state": "passed"}, []),
        ("waiting_failed", {"finished_at": FINISHED_AT}, ["a"]),
    ],
)
def test_jobs_break_failed_builds_only(state: str, changes: dict[str, Any], names: list[str]) -> None:
    build = a_build(state, jobs=[job("a", state="failed"), job("b", state="canceled")], **changes)
    assert [one.name for one in failed_jobs(build)] == names


T = "2026-01-05T12:00:00Z"


@pytest.mark.parametrize(
    ("state", "changes", "failing"),
    [
        ("failing", {}, True),
        ("failing", {"jobs": [job("a", state="passed")]}, True),  # Buildkite says so
        ("failing", {"finished_at": FINISHED_AT}, False),
        ("running", {"failing_at": T, "jobs": [job("a", state="failed"), job("b")]}, True),
        ("running", {"failing_at": T, "jobs": [job("a", state="canceled"), job("b")]}, True),
        ("running", {"failing_at": T, "jobs": [job("a", state="failed", soft_failed=True), job("b")]}, False),
        ("running", {"failing_at": T, "jobs": [job("a", state="failed", retried=True), job("b")]}, False),
        ("running", {"failing_at": T, "jobs": [job("a", state="broken"), job("b", state="waiting_failed")]}, False),
        ("running", {"failing_at": T, "jobs": []}, False),
        ("running", {"jobs": [job("a", state="failed"), job("b")]}, False),  # it may be retried
        ("canceling", {"failing_at": T, "jobs": [job("a", state="failed")]}, False),
        ("failed", {"failing_at": T, "jobs": [job("a", state="failed")]}, False),
        ("passed", {"failing_at": T}, False),
    ],
)
def test_a_build_that_continues_may_be_going_to_fail(state: str, changes: dict[str, Any], failing: bool) -> None:
    found = a_build(state, **changes)
    assert is_failing(found) is failing
    assert not failing or outcome_of(found) is None


@pytest.mark.parametrize(
    ("state", "changes", "blocked"),
    [
        ("passed", {"blocked": True, "finished_at": FINISHED_AT}, True),
        ("blocked", {}, True),
        ("running", {"blocked": True, "jobs": [job("a")]}, True),
        ("canceling", {"blocked": True}, False),
        ("canceled", {"blocked": True, "finished_at": FINISHED_AT}, False),
        ("passed", {}, False),
    ],
)
def test_a_step_may_block_a_build_while_other_jobs_run(state: str, changes: dict[str, Any], blocked: bool) -> None:
    assert is_blocked(a_build(state, **changes)) is blocked


def test_what_a_build_waits_for_are_its_block_steps_and_the_jobs_that_continue() -> None:
    jobs = [
        job("ended", state="passed"),
        job("runs", state="running"),
        job("queued", state="scheduled"),
        job("of tomorrow", state="a state of tomorrow"),
        job("wait", type="waiter", state="waiting"),
        job("behind", state="waiting"),
        job("deploy", type="manual", state="blocked"),
    ]
    names = [one.name for one in unfinished_jobs(a_build("running", jobs=jobs))]
    assert names == ["deploy", "runs", "queued", "of tomorrow"]


def test_the_steps_that_block_a_build_are_those_that_a_user_unblocks() -> None:
    jobs = [
        job("deploy", type="manual", state="blocked"),
        job("input", type="a type of tomorrow", state="blocked"),
        job("done", type="manual", state="unblocked"),
        job("behind", type="script", state="blocked"),
        job("wait", type="waiter", state="blocked"),
        job("failed", type="manual", state="blocked_failed"),
    ]
    assert [one.name for one in blocking_jobs(a_build("passed", blocked=True, jobs=jobs))] == ["deploy", "input"]


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


@pytest.mark.parametrize("outcome", ["failed", "blocked", "canceled", "skipped", "not_run", "passed"])
def test_a_result_is_true_if_the_build_passed(outcome: Any) -> None:
    result = WaitResult(build=a_build("failed"), outcome=outcome, failed_jobs=[], blocked_by=[], requests=1)
    assert bool(result) is (outcome == "passed")


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
