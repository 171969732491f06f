"""Waits over sequences of polls: what ends a wait, what it survives, and what it does when it is given up."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import CircuitBreaker, UnexpectedState, WaitResult, errors, exit_code_of, failed_jobs, outcome_of
from buildkite_ext.models import Build
from buildkite_ext.stores.recent_actions import PendingActions, Reopening
from buildkite_ext.watching.wait import decide

from .fakes import FakeClock, Flavor, answer, build, job
from .timelines import Shown, Timeline

RUNNING: Shown = {"state": "running"}
PASSED: Shown = {"state": "passed", "finished_at": "2026-01-05T12:10:00Z"}
FAILED: Shown = {"state": "failed", "finished_at": "2026-01-05T12:05:00Z", "jobs": [job("a", state="failed")]}
DEPLOY = job("deploy", type="manual", state="blocked", label="Deploy?")
BLOCKED: Shown = {
    "state": "passed", "blocked": True, "finished_at": "2026-01-05T12:03:00Z", "jobs": [job("a", state="passed"), DEPLOY]
}  # fmt: skip
FAILING: Shown = {
    "state": "failing", "failing_at": "2026-01-05T12:02:00Z", "jobs": [job("a", state="failed"), job("b", state="running")]
}  # fmt: skip

BESIDE: Shown = {"state": "running", "blocked": True, "jobs": [job("a", state="running"), DEPLOY]}
"""Blocked, while a job beside the block step runs."""


def awaits(flavor: Flavor, clock: FakeClock, timeline: Timeline, **options: Any) -> Any:
    client = flavor.client(timeline, clock=clock, **options)
    return client.builds.wait


@pytest.mark.parametrize(
    ("shown", "options", "outcome"),
    [
        pytest.param([(0, PASSED)], {}, "passed", id="over at the first look"),
        pytest.param([(0, {"state": "creating"}), (0.5, PASSED)], {}, "passed", id="over at the second"),
        pytest.param([(0, {"state": "scheduled"}), (9, {"state": "skipped"})], {}, "skipped", id="never ran"),
        pytest.param([(0, {"state": "scheduled"}), (9, {"state": "not_run"})], {}, "not_run", id="nothing to run"),
        pytest.param([(0, RUNNING), (60, {"state": "canceling"}), (70, {"state": "canceled"})], {}, "canceled", id="canceled"),
        pytest.param([(0, FAILING), (60, RUNNING), (90, PASSED)], {}, "passed", id="failing, then passed"),
        pytest.param([(0, FAILING), (90, FAILED)], {}, "failed", id="failing, then failed"),
        pytest.param([(0, FAILING), (90, FAILED)], {"until": "failing"}, "failing", id="until failing"),
        pytest.param([(0, RUNNING), (30, FAILING), (90, FAILED)], {"until": "failing"}, "failing", id="until failing, later"),
        pytest.param([(0, RUNNING), (30, PASSED)], {"until": "failing"}, "passed", id="until failing, but it passes"),
        pytest.param([(0, RUNNING), (30, BLOCKED)], {}, "blocked", id="blocked"),
        pytest.param([(0, RUNNING), (30, BLOCKED)], {"until": "failing"}, "blocked", id="until failing, but blocked"),
        pytest.param([(0, BLOCKED), (90, RUNNING), (99, PASSED)], {"on_blocked": "wait"}, "passed", id="blocked, then passed"),
        pytest.param([(0, BLOCKED), (90, {"state": "canceled"})], {"on_blocked": "wait"}, "canceled", id="blocked, then canceled"),
        pytest.param([(0, BLOCKED)], {"until": "blocked", "on_blocked": "wait"}, "blocked", id="until blocked"),
        pytest.param([(0, BLOCKED)], {"until": "blocked", "on_blocked": "raise"}, "blocked", id="until blocked, not raised"),
        pytest.param(
            [(0, BESIDE)],
            {"until": "blocked"}, "blocked", id="until blocked, while another job runs",
        ),
        pytest.param(
            [(0, {"state": "running", "failing_at": "2026-01-05T12:02:00Z", "jobs": [job("a", state="passed")]}), (60, PASSED)],
            {"until": "failing"}, "passed", id="its failed job passed when it was retried",
        ),
        pytest.param(
            [(0, {"state": "running", "failing_at": "2026-01-05T12:02:00Z", "jobs": [job("a", state="failed")]})],
            {"until": "failing"}, "failing", id="running, with a job that failed for good",
        ),
        pytest.param(
            [(0, {"state": "running", "failing_at": "2026-01-05T12:02:00Z", "jobs": [job("a", state="failed", soft_failed=True)]}),
             (60, PASSED)], {"until": "failing"}, "passed", id="a soft failure is none",
        ),
        pytest.param([(0, RUNNING), (20, {"state": "of tomorrow"}), (60, PASSED)], {}, "passed", id="an unknown state"),
        pytest.param([(0, RUNNING), (20, {"state": "odd", "finished_at": "2026-01-05T12:05:00Z"})], {}, "failed", id="an unknown end"),
        pytest.param([(0, RUNNING), (20, 500), (200, PASSED)], {}, "passed", id="an outage"),
        pytest.param([(0, RUNNING), (20, httpx.ReadError("gone")), (200, PASSED)], {}, "passed", id="lost connections"),
        pytest.param([(0, RUNNING), (20, httpx.ConnectError("refused")), (200, PASSED)], {}, "passed", id="no connection"),
        pytest.param([(0, RUNNING), (20, 429), (200, PASSED)], {}, "passed", id="refused by a limit"),
        pytest.param([(0, RUNNING), (20, 404), (60, PASSED)], {}, "passed", id="gone for a moment"),
        pytest.param([(0, RUNNING), (20, 404), (50, RUNNING), (70, 404), (100, PASSED)], {}, "passed", id="gone twice"),
        pytest.param(
            [(0, {"state": "running", "created_at": "2031-01-05T12:00:00Z"}), (60, PASSED)], {}, "passed", id="a clock that is ahead",
        ),
        pytest.param(
            [(0, {"state": "running", "created_at": "1999-01-05T12:00:00Z"}), (60, PASSED)], {}, "passed", id="a clock that is behind",
        ),
    ],
)  # fmt: skip
async def test_a_wait_ends_with_what_the_polls_come_to(
    flavor: Flavor, clock: FakeClock, shown: list[tuple[float, Shown]], options: dict[str, Any], outcome: str
) -> None:
    timeline = Timeline(clock, shown)
    result: WaitResult = await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=600, **options)
    assert (result.outcome, result.timed_out) == (outcome, False)
    assert result.exit_code == exit_code_of(result.outcome)
    assert result.requests <= len(timeline.requests)
    assert not result.blocked_by or outcome == "blocked"


async def test_the_jobs_of_a_failing_build_that_failed_are_named(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (30, FAILING)])
    result = await flavor.call(awaits(flavor, clock, timeline), "web", 7, until="failing")
    assert [one.name for one in result.failed_jobs] == ["a"]
    assert [one.name for one in result.waiting_for] == ["b"]
    assert (result.exit_code, result.passed, bool(result)) == (1, False, False)
    assert [request.url.params.get("exclude_jobs") for request in timeline.reads[:-1]] == ["true"] * (
        result.requests - 1
    )


async def test_a_function_is_asked_at_each_poll_with_the_jobs(flavor: Flavor, clock: FakeClock) -> None:
    jobs = [job("a", state="running")]
    timeline = Timeline(clock, [(0, {**RUNNING, "jobs": jobs}), (40, {**RUNNING, "jobs": [job("a", state="passed")]})])  # type: ignore[dict-item]
    seen: list[str] = []

    def tests_have_passed(found: Build) -> bool:
        seen.append(str(found.jobs[0].state))
        return seen[-1] == "passed"

    result = await flavor.call(awaits(flavor, clock, timeline), "web", 7, until=tests_have_passed)
    assert (result.outcome, result.timed_out, result.exit_code) == (None, False, 6)
    assert seen == ["running"] * (len(timeline.requests) - 1) + ["passed"]


async def test_the_end_of_the_build_ends_a_wait_for_a_function_that_is_never_true(
    flavor: Flavor, clock: FakeClock
) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (40, FAILED)])
    assert (await flavor.call(awaits(flavor, clock, timeline), "web", 7, until=lambda _: False)).outcome == "failed"


OLD = Reopening(datetime(2026, 1, 5, 12, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("shown", "options", "step"),
    [
        (RUNNING, {}, "continue"),
        (PASSED, {}, "over"),
        (PASSED, {"until": lambda _: False}, "over"),
        (FAILED, {"pending": PendingActions((OLD,))}, "continue"),
        (PASSED, {"pending": PendingActions((OLD,))}, "over"),
        (BLOCKED, {}, "blocked"),
        (BLOCKED, {"on_blocked": "raise"}, "blocked"),
        (BLOCKED, {"on_blocked": "wait"}, "continue"),
        (BLOCKED, {"on_blocked": "unblock"}, "unblock"),
        (BLOCKED, {"on_blocked": "unblock", "until": "blocked"}, "blocked"),
        (BLOCKED, {"on_blocked": "wait", "until": "blocked"}, "blocked"),
        (BLOCKED, {"pending": PendingActions(unblocked=frozenset({"job-deploy"}))}, "continue"),
        (BLOCKED, {"pending": PendingActions(unblocked=frozenset({"job-other"}))}, "blocked"),
        (BLOCKED, {"until": lambda build: build.blocked}, "condition"),
        ({**BLOCKED, "jobs": []}, {"pending": PendingActions(unblocked=frozenset({"job-deploy"}))}, "blocked"),  # type: ignore[dict-item]
        (BESIDE, {}, "continue"),
        (BESIDE, {"on_blocked": "unblock"}, "unblock"),
        (BESIDE, {"on_blocked": "raise"}, "continue"),
        (BESIDE, {"until": "blocked"}, "blocked"),
        (FAILING, {}, "continue"),
        (FAILING, {"until": "failing"}, "failing"),
        (FAILING, {"until": "blocked"}, "continue"),
        (RUNNING, {"until": "failing"}, "continue"),
        (RUNNING, {"until": lambda _: True}, "condition"),
    ],
)
def test_what_a_look_comes_to(shown: dict[str, Any], options: dict[str, Any], step: str) -> None:
    found = Build.from_dict(build(7, **shown))
    assert (
        decide(found, **{"until": "finished", "on_blocked": "return", "pending": PendingActions(), **options}) == step
    )


# --- Time -------------------------------------------------------------------------------------------------------------


async def test_a_wait_may_return_before_the_build_with_what_it_waits_for(flavor: Flavor, clock: FakeClock) -> None:
    jobs = [job("lint", state="passed"), job("test", state="running"), job("then", type="waiter", state="waiting")]
    timeline = Timeline(clock, [(0, {**RUNNING, "jobs": jobs})])  # type: ignore[dict-item]
    result = await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=60, on_timeout="return")
    assert (result.outcome, result.timed_out, result.exit_code, result.passed) == (None, True, 6, False)
    assert [one.name for one in result.waiting_for] == ["test"]
    assert len(result.build.jobs) == 3
    assert 55 <= timeline.now <= 60
    asked = [request.url.params.get("exclude_jobs") for request in timeline.reads]
    assert asked == ["true"] * (len(asked) - 1) + [None]  # only the last look has the jobs


async def test_a_wait_that_returns_in_time_names_the_block_step(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, BLOCKED)])
    result = await flavor.call(
        awaits(flavor, clock, timeline), "web", 7, timeout=60, on_timeout="return", on_blocked="wait"
    )
    assert (result.outcome, [one.name for one in result.waiting_for]) == (None, ["deploy"])
    assert [one.name for one in result.blocked_by] == ["deploy"]


async def test_slices_of_a_long_wait_cost_no_more_than_the_wait(flavor: Flavor, clock: FakeClock) -> None:
    began = {"created_at": "2026-01-05T12:00:00Z", "started_at": "2026-01-05T12:00:01Z"}
    timeline = Timeline(clock, [(0, {**RUNNING, **began})], date="Mon, 05 Jan 2026 12:20:00 GMT")  # type: ignore[dict-item]
    wait = awaits(flavor, clock, timeline)
    for _ in range(10):
        assert (await flavor.call(wait, "web", 7, timeout=60, on_timeout="return")).timed_out
    assert len(timeline.requests) <= 50  # the build is old, so no slice begins with frequent polls


@pytest.mark.parametrize("what", [500, 502, httpx.ReadError("gone"), httpx.ConnectError("refused")], ids=repr)
async def test_an_outage_until_the_end_of_the_time_is_told(flavor: Flavor, clock: FakeClock, what: Any) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (10, what)])
    with pytest.raises(errors.DeadlineExceeded, match="web #7 is still running after 300 s") as caught:
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=300)
    assert caught.value.__cause__ is not None
    assert timeline.now <= 300.01
    clock, timeline = FakeClock(), Timeline(clock := FakeClock(), [(0, RUNNING), (10, what)])
    result = await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=300, on_timeout="return")
    assert (result.timed_out, str(result.build.state)) == (True, "running")


async def test_without_a_timeout_an_outage_of_an_hour_is_the_end(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (10, 500)])
    with pytest.raises(errors.ServerError):
        await flavor.call(awaits(flavor, clock, timeline), "web", 7)
    assert 3600 <= timeline.now <= 4000


async def test_an_open_circuit_is_slept_through(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (10, 500), (300, PASSED)])
    wait = awaits(flavor, clock, timeline, breaker=CircuitBreaker(failures=3, open_for=45))
    assert (await flavor.call(wait, "web", 7, timeout=600)).outcome == "passed"
    clock, timeline = FakeClock(), Timeline(clock := FakeClock(), [(0, RUNNING), (10, 500)])
    wait = awaits(flavor, clock, timeline, breaker=CircuitBreaker(failures=3, open_for=45))
    assert (await flavor.call(wait, "web", 7, timeout=100, on_timeout="return")).timed_out
    assert timeline.now <= 100.01


@pytest.mark.parametrize("status", [401, 403, 400])
async def test_a_refusal_is_no_outage(flavor: Flavor, clock: FakeClock, status: int) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (10, status)])
    with pytest.raises(errors.ApiError):
        await flavor.call(awaits(flavor, clock, timeline), "web", 7)
    assert timeline.now < 20


async def test_a_build_that_has_gone_is_not_found_after_a_minute(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (10, 404)])
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=600)
    assert 70 <= timeline.now <= 100


async def test_a_build_that_the_caller_has_seen_may_appear_late(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, 404), (20, PASSED)])
    known = Build.from_dict(build(7, state="scheduled"))
    assert (await flavor.call(awaits(flavor, clock, timeline), known)).outcome == "passed"


# --- States that aren't documented --------------------------------------------------------------------------------------


async def test_an_unknown_state_is_told_once(
    flavor: Flavor, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = [job("a", state="of tomorrow")]
    odd = {"state": "odd", "jobs": jobs}
    timeline = Timeline(clock, [(0, RUNNING), (20, odd), (60, RUNNING), (70, odd), (120, {**PASSED, "jobs": jobs})])  # type: ignore[dict-item]
    seen: list[object] = []
    wait = awaits(flavor, clock, timeline, on_event=seen.append)
    with caplog.at_level(logging.WARNING, "buildkite_ext"):
        await flavor.call(wait, "web", 7)
    told = [event for event in seen if isinstance(event, UnexpectedState)]
    assert [(event.job, event.problem, event.after) for event in told] == [
        (None, "unknown", "odd"),
        ("job-a", "unknown", "of tomorrow"),
    ]
    assert [record.getMessage() for record in caplog.records] == [
        "Build web #7: the state 'odd' isn't known to this version, and counts as active.",
        "Build web #7, job job-a: the state 'of tomorrow' isn't known to this version, and counts as active.",
    ]


async def test_an_impossible_change_is_told(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (20, {"state": "scheduled"}), (60, PASSED)])
    seen: list[object] = []
    assert (await flavor.call(awaits(flavor, clock, timeline, on_event=seen.append), "web", 7)).outcome == "passed"
    told = [event for event in seen if isinstance(event, UnexpectedState)]
    assert told == [UnexpectedState("acme", "web", 7, None, "impossible", "running", "scheduled")]


# --- Block steps --------------------------------------------------------------------------------------------------------


async def test_a_blocked_build_may_be_an_error(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (30, BLOCKED)])
    said = r"^Build web #7 waits at 'Deploy\?'\. Unblock it with builds\.unblock\('web', 7\), or wait with another on_blocked\.$"
    with pytest.raises(errors.BuildBlocked, match=said) as caught:
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, on_blocked="raise")
    assert caught.value.build is not None
    assert [one.name for one in caught.value.build.jobs] == ["a", "deploy"]


async def test_a_blocked_build_is_polled_rarely(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, BLOCKED), (3600, PASSED)])
    result = await flavor.call(awaits(flavor, clock, timeline), "web", 7, on_blocked="wait")
    assert (result.outcome, result.requests) == ("passed", 3600 / 25 + 2)


async def test_each_block_step_is_named_by_its_label_or_its_name(flavor: Flavor, clock: FakeClock) -> None:
    steps = [DEPLOY, job("approve", type="manual", state="blocked")]
    for jobs, names in ((steps, r"'Deploy\?', 'approve'"), ([job("a", state="passed")], "a block step")):
        timeline = Timeline(clock, [(0, {"state": "passed", "blocked": True, "jobs": jobs})])
        with pytest.raises(errors.BuildBlocked, match=rf"^Build web #7 waits at {names}\. Unblock it"):
            await flavor.call(awaits(flavor, clock, timeline), "web", 7, on_blocked="raise")


@pytest.mark.parametrize("state", ["passed", "running"])
async def test_a_build_that_shows_no_block_step_is_not_unblocked(flavor: Flavor, clock: FakeClock, state: str) -> None:
    timeline = Timeline(clock, [(0, {"state": state, "blocked": True, "jobs": [job("a", state=state)]})])
    result = await flavor.call(awaits(flavor, clock, timeline), "web", 7, on_blocked="unblock")
    assert (result.outcome, result.blocked_by, timeline.writes) == ("blocked", [], [])


async def test_a_step_that_is_refused_twice_is_an_error(flavor: Flavor, clock: FakeClock) -> None:
    refusal = answer({"message": "The field 'version' is required"}, 422)
    timeline = Timeline(clock, [(0, BLOCKED)], on_write=lambda _: httpx.Response(422, content=refusal.content))
    with pytest.raises(errors.JobNotUnblockable):
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, on_blocked="unblock")
    assert timeline.writes == ["unblock", "unblock"]


async def test_after_an_unblock_the_build_is_polled_as_a_young_one(flavor: Flavor, clock: FakeClock) -> None:
    old = {"created_at": "2026-01-05T12:00:00Z", "started_at": "2026-01-05T12:00:01Z"}
    blocked: dict[str, Any] = {**BLOCKED, **old}

    def on_write(_: str) -> httpx.Response:
        timeline.change({"state": "running", **old})
        return answer({**DEPLOY, "state": "unblocked"})

    timeline = Timeline(clock, [(0, blocked)], on_write=on_write, date="Mon, 05 Jan 2026 18:00:00 GMT")
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, on_blocked="unblock", timeout=10)
    reads = [at for at, request in timeline.requests if request.method == "GET"]
    assert reads == pytest.approx([0, 0, 1, 2.5, 4.75, 8.125, 9.0625])


def unblocking(clock: FakeClock, *, late: float = 0.0, status: int = 200) -> Timeline:
    """Return a build with two block steps, one after the other. Each stays blocked for a while after it was unblocked."""
    steps = [job("one", type="manual", state="blocked"), job("two", type="manual", state="waiting")]

    def on_write(action: str) -> httpx.Response:
        assert action == "unblock"
        if status != 200:
            timeline.change(RUNNING)
            return answer({"message": "The job's state must be blocked"}, status)
        unblocked = next(step for step in steps if step["state"] == "blocked")
        before = [dict(step) for step in steps]
        unblocked["state"] = "unblocked"
        following = [step for step in steps if step["state"] == "waiting"]
        timeline.shown = [(0.0, {**BLOCKED, "jobs": before})]  # type: ignore[dict-item]
        timeline.shown.append((timeline.now + late, {"state": "running", "jobs": []}))
        if following:
            following[0]["state"] = "blocked"
            timeline.shown.append((timeline.now + late + 30, {**BLOCKED, "jobs": [dict(step) for step in steps]}))  # type: ignore[dict-item]
        else:
            timeline.shown.append((timeline.now + late + 30, PASSED))
        return answer(unblocked)

    timeline = Timeline(clock, [(0, {**BLOCKED, "jobs": [dict(step) for step in steps]})], on_write=on_write)  # type: ignore[dict-item]
    return timeline


@pytest.mark.parametrize("late", [0, 12])
async def test_a_wait_unblocks_each_step_once(flavor: Flavor, clock: FakeClock, late: float) -> None:
    timeline = unblocking(clock, late=late)
    result = await flavor.call(
        awaits(flavor, clock, timeline), "web", 7, on_blocked="unblock", fields={"version": "1.4"}
    )
    assert (result.outcome, timeline.writes) == ("passed", ["unblock", "unblock"])
    written = [request for _, request in timeline.requests if request.method == "PUT"]
    assert [request.url.path.split("/")[-2] for request in written] == ["job-one", "job-two"]
    assert all(b'"version"' in request.content for request in written)
    assert result.requests == len(timeline.requests)


async def test_a_step_that_another_user_unblocked_is_no_error(flavor: Flavor, clock: FakeClock) -> None:
    timeline = unblocking(clock, status=422)
    timeline.shown.append((60, PASSED))
    wait = awaits(flavor, clock, timeline)
    result = await flavor.call(wait, "web", 7, on_blocked="unblock", on_timeout="return", timeout=50)
    assert (result.timed_out, timeline.writes) == (True, ["unblock"])


async def test_after_an_unblock_a_wait_doesnt_take_the_old_block_for_a_new_one(
    flavor: Flavor, clock: FakeClock
) -> None:
    timeline = unblocking(clock, late=20)
    client = flavor.client(timeline, clock=clock)
    await flavor.call(client.jobs.unblock, "web", 7, "job-one")
    result = await flavor.call(client.builds.wait, "web", 7)
    assert (result.outcome, [one.name for one in result.blocked_by]) == ("blocked", ["two"])


# --- Giving up --------------------------------------------------------------------------------------------------------


async def test_a_timeout_cancels_the_build_if_that_was_asked_for(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING)])
    said = r"^Build web #7 is still running after 60 s\. cancel_on asks to cancel it: a note of this error tells if it was\."
    with pytest.raises(errors.DeadlineExceeded, match=said) as caught:
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=60, cancel_on="timeout")
    assert timeline.writes == ["cancel"]
    assert caught.value.__notes__ == ["Build web #7 was canceled, as cancel_on asks."]


async def test_a_build_that_is_still_being_canceled_is_not_called_canceled(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING)], on_write=lambda _: answer(build(7, state="canceling")))
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=60, cancel_on="timeout")
    assert caught.value.__notes__ == ["Build web #7 is being canceled, as cancel_on asks."]


async def test_a_result_in_time_tells_that_the_build_was_canceled(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING)])
    result = await flavor.call(
        awaits(flavor, clock, timeline), "web", 7, timeout=60, on_timeout="return", cancel_on=["timeout"]
    )
    assert (result.timed_out, result.outcome, str(result.build.state)) == (True, "canceled", "canceled")
    assert timeline.requests[-1][1].method == "PUT"  # its answer tells enough


@pytest.mark.parametrize("cancel_on", [None, "interrupt", ["interrupt", "error"]])
async def test_what_cancel_on_doesnt_name_cancels_nothing(flavor: Flavor, clock: FakeClock, cancel_on: Any) -> None:
    timeline = Timeline(clock, [(0, RUNNING)])
    said = r"^Build web #7 is still running after 60 s\. It continues\. Wait again, or cancel it with builds\.cancel\('web', 7\)\.$"
    with pytest.raises(errors.DeadlineExceeded, match=said):
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=60, cancel_on=cancel_on)
    assert timeline.writes == []


AGAIN = r": look at it, and call builds\.cancel\('web', 7\) again\."


@pytest.mark.parametrize(
    ("responses", "after", "note"),
    [
        (
            [answer({"message": "Build can't be canceled because it's already finished."}, 422)],
            PASSED,
            r"wasn't canceled: it had ended \(passed\)\.",
        ),
        (
            [answer({"message": "Build can't be canceled because it's already finished."}, 422)],
            BLOCKED,
            rf"may not have been canceled{AGAIN}",
        ),
        # It was done, and the answer was lost:
        ([answer({"message": "no"}, 500)], {"state": "canceling"}, r"is being canceled, as cancel_on asks\."),
        ([answer({"message": "no"}, 500)], {"state": "canceled"}, r"was canceled, as cancel_on asks\."),
        ([answer({"message": "no"}, 500)], RUNNING, rf"may not have been canceled \(ServerError: .*\){AGAIN}"),
        ([answer({"message": "no"}, 403)], RUNNING, rf"may not have been canceled \(AccessDenied: .*\){AGAIN}"),
        ([answer(build(7, state="running"))], {"state": "canceling"}, r"is being canceled, as cancel_on asks\."),
        ([answer(build(7, state="running"))], RUNNING, rf"may not have been canceled{AGAIN}"),
    ],
)
async def test_a_wait_that_is_given_up_looks_whether_its_build_was_canceled(
    flavor: Flavor,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
    responses: list[httpx.Response],
    after: Shown,
    note: str,
) -> None:
    def on_write(_: str) -> httpx.Response:
        timeline.change(after)
        return httpx.Response(responses[0].status_code, content=responses[0].content)

    timeline = Timeline(clock, [(0, RUNNING)], on_write=on_write)
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, timeout=60, cancel_on="timeout")
    (told,) = caught.value.__notes__
    assert re.fullmatch(f"Build web #7 {note}", told, re.DOTALL)
    warned = [record.getMessage() for record in caplog.records if "cancel" in record.getMessage()]
    assert warned == ([told] if "may not" in told else [])


async def test_a_result_in_time_has_the_build_as_it_was_seen_if_nothing_newer_is_known(
    flavor: Flavor, clock: FakeClock
) -> None:
    timeline = Timeline(
        clock, [(0, RUNNING), (50, 403)], on_write=lambda _: httpx.Response(403, json={"message": "no"})
    )
    wait = awaits(flavor, clock, timeline)
    result = await flavor.call(wait, "web", 7, timeout=45, on_timeout="return", cancel_on="timeout")
    assert (str(result.build.state), result.outcome, result.timed_out) == ("running", None, True)
    known = Build.from_dict(build(7, state="scheduled"))
    wait = awaits(flavor, clock, Timeline(clock, [(0, 500)]))
    result = await flavor.call(wait, known, timeout=45, on_timeout="return")
    assert (result.build, result.outcome, result.timed_out) == (known, None, True)


async def test_jobs_that_do_not_come_in_time_are_done_without(flavor: Flavor, clock: FakeClock) -> None:
    def hangs(request: httpx.Request) -> httpx.Response:
        if "exclude_jobs" in request.url.params:
            return timeline(request)
        clock.advance(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("hangs")

    timeline = Timeline(clock, [(0, FAILED)])
    wait = flavor.client(hangs, clock=clock).builds.wait
    result = await flavor.call(wait, "web", 7, timeout=30)
    assert (str(result.build.state), result.outcome, result.timed_out) == ("failed", "failed", False)
    timeline.shown = [(0, BLOCKED)]  # one that doesn't tell whether it waits at the step that was unblocked
    result = await flavor.call(wait, "web", 7, timeout=30, on_timeout="return")
    assert (str(result.build.state), result.outcome, result.timed_out) == ("passed", None, True)
    with pytest.raises(errors.DeadlineExceeded, match=r"is still blocked after 30 s\. It continues"):
        await flavor.call(wait, "web", 7, timeout=30)


@pytest.mark.parametrize("answered", [False, True])
async def test_a_cancellation_that_hangs_ends_soon(flavor: Flavor, clock: FakeClock, answered: bool) -> None:
    def hangs(request: httpx.Request) -> httpx.Response:
        if not timeline.writes and (request.method == "GET" or answered):
            return timeline(request)
        timeline.requests.append((timeline.now, request))
        clock.advance(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("hangs")

    timeline = Timeline(clock, [(0, RUNNING)], on_write=lambda _: answer(build(7)))
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await flavor.call(flavor.client(hangs, clock=clock).builds.wait, "web", 7, timeout=60, cancel_on="timeout")
    assert "may not have been canceled" in caught.value.__notes__[0]
    assert 75 <= timeline.now <= 81


async def test_what_a_cancellation_takes_counts_as_requests_of_the_wait(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(
        clock, [(0, RUNNING)], on_write=lambda _: httpx.Response(422, json={"message": "already finished"})
    )
    wait = awaits(flavor, clock, timeline)
    result = await flavor.call(wait, "web", 7, timeout=60, on_timeout="return", cancel_on="timeout")
    assert (result.outcome, result.timed_out) == (None, True)
    assert result.requests == len(timeline.requests)
    assert timeline.writes == ["cancel"]


async def test_an_error_cancels_the_build_if_that_was_asked_for(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING), (10, 403)])
    with pytest.raises(errors.AccessDenied):
        await flavor.call(awaits(flavor, clock, timeline), "web", 7, cancel_on=["error"])
    assert timeline.writes == ["cancel"]


def test_ctrl_c_cancels_the_build(clock: FakeClock) -> None:
    class Interrupting(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.monotonic() > 1030:
                raise KeyboardInterrupt

    clock = Interrupting()
    timeline = Timeline(clock, [(0, RUNNING)])
    with pytest.raises(KeyboardInterrupt) as caught:
        awaits(Flavor("blocking"), clock, timeline)("web", 7, cancel_on="interrupt")
    assert (timeline.writes, caught.value.__notes__) == (["cancel"], ["Build web #7 was canceled, as cancel_on asks."])


def test_a_second_ctrl_c_doesnt_hide_the_first(clock: FakeClock) -> None:
    class Interrupting(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.monotonic() > 1030:
                raise KeyboardInterrupt("first")

    def on_write(_: str) -> httpx.Response:
        raise KeyboardInterrupt("second")

    clock = Interrupting()
    timeline = Timeline(clock, [(0, RUNNING)], on_write=on_write)
    with pytest.raises(KeyboardInterrupt, match="first") as caught:
        awaits(Flavor("blocking"), clock, timeline)("web", 7, cancel_on="interrupt")
    assert "may not have been canceled" in caught.value.__notes__[0]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("cancel_on", ["interrupt", None])
def test_the_cancellation_of_its_task_cancels_the_build(backend: str, cancel_on: str | None, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING)])

    async def main() -> None:
        client = Flavor(backend).client(timeline, clock=clock)
        async with anyio.create_task_group() as group:

            async def wait() -> None:
                await client.builds.wait("web", 7, cancel_on=cancel_on)

            group.start_soon(wait)
            while len(timeline.requests) < 5:
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert timeline.writes == (["cancel"] if cancel_on else [])


def test_a_native_cancellation_cancels_the_build(clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, RUNNING)])

    async def main() -> None:
        client = Flavor("asyncio").client(timeline, clock=clock)
        task = asyncio.ensure_future(client.builds.wait("web", 7, cancel_on="interrupt"))
        while len(timeline.requests) < 5:
            await anyio.lowlevel.checkpoint()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert timeline.writes == ["cancel"]


# --- Arguments ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"until": "passed"}, "^until='passed': give 'finished' or 'failing' or 'blocked'$"),
        ({"on_blocked": "unblok"}, "^on_blocked='unblok': give 'return' or 'wait' or 'unblock' or 'raise'$"),
        ({"on_timeout": "ignore"}, "^on_timeout='ignore': give 'raise' or 'return'$"),
        ({"cancel_on": "ctrl-c"}, "^cancel_on='ctrl-c': give 'timeout' or 'interrupt' or 'error'$"),
        ({"cancel_on": ["timeout", "never"]}, "cancel_on='never'"),
        ({"fields": {"a": "b"}}, "on_blocked"),
        ({"expected_duration": 0}, "expected_duration"),
        ({"poll_interval": -1}, "poll_interval"),
    ],
)
@pytest.mark.parametrize("method", ["wait", "run"])
async def test_words_that_are_none_of_those_are_refused_before_anything_is_sent(
    flavor: Flavor, clock: FakeClock, options: dict[str, Any], told: str, method: str
) -> None:
    timeline = Timeline(clock, [(0, PASSED)])
    builds = flavor.client(timeline, clock=clock).builds
    calls: dict[str, Callable[[], Any]] = {
        "wait": lambda: flavor.call(builds.wait, "web", 7, **options),
        "run": lambda: flavor.call(builds.run, "web", branch="main", **options),
    }
    with pytest.raises(ValueError, match=told):
        await calls[method]()
    assert timeline.requests == []


def test_the_outcome_of_a_build_and_its_exit_code_need_no_wait() -> None:
    assert isinstance(FAILED, dict)
    found = Build.from_dict(build(7, **FAILED))
    assert (outcome_of(found), exit_code_of(outcome_of(found))) == ("failed", 1)
    assert [one.name for one in failed_jobs(found)] == ["a"]
    assert exit_code_of(outcome_of(Build.from_dict(build(7)))) == 6
