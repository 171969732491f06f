"""The stage of the deadline: which end a call gets, how it moves, and which error tells that it is over."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from buildkite_ext._sync import run
from buildkite_ext.errors import DeadlineExceeded, NetworkError, ResponseLost
from buildkite_ext.runtime import BlockingRuntime
from buildkite_ext.transport.context import RequestContext, context_of
from buildkite_ext.transport.deadline import Deadline, DeadlineStage
from tests.core.fakes import FakeClock

PATH = "/v2/organizations/acme/builds"


def sent(
    seconds: float | None,
    *,
    ends: float | None = None,
    from_admission: bool = False,
    lasts: float = 0.0,
    error: Exception | None = None,
    moves: float = 0.0,
) -> tuple[Deadline | None, float]:
    """Send a request, and return the deadline that the stages below see, and the time at which it began.

    Args:
        seconds, from_admission: as for the stage.
        ends: seconds until the end of its workflow.
        lasts: seconds that the attempt takes.
        error: the error that it ends with.
        moves: seconds by which its deadline is moved meanwhile.
    """
    clock = FakeClock()
    runtime = BlockingRuntime(clock)
    began = runtime.now()
    request = httpx.Request("GET", f"https://api.buildkite.com{PATH}")
    context = RequestContext(ends=None if ends is None else began + ends)
    context.attach(request)
    seen: list[Deadline | None] = []

    async def send(_: httpx.Request) -> httpx.Response:
        seen.append(context.deadline)
        clock.sleep(lasts)
        if moves and context.deadline is not None:
            context.deadline = context.deadline.later(moves, latest=None)
        if error is not None:
            raise error
        return httpx.Response(200)

    run(DeadlineStage(seconds, from_admission=from_admission)(request, send, runtime))
    assert context_of(request) is context
    return seen[0], began


@pytest.mark.parametrize("from_admission", [True, False])
def test_a_call_ends_after_its_seconds(*, from_admission: bool) -> None:
    deadline, began = sent(30.0, from_admission=from_admission)
    assert deadline == Deadline(began + 30.0, 30.0, from_admission=from_admission)


def test_without_seconds_and_without_a_workflow_there_is_no_end() -> None:
    assert sent(None, lasts=1000.0)[0] is None


@pytest.mark.parametrize(("seconds", "ends", "expected"), [(None, 5.0, 5.0), (30.0, 5.0, 5.0), (30.0, 60.0, 30.0)])
def test_the_end_of_a_workflow_counts_if_it_is_earlier(seconds: float | None, ends: float, expected: float) -> None:
    deadline, began = sent(seconds, ends=ends, from_admission=True)
    assert deadline is not None
    assert (deadline.ends, deadline.seconds) == (began + expected, expected)
    # The end of a workflow doesn't move while a request waits for the rate limit.
    assert deadline.from_admission is (expected == seconds)


def test_a_workflow_with_the_same_end_leaves_the_call_its_own() -> None:
    deadline, began = sent(30.0, ends=30.0, from_admission=True)
    assert deadline == Deadline(began + 30.0, 30.0, from_admission=True)


def test_a_workflow_that_is_over_leaves_no_time() -> None:
    deadline, began = sent(30.0, ends=-4.0)
    assert deadline == Deadline(began - 4.0, 0.0)


@pytest.mark.parametrize("lasts", [29.995, 30.0, 31.0])
def test_an_attempt_that_the_end_cuts_off_is_told_by_the_deadline(lasts: float) -> None:
    lost = ResponseLost("reset")
    with pytest.raises(DeadlineExceeded) as late:
        sent(30.0, lasts=lasts, error=lost)
    assert str(late.value) == (
        f"GET {PATH} took longer than the 30 s allowed for the call. A longer timeout= allows more."
    )
    assert late.value.__cause__ is lost


@pytest.mark.parametrize(("seconds", "lasts"), [(30.0, 29.9), (30.0, 0.0), (None, 1000.0)])
def test_an_attempt_that_is_lost_earlier_is_told_by_its_own_error(seconds: float | None, lasts: float) -> None:
    lost = ResponseLost("reset")
    with pytest.raises(NetworkError) as told:
        sent(seconds, lasts=lasts, error=lost)
    assert told.value is lost


def test_a_deadline_that_has_moved_counts_from_there() -> None:
    with pytest.raises(ResponseLost):
        sent(30.0, lasts=40.0, moves=20.0, error=ResponseLost("reset"))
    with pytest.raises(DeadlineExceeded):
        sent(30.0, lasts=50.0, moves=20.0, error=ResponseLost("reset"))


@pytest.mark.parametrize("error", [KeyError("mine"), DeadlineExceeded("other")], ids=str)
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)) as told:
        sent(30.0, lasts=60.0, error=error)
    assert told.value is error


@pytest.mark.parametrize(("latest", "ends"), [(None, 17.0), (20.0, 17.0), (12.0, 12.0)])
def test_a_deadline_moves_but_not_past_the_end_of_its_workflow(latest: float | None, ends: float) -> None:
    assert Deadline(10.0, 5.0, from_admission=True).later(7.0, latest=latest) == Deadline(
        ends, 5.0, from_admission=True
    )


def test_what_took_the_time_is_told_where_it_is_known() -> None:
    request = httpx.Request("GET", f"https://api.buildkite.com{PATH}")
    told: Any = Deadline(1.0, 2.5).exceeded(request, doing="the queue is long")
    assert str(told) == (
        f"GET {PATH} took longer than the 2.5 s allowed for the call: the queue is long. A longer timeout= allows more."
    )


def test_the_stage_is_shown_by_its_seconds() -> None:
    assert repr(DeadlineStage(30.0)) == "Deadline(30.0)"


def test_a_timeout_that_was_given_counts_the_wait_for_the_rate_limit_too() -> None:
    request = httpx.Request("GET", f"https://api.buildkite.com{PATH}")
    context = RequestContext()
    context.attach(request)

    async def send(_: httpx.Request) -> httpx.Response:
        assert context.deadline is not None
        assert context.deadline.from_admission is False
        return httpx.Response(200)

    run(DeadlineStage(30.0)(request, send, BlockingRuntime(FakeClock())))
