"""Sending again what may be sent again, within one number of attempts and one deadline."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Any

import httpx
import pytest
from buildkite_api.api.annotations import delete_build_annotation
from buildkite_api.api.builds import create_build, get_build, rebuild_build
from buildkite_api.api.pipelines import disable_github_webhook_processing, enable_github_webhook_processing
from buildkite_api.models import CreateBuildRequest
from buildkite_api.operations import OPERATIONS
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, Retry, errors
from buildkite_ext.backoff import full_jitter
from buildkite_ext.events import RetryScheduled
from buildkite_ext.stores.limits import GUARD

from .fakes import LONGEST, TOKEN, Answer, App, Body, FakeClock, Flavor, answer, build

GET: tuple[Any, tuple[Any, ...], dict[str, Any]] = (get_build, ("acme", "web", 7), {})
POST: tuple[Any, tuple[Any, ...], dict[str, Any]] = (
    create_build,
    ("acme", "web"),
    {"body": CreateBuildRequest(commit="HEAD", branch="main")},
)
REBUILD: tuple[Any, tuple[Any, ...], dict[str, Any]] = (rebuild_build, ("acme", "web", 7), {})
DELETE: tuple[Any, tuple[Any, ...], dict[str, Any]] = (delete_build_annotation, ("acme", "web", 7, "n1"), {})
ENABLE: tuple[Any, tuple[Any, ...], dict[str, Any]] = (enable_github_webhook_processing, ("acme", "web"), {})

LIMITED = answer({"message": "Slow down", "scope": "rest", "reset": 20}, 429)
UNREACHED = httpx.ConnectError("no route")
LOST = httpx.ReadError("reset by peer")


def lost() -> errors.ResponseLost:
    return errors.ResponseLost("lost")


def untrusted() -> httpx.ConnectError:
    """Return the error of httpx for a certificate that isn't trusted."""
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError("certificate verify failed")
    return error


@pytest.mark.parametrize(
    ("outcome", "repeatable", "pause"),
    [
        (httpx.Response(429, json={"reset": 20}), False, 21.0),
        (httpx.Response(429, json={"reset": 20}), True, 21.0),
        (httpx.Response(429), False, 1.0),
        (httpx.Response(429, json={"reset": 300}), False, 301.0),
        (httpx.Response(429, json={"reset": 301}), False, None),
        (httpx.Response(429, json={"reset": 900_000_000}), False, None),
        (httpx.Response(500), True, 1.0),
        (httpx.Response(502), True, 1.0),
        (httpx.Response(503), True, 1.0),
        (httpx.Response(504), True, 1.0),
        (httpx.Response(503, headers={"Retry-After": "9"}), True, 9.0),
        (httpx.Response(503, headers={"Retry-After": "0"}), True, 1.0),
        (httpx.Response(503, headers={"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}), True, 1.0),
        (httpx.Response(503, headers=[(b"Retry-After", "²".encode())]), True, 1.0),
        (httpx.Response(500), False, None),
        (httpx.Response(503), False, None),
        (httpx.Response(501), True, None),
        (httpx.Response(520), True, None),
        (httpx.Response(200), True, None),
        (httpx.Response(404), True, None),
        (httpx.Response(422), True, None),
        (errors.ConnectionFailed("refused"), False, 1.0),
        (errors.ConnectionFailed("refused"), True, 1.0),
        (lost(), True, 1.0),
        (lost(), False, None),
    ],
    ids=lambda value: (
        str(getattr(value, "status_code", value)) if not isinstance(value, Exception) else type(value).__name__
    ),
)
def test_what_is_sent_again_and_when(outcome: Any, repeatable: bool, pause: float | None) -> None:
    assert LONGEST.delay(1, outcome, repeatable=repeatable) == pause


def test_pauses_double_up_to_a_ceiling() -> None:
    policy = Retry(attempts=9, random=lambda: 1.0)
    assert [policy.delay(attempt, lost(), repeatable=True) for attempt in range(1, 10)] == [
        1,
        2,
        4,
        8,
        16,
        30,
        30,
        30,
        None,
    ]


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 100), st.floats(0, 1000))
def test_jitter_spreads_a_pause_over_its_whole_length(attempt: int, dice: float, base: float, maximum: float) -> None:
    pause = full_jitter(attempt, base=base, maximum=maximum, random=dice)
    assert 0 <= pause <= maximum
    assert pause <= base * 2.0 ** min(attempt - 1, 60)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([429, 500, 503]), st.booleans())
