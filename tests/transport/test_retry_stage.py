"""The parts of retries: which bodies can be sent twice, the quota, the pauses, and what is told of each retry."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import httpx
import pytest

from buildkite_ext import BuildkiteClient, CircuitBreaker, DeadlineExceeded, MemoryStore, Retry, RetryScheduled, errors
from buildkite_ext._sync import run
from buildkite_ext.backoff import equal_jitter, full_jitter
from buildkite_ext.dispatcher import Dispatcher
from buildkite_ext.errors import ConnectionFailed, ResponseLost
from buildkite_ext.runtime import BlockingRuntime
from buildkite_ext.transport.context import CircuitMoved
from buildkite_ext.transport.retry import RetryQuota, RetryStage, replayable
from tests.core.fakes import TOKEN, App, FakeClock, Flavor, answer, build


class Pipe(io.RawIOBase):
    """File that can be read once."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


class Bare:
    """File that doesn't tell if it can be rewound."""

    def read(self, _: int = -1) -> bytes:
        return b""


def posted(**body: Any) -> httpx.Request:
    return httpx.Request("POST", "https://api.buildkite.com/v2/x", **body)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (httpx.Request("GET", "https://api.buildkite.com/v2/x"), True),
        (posted(json={"a": 1}), True),
        (posted(content=b"abc"), True),
        (posted(content=iter([b"abc"])), False),
        (posted(files={"file": b"abc"}), True),
        (posted(data={"a": "1"}, files={"file": ("a.txt", io.BytesIO(b"abc"))}), True),
        (posted(data={"a": "1"}, files={"file": ("a.txt", "text")}), True),
        (posted(files={"file": ("a.txt", Pipe())}), False),
        (posted(files={"one": io.BytesIO(b"abc"), "two": ("a.txt", Pipe())}), False),
        (posted(files={"file": ("a.txt", Bare())}), False),
        (posted(data={"a": "1", "b": "2"}, files={"file": ("a.txt", Bare())}), False),
    ],
)
def test_which_bodies_can_be_sent_twice(request_: httpx.Request, *, expected: bool) -> None:
    assert replayable(request_) is expected


@pytest.mark.parametrize(
    ("attempt", "random", "pause"),
    [(0, 1.0, 1.0), (1, 0.0, 0.5), (1, 0.5, 0.75), (1, 1.0, 1.0), (2, 0.0, 1.0), (3, 1.0, 4.0), (9, 0.0, 5.0)],
)
def test_equal_jitter_waits_for_half_of_the_pause_at_least(attempt: int, random: float, pause: float) -> None:
    assert equal_jitter(attempt, base=1, maximum=10, random=random) == pause


def test_full_jitter_of_many_attempts_is_the_longest_pause() -> None:
    assert full_jitter(60, base=1, maximum=1e30, random=1.0) == 2.0**59
    assert (
        full_jitter(61, base=1, maximum=1e30, random=1.0)
        == full_jitter(5000, base=1, maximum=1e30, random=1.0)
        == 2.0**60
    )


def drained(quota: RetryQuota) -> int:
    taken = 0
    while quota.take():
        taken += 1
    return taken


def test_the_quota_gives_back_what_a_call_took_and_one_for_a_first_success() -> None:
    quota = RetryQuota()
    assert drained(quota) == 100
    quota.succeeded(3)
    assert drained(quota) == 3
    for _ in range(4):
        quota.succeeded(0)
    assert drained(quota) == 0
    quota.succeeded(0)
    assert drained(quota) == 1
    quota.succeeded(1000)
    assert drained(quota) == 100


def test_the_quota_is_never_more_than_full() -> None:
    quota = RetryQuota()
    quota.succeeded(1)
    quota.take()
    quota.succeeded(2)
    assert drained(quota) == 100