def test_the_number_of_attempts_is_never_exceeded(attempts: int, attempt: int, status: int, repeatable: bool) -> None:
    pause = Retry(attempts=attempts).delay(attempt, httpx.Response(status), repeatable=repeatable)
    assert pause is None if attempt >= attempts else pause is None or pause >= 0


@pytest.mark.parametrize("option", [{"attempts": 0}, {"base": -1}, {"maximum": float("nan")}])
def test_a_policy_that_is_none_is_refused(option: Any) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(option))}="):
        Retry(**option)


def test_of_the_writes_only_what_the_description_marks_is_repeatable() -> None:
    repeatable = {
        name
        for name, operation in OPERATIONS.items()
        if operation.repeatable and operation.method not in ("GET", "HEAD")
    }
    assert {"create_build", "rebuild_build", "retry_build_job", "unblock_build_job"}.isdisjoint(repeatable)
    assert {name for name in repeatable if OPERATIONS[name].method == "POST"} == {"enable_teams", "find_test"}


@pytest.mark.parametrize(
    ("call", "answers", "requests"),
    [
        (GET, [UNREACHED, LOST, answer({}, 503), answer({}, 500), answer(build(7))], 5),
        (POST, [UNREACHED, LIMITED, UNREACHED, answer(build(7), 201)], 4),
        (REBUILD, [LIMITED, UNREACHED, answer(build(8))], 3),
        (DELETE, [LOST, answer({}, 502), answer(status=204)], 3),
        (ENABLE, [LOST, answer({"url": "u", "enabled": True})], 2),
    ],
    ids=["read", "create", "rebuild", "delete", "idempotent write"],
)
async def test_what_may_be_sent_again_is_until_it_succeeds(
    flavor: Flavor, call: tuple[Any, tuple[Any, ...], dict[str, Any]], answers: list[Answer], requests: int
) -> None:
    app = App(*answers)
    endpoint, arguments, options = call
    await flavor.call(flavor.client(app).call, endpoint, *arguments, **options)
    assert len(app.requests) == requests


@pytest.mark.parametrize("call", [POST, REBUILD], ids=["create", "rebuild"])
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (LOST, errors.ResponseLost),
        (httpx.ReadTimeout("slow"), errors.ResponseLost),
        (httpx.WriteError("broken pipe"), errors.ResponseLost),
        (httpx.RemoteProtocolError("disconnected"), errors.ResponseLost),
        (answer({"message": "oops"}, 500), errors.ServerError),
        (answer({"message": "down"}, 503), errors.ServiceUnavailable),
        (httpx.Response(201, stream=Body(b'{"id"', LOST)), errors.ResponseLost),
    ],
    ids=["lost", "timeout", "while writing", "hung up", "500", "503", "truncated"],
)
async def test_a_write_that_may_have_acted_is_not_repeated(
    flavor: Flavor, call: tuple[Any, tuple[Any, ...], dict[str, Any]], failure: Answer, kind: type
) -> None:
    app = App(failure, answer(build(7), 201))
    endpoint, arguments, options = call
    with pytest.raises(kind) as error:
        await flavor.call(flavor.client(app).call, endpoint, *arguments, **options)
    assert len(app.requests) == 1
    if kind is errors.ResponseLost:
        assert "may have acted" in str(error.value)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.ProxyError("x"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_a_write_that_never_arrived_is_repeated(flavor: Flavor, failure: Exception) -> None:
    app = App(failure, answer(build(7), 201))
    endpoint, arguments, options = POST
    created = await flavor.call(flavor.client(app).call, endpoint, *arguments, **options)
    assert (created.number, len(app.requests)) == (7, 2)


@pytest.mark.parametrize(
    "failure",
    [httpx.UnsupportedProtocol("x"), httpx.LocalProtocolError("Illegal header value"), untrusted()],
    ids=lambda failure: type(failure).__name__,
)
@pytest.mark.parametrize("operation", [GET, POST], ids=["read", "write"])
async def test_what_can_t_be_sent_is_tried_once(flavor: Flavor, failure: Exception, operation: Any) -> None:
    app = App(failure, answer(build(7), 201))
    endpoint, arguments, options = operation
    with pytest.raises(errors.ConnectionFailed) as raised:
        await flavor.call(flavor.client(app).call, endpoint, *arguments, **options)
    assert raised.value.permanent
    assert len(app.requests) == 1


async def test_all_kinds_of_failures_share_one_number_of_attempts(flavor: Flavor, clock: FakeClock) -> None:
    app = App(UNREACHED, LIMITED, answer({}, 503), LOST)
    client = flavor.client(app, clock=clock, timeout=None)
    with pytest.raises(errors.ResponseLost):
        await flavor.call(client.builds.get, "web", 7)
    assert len(app.requests) == 5
    assert clock.sleeps == [1.0, 21.0, 4.0, 8.0]


async def test_a_rate_limit_s_own_time_is_waited_for(flavor: Flavor, clock: FakeClock) -> None:
    headers = {"RateLimit_Reset": "50", "RateLimit_User_Reset": "7"}
    app = App(answer({"message": "Slow down", "scope": "rest_user"}, 429, **headers), answer(build(7)))
    await flavor.call(flavor.client(app, clock=clock).builds.get, "web", 7)
    assert clock.sleeps == [8.0]


async def test_the_default_timeout_doesn_t_count_the_time_of_a_rate_limit(flavor: Flavor, clock: FakeClock) -> None:
    refused = answer({"message": "Slow down", "scope": "rest", "reset": 60}, 429)
    app = App(refused, refused, refused, refused, answer(build(7)))
    await flavor.call(flavor.client(app, clock=clock).builds.get, "web", 7)
    assert sum(clock.sleeps) > 240


@pytest.mark.parametrize("how", ["timeout=", "the end of a wait", "pauses after failures"])
async def test_every_other_timeout_counts_it_and_that_one_counts_other_pauses(
    flavor: Flavor, clock: FakeClock, how: str
) -> None:
    refused = answer({"message": "Slow down", "scope": "rest", "reset": 60}, 429)
    failures = [answer({}, 503)] * 2 if how == "pauses after failures" else []
    options = {"timeout": 120.0} if how == "timeout=" else {}
    retry = Retry(base=50, maximum=100, random=lambda: 1.0)
    client = flavor.client(App(*failures, refused, refused, *failures), clock=clock, retry=retry, **options)
    began = clock.monotonic()
    waits = {"timeout": 100} if how == "the end of a wait" else {}
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.call(client.builds.wait if waits else client.builds.get, "web", 7, **waits)
    assert clock.monotonic() - began <= 120


async def test_the_retries_being_used_up_leaves_the_last_error(flavor: Flavor, clock: FakeClock) -> None:
    app = App(LIMITED)
    client = flavor.client(app, clock=clock, timeout=None, retry=Retry(attempts=3, random=lambda: 0.0))
    with pytest.raises(errors.RateLimited) as error:
        await flavor.call(client.builds.get, "web", 7)
    assert (len(app.requests), error.value.retry_after, clock.sleeps) == (3, 20.0, [20.0, GUARD, 20.0, GUARD])


async def test_a_404_to_a_repeated_delete_counts_as_done(flavor: Flavor) -> None:
    app = App(LOST, answer({"message": "No annotation found"}, 404))
    client = flavor.client(app)
    assert await flavor.call(client.annotations.delete, "web", 7, "n1") is None
    assert len(app.requests) == 2


@pytest.mark.parametrize("first", [None, UNREACHED, LIMITED], ids=["nothing", "unreached", "rate limited"])
async def test_a_404_to_a_delete_that_had_not_acted_stays_a_404(flavor: Flavor, first: Answer | None) -> None:
    missing = answer({"message": "No annotation found"}, 404)
    client = flavor.client(App(*filter(None, [first]), missing))
    with pytest.raises(errors.AnnotationNotFound):
        await flavor.call(client.annotations.delete, "web", 7, "n1")


async def test_a_delete_that_only_switches_something_off_keeps_its_404(flavor: Flavor) -> None:
    client = flavor.client(App(LOST, answer({"message": "No pipeline found"}, 404)))
    with pytest.raises(errors.PipelineNotFound):
        await flavor.call(client.call, disable_github_webhook_processing, "acme", "web")


async def test_a_404_to_a_repeated_read_stays_a_404(flavor: Flavor) -> None:
    client = flavor.client(App(LOST, answer({"message": "No build found"}, 404)))
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(client.builds.get, "web", 7)


async def test_a_truncated_body_is_asked_for_again(flavor: Flavor) -> None:
    app = App(httpx.Response(200, stream=Body(b'{"id": "bui', LOST)), answer(build(7)))
    assert (await flavor.call(flavor.client(app).builds.get, "web", 7)).number == 7
    assert len(app.requests) == 2


async def test_a_body_that_cannot_be_decompressed_is_asked_for_again(flavor: Flavor) -> None:
    broken = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Body(b"not gzip"))
    app = App(broken, answer(build(7)))
    assert (await flavor.call(flavor.client(app).builds.get, "web", 7)).number == 7