class Answers:
    """API that gives answers one after the other, the last one repeatedly, and counts the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.sent = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.sent += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


DOWN = httpx.Response(500, json={"message": "oops"})
FULL = httpx.Response(429, json={"message": "limited", "scope": "rest", "reset": 0})
OK = httpx.Response(200, json=build(7))
CUT = httpx.ReadError("reset")


def client(api: Answers, **options: Any) -> BuildkiteClient:
    clock = FakeClock()
    options = {
        "retry": Retry(attempts=3, random=lambda: 1.0),
        "clock": clock,
        "budget": None,
        "breaker": None,
        **options,
    }
    return BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(api), **options)


@pytest.mark.parametrize("failure", [DOWN, CUT], ids=["500", "lost"])
def test_an_outage_is_multiplied_until_the_quota_is_used_up(failure: Any) -> None:
    api = Answers(failure)
    buildkite = client(api)
    for _ in range(60):
        with pytest.raises(errors.BuildkiteError):
            buildkite.builds.get("web", 7)
    assert api.sent == 60 + 100


def test_a_success_gives_back_what_its_retries_took() -> None:
    api = Answers(*[DOWN, DOWN, OK] * 60, DOWN)
    buildkite = client(api)
    for _ in range(60):
        buildkite.builds.get("web", 7)
    for _ in range(51):
        with pytest.raises(errors.ServerError):
            buildkite.builds.get("web", 7)
    assert api.sent == 180 + 51 + 100


def test_a_failure_gives_nothing_back_and_a_429_takes_nothing() -> None:
    api = Answers(*[FULL, FULL, OK] * 120, *[DOWN] * 150, DOWN)
    buildkite = client(api)
    for _ in range(120):
        buildkite.builds.get("web", 7)
    for _ in range(60):
        with pytest.raises(errors.ServerError):
            buildkite.builds.get("web", 7)
    assert api.sent == 360 + 60 + 100


def test_a_500_to_a_write_is_final_and_gives_no_quota_back() -> None:
    api = Answers(DOWN)
    buildkite = client(api)
    for _ in range(50):
        with pytest.raises(errors.ServerError):
            buildkite.builds.get("web", 7)
    for _ in range(50):
        with pytest.raises(errors.ServerError):
            buildkite.builds.create("web", commit="HEAD", branch="main")
    with pytest.raises(errors.ServerError):
        buildkite.builds.get("web", 7)
    assert api.sent == 150 + 50 + 1


@pytest.mark.parametrize(("method", "attempts"), [("GET", 3), ("HEAD", 3), ("POST", 1), ("PATCH", 1)])
def test_a_request_outside_the_description_is_repeated_if_it_only_reads(method: str, attempts: int) -> None:
    api = Answers(CUT)
    events: list[Any] = []
    with pytest.raises(ResponseLost):
        client(api, on_event=events.append).request(method, "organizations/acme/something-new")
    assert api.sent == attempts
    retries = [event for event in events if isinstance(event, RetryScheduled)]
    assert [(event.operation, event.path) for event in retries] == [(None, "/v2/organizations/acme/something-new")] * (
        attempts - 1
    )


def test_a_form_whose_file_can_t_be_rewound_is_sent_once() -> None:
    sent = []

    async def send(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise ConnectionFailed("refused")

    stage = RetryStage(Retry(attempts=3), None, RetryQuota())  # type: ignore[arg-type]
    with pytest.raises(ConnectionFailed):
        run(stage(posted(files={"file": ("a.txt", Pipe())}), send, BlockingRuntime(FakeClock())))
    assert len(sent) == 1


DATE = "Fri, 02 Jan 2026 00:00:00 GMT"
ADVICE: list[tuple[str, dict[str, str], float | None]] = [
    ("7", {}, 7.0),
    ("300", {}, 300.0),
    ("301", {}, None),
    ("99999", {}, None),
    ("9" * 400, {}, None),
    ("1.5", {}, 1.5),
    ("Fri, 02 Jan 2026 00:00:40 GMT", {"Date": DATE}, 40.0),
    ("Fri, 02 Jan 2026 00:05:01 GMT", {"Date": DATE}, None),
    ("Fri, 31 Dec 9999 23:59:59 GMT", {"Date": DATE}, None),
    *(
        (told, {"Date": DATE}, 0.5)
        for told in ("Thu, 01 Jan 2026 00:00:00 GMT", "soon", "-3", "1e3", "nan", "inf", "1_0", "")
    ),
    ("Fri, 02 Jan 2026 00:00:40 GMT", {}, 0.5),
    ("Fri, 02 Jan 2026 00:00:40 GMT", {"Date": "today"}, 0.5),
]
"""Values of `Retry-After`, other headers, and the pause that they lead to, where that without them is half a second."""


@pytest.mark.parametrize(("told", "headers", "pause"), ADVICE)
def test_an_advised_pause_is_made_up_to_five_minutes(told: str, headers: dict[str, str], pause: float | None) -> None:
    policy = Retry(random=lambda: 0.5)
    for status in (500, 502, 503, 504):
        answer = httpx.Response(status, headers={**headers, "Retry-After": told})
        assert policy.delay(1, answer, repeatable=True) == pause
        assert policy.delay(1, answer, repeatable=False) is None
    refused = policy.delay(1, httpx.Response(429, headers={**headers, "Retry-After": told}), repeatable=False)
    # A pause that a 429 tells is made a little longer.
    assert refused in (pause, None if pause is None else pause + 0.5)


@pytest.mark.parametrize("timeout", [None, 86_400.0, 120.0])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_that_is_too_long_is_the_error_at_once(
    flavor: Flavor, status: int, timeout: float | None
) -> None:
    clock = FakeClock()
    app = App(answer({"message": "no"}, status, Retry_After="99999"))
    client = flavor.client(app, clock=clock, timeout=timeout, breaker=None)
    with pytest.raises((errors.RateLimited, errors.ServiceUnavailable), match="asks to wait 99999 s") as caught:
        await flavor.call(client.builds.get, "web", 7)
    assert caught.value.retry_after == 99999
    assert (clock.sleeps, len(app.requests)) == ([], 1)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_past_the_deadline_is_an_error_at_once_that_tells_it(flavor: Flavor, status: int) -> None:
    clock = FakeClock()
    app = App(answer({}, status, Retry_After="200"))
    client = flavor.client(app, clock=clock, timeout=60)
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await flavor.call(client.builds.get, "web", 7)
    assert 200 <= caught.value.retry_after <= 201
    assert isinstance(caught.value.__cause__, errors.RateLimited | errors.ServiceUnavailable)
    assert caught.value.__cause__.retry_after == 200
    assert (clock.sleeps, len(app.requests)) == ([], 1)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_polls_again_after_five_minutes_whatever_an_answer_wants(flavor: Flavor, status: int) -> None:
    clock = FakeClock()
    running, done = build(7), build(7, state="passed", finished_at="2026-01-05T12:01:00Z")
    app = App(answer(running), answer({}, status, Retry_After="99999"), answer(done))
    client = flavor.client(app, clock=clock)
    assert (await flavor.call(client.builds.wait, "web", 7)).outcome == "passed"
    assert 300 <= clock.monotonic() - 1000 < 400


def test_a_pause_of_nothing_is_one_and_there_may_be_no_longest() -> None:
    endless = Retry(attempts=99, base=1, maximum=float("inf"), random=lambda: 1.0)
    assert endless.delay(20, httpx.Response(500), repeatable=True) == 2.0**19
    assert Retry(base=0, maximum=0).delay(1, httpx.Response(500), repeatable=True) == 0.0
    assert Retry(base=0.5, maximum=0.5, random=lambda: 1.0).delay(3, httpx.Response(500), repeatable=True) == 0.5


def test_the_reason_of_a_retry_doesn_t_repeat_the_request() -> None:
    events: list[Any] = []
    client(Answers(CUT, DOWN, OK), on_event=events.append).builds.get("web", 7)
    lost, down = (event for event in events if isinstance(event, RetryScheduled))
    assert "GET" not in lost.reason
    assert not lost.reason.endswith(".")
    assert "reset" in lost.reason
    assert (down.reason, down.attempt, down.pause) == ("answered 500", 2, 2.0)


def test_the_error_behind_a_deadline_is_that_of_the_operation() -> None:
    api = Answers(httpx.Response(503, json={"message": "no"}, headers={"Retry-After": "300"}))
    with pytest.raises(DeadlineExceeded, match=r"due in 300\.0 s, past the 100 s .*attempt 1: answered 503") as late:
        client(api, timeout=100).builds.get("web", 7)
    assert isinstance(late.value.__cause__, errors.ServerError)
    assert api.sent == 1


def test_once_the_circuit_is_open_nothing_is_repeated() -> None:
    store = MemoryStore()
    down, waits = Answers(DOWN), Answers(DOWN)
    breaker = CircuitBreaker(failures=1)

    class Opening(FakeClock):
        """Clock whose first pause is long enough for another call to open the circuit."""

        def sleep(self, seconds: float) -> None:
            with pytest.raises(errors.ServerError):
                client(down, store=store, breaker=breaker, retry=None).builds.get("web", 7)
            super().sleep(seconds)

    with pytest.raises(errors.ServerError):
        client(waits, store=store, breaker=breaker, clock=Opening(), budget=None).builds.get("web", 7)
    assert (down.sent, waits.sent) == (1, 2)


def test_the_stage_is_shown_by_its_policy() -> None:
    policy = Retry(attempts=2)
    assert repr(RetryStage(policy, None, RetryQuota())) == repr(policy)  # type: ignore[arg-type]


def through(quota: RetryQuota, *outcomes: int | Exception) -> httpx.Response:
    """Send a GET through the stage, whose attempts end one after the other with a status or an error."""
    left = list(outcomes)

    async def send(request: httpx.Request) -> httpx.Response:
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return httpx.Response(outcome, request=request)

    stage = RetryStage(Retry(attempts=3), Dispatcher(), quota)
    return run(stage(httpx.Request("GET", "https://api.buildkite.com/v2/x"), send, BlockingRuntime(FakeClock())))


@pytest.mark.parametrize("outcomes", [(500, 200), (500, 500, 200), (ResponseLost("lost"), 204), (500, 404)])
def test_a_call_that_succeeds_after_retries_leaves_the_quota_as_it_was(outcomes: Any) -> None:
    quota = RetryQuota()
    for _ in range(50):
        quota.take()
    through(quota, *outcomes)
    assert drained(quota) == 50


def test_a_429_is_repeated_without_any_quota() -> None:
    quota = RetryQuota()
    drained(quota)
    assert through(quota, 429, 429, 200).status_code == 200


def test_a_circuit_that_has_opened_ends_a_call_with_the_failure_before_if_there_is_one() -> None:
    with pytest.raises(CircuitMoved):
        through(RetryQuota(), CircuitMoved())
    assert through(RetryQuota(), 500, CircuitMoved(), CircuitMoved()).status_code == 500
    with pytest.raises(ResponseLost):
        through(RetryQuota(), ResponseLost("lost"), CircuitMoved(), CircuitMoved(), CircuitMoved())


@pytest.mark.skipif(sys.platform == "win32", reason="has no fork")
def test_a_forked_process_takes_from_its_own_quota() -> None:
    quota = RetryQuota()
    child = os.fork()
    if not child:
        try:
            os._exit(0 if quota.take() else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert drained(quota) == 100


def test_the_cause_of_a_deadline_is_the_error_of_the_operation() -> None:
    with pytest.raises(DeadlineExceeded) as raised:
        client(Answers(DOWN), timeout=0.5).builds.get("web", 7)
    cause = raised.value.__cause__
    assert isinstance(cause, errors.ServerError)
    assert cause.operation == "get_build"