async def test_a_hook_that_raises_breaks_nothing(flavor: Flavor, caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: Any) -> None:
        raise RuntimeError("the hook is broken")

    client = flavor.client(App(answer({}, 503), answer(build(7))), on_event=broken)
    assert (await flavor.call(client.builds.get, "web", 7)).number == 7
    assert "the hook is broken" in caplog.text
    assert "RetryScheduled" in caplog.text


async def test_each_retry_is_an_event_and_a_line_of_the_log(flavor: Flavor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="buildkite_ext")
    events: list[Any] = []
    client = flavor.client(App(answer({}, 503), UNREACHED, answer(build(7))), on_event=events.append)
    await flavor.call(client.builds.get, "web", 7)
    retries = [event for event in events if isinstance(event, RetryScheduled)]
    assert [(event.attempt, event.pause, event.operation, event.method) for event in retries] == [
        (1, 1.0, "get_build", "GET"),
        (2, 2.0, "get_build", "GET"),
    ]
    assert retries[0].reason == "answered 503"
    assert "no route" in retries[1].reason
    assert caplog.text.count("RetryScheduled") == 2


async def test_no_retry_is_begun_that_the_deadline_would_cut_off(flavor: Flavor, clock: FakeClock) -> None:
    app = App(LIMITED)
    client = flavor.client(app, clock=clock, timeout=15)
    with pytest.raises(errors.DeadlineExceeded, match=r"due in 21\.0 s, past the 15 s") as error:
        await flavor.call(client.builds.get, "web", 7)
    assert isinstance(error.value.__cause__, errors.RateLimited)
    assert clock.sleeps == []


async def test_an_attempt_that_is_due_at_the_deadline_itself_is_not_begun(flavor: Flavor, clock: FakeClock) -> None:
    client = flavor.client(App(answer({}, 503)), clock=clock, timeout=1)
    with pytest.raises(errors.DeadlineExceeded, match=r"due in 1\.0 s, past the 1 s"):
        await flavor.call(client.builds.get, "web", 7)
    assert clock.sleeps == []


async def test_a_deadline_after_a_lost_answer_names_it(flavor: Flavor, clock: FakeClock) -> None:
    client = flavor.client(App(LOST), clock=clock, timeout=2)
    with pytest.raises(errors.DeadlineExceeded) as error:
        await flavor.call(client.builds.get, "web", 7)
    assert isinstance(error.value.__cause__, errors.ResponseLost)
    assert clock.sleeps == [1.0]


async def test_a_dripping_body_ends_with_the_deadline(flavor: Flavor, clock: FakeClock) -> None:
    drips = [piece for _ in range(1000) for piece in (b" ", lambda: clock.advance(1))]
    stream = Body(*drips, b"{}")
    client = flavor.client(App(httpx.Response(200, stream=stream)), clock=clock, timeout=30)
    began = clock.monotonic()
    with pytest.raises(errors.DeadlineExceeded, match="longer than the 30 s"):
        await flavor.call(client.builds.get, "web", 7)
    assert clock.monotonic() - began <= 31
    assert stream.closed


async def test_an_attempt_is_never_allowed_more_time_than_the_call_has_left(flavor: Flavor, clock: FakeClock) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.extensions["timeout"]))
        clock.advance(6)
        raise httpx.ReadTimeout("slow")

    seen: list[dict[str, float]] = []
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.call(flavor.client(slow, clock=clock, timeout=20).builds.get, "web", 7)
    assert [timeouts["read"] for timeouts in seen] == [20.0, 13.0, 5.0]
    assert [timeouts["connect"] for timeouts in seen] == [10.0, 10.0, 5.0]


async def test_an_attempt_that_the_deadline_cuts_off_is_the_deadline_s(flavor: Flavor, clock: FakeClock) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        clock.advance(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("slow")

    client = flavor.client(slow, clock=clock, timeout=20, retry=Retry(attempts=1))
    with pytest.raises(errors.DeadlineExceeded, match="longer than the 20 s") as error:
        await flavor.call(client.builds.get, "web", 7)
    assert isinstance(error.value.__cause__, errors.ResponseLost)


async def test_an_attempt_that_ends_before_the_deadline_is_its_own_error(flavor: Flavor) -> None:
    with pytest.raises(errors.ResponseLost):
        await flavor.call(flavor.client(App(LOST), timeout=20, retry=Retry(attempts=1)).builds.get, "web", 7)


async def test_without_a_timeout_an_attempt_still_has_its_own(flavor: Flavor) -> None:
    app = App(answer(build(7)))
    await flavor.call(flavor.client(app, timeout=None).builds.get, "web", 7)
    assert app.requests[0].extensions["timeout"]["read"] == 30.0


@given(
    st.lists(st.sampled_from([429, 500, 503, "lost", "unreached"]), min_size=1, max_size=12),
    st.floats(0.1, 200),
    st.integers(1, 8),
    st.floats(0, 1),
    st.floats(0, 40),
    st.floats(0, 120),
)
def test_no_call_sleeps_past_its_deadline_or_tries_too_often(
    outcomes: list[int | str], timeout: float, attempts: int, dice: float, seconds: float, reset: float
) -> None:
    clock = FakeClock()
    answers = iter(outcomes)

    def app(_: httpx.Request) -> httpx.Response:
        nonlocal sent
        assert clock.monotonic() < 1000 + timeout
        sent += 1
        clock.advance(seconds)
        outcome = next(answers, 200)
        if outcome == "lost":
            raise httpx.ReadError("lost")
        if outcome == "unreached":
            raise httpx.ConnectError("unreached")
        return httpx.Response(int(outcome), json={"reset": reset} if outcome == 429 else build(7))

    sent = 0
    client = BuildkiteClient(
        "acme",
        token=TOKEN,
        transport=httpx.MockTransport(app),
        clock=clock,
        timeout=timeout,
        retry=Retry(attempts=attempts, random=lambda: dice),
    )
    with suppress(errors.DeadlineExceeded, errors.NetworkError, errors.RateLimited, errors.ServerError):
        client.builds.get("web", 7)
    assert sent <= attempts
    assert clock.monotonic() - 1000 <= timeout + seconds + 1e-6
    assert sum(clock.sleeps) < timeout
