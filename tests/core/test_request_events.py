"""Events of requests: how each call ended, and who wrote what."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import pickle
from contextlib import suppress
from typing import Any

import anyio
import httpx
import pytest
from buildkite_api.api.builds import cancel_build
from buildkite_api.operations import OPERATIONS

from buildkite_ext import AsyncBuildkiteClient, CircuitBreaker, Retry, errors
from buildkite_ext.dispatcher import client_events
from buildkite_ext.events import (
    ArtifactDownloaded,
    BuildSeen,
    CircuitChanged,
    JobTiming,
    RateLimitWait,
    RequestFinished,
    RetryScheduled,
    WaitFinished,
    WriteAudited,
)
from buildkite_ext.transport.trace import write_result

from .fakes import TOKEN, Answer, App, FakeClock, Flavor, answer, build, job
from .storage import Storage, artifact

BUILDS = "/v2/organizations/{org_slug}/pipelines/{pipeline_slug}/builds"
ACTOR = hashlib.sha256(TOKEN.encode()).hexdigest()[:16]


def of_kind(events: list[Any], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


async def test_the_end_of_a_call_is_one_event(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer(build(7))), on_event=events.append)
    await flavor.call(client.builds.get, "web", 7)
    assert events == [RequestFinished("GET", f"{BUILDS}/{{build_number}}", "get_build", 200, None, 1, 0.0)]


async def test_attempts_and_pauses_belong_to_their_call(flavor: Flavor) -> None:
    events: list[Any] = []
    app = App(answer({}, 503), httpx.ReadError("reset"), answer([]))
    await flavor.list(flavor.client(app, on_event=events.append).builds.list("web"))
    assert [type(event) for event in events] == [RetryScheduled, RetryScheduled, RequestFinished]
    assert (events[-1].attempts, events[-1].seconds, events[-1].status) == (3, 3.0, 200)


@pytest.mark.parametrize(
    ("trouble", "status", "error", "attempts"),
    [
        (answer({"message": "no"}, 404), 404, None, 1),
        (answer({"message": "busy"}, 503), 503, None, 5),
        (httpx.ReadError("reset"), None, "ResponseLost", 5),
        (httpx.ConnectError("refused"), None, "ConnectionFailed", 5),
    ],
    ids=["404", "503", "lost", "refused"],
)
async def test_a_call_that_fails_says_how(
    flavor: Flavor, trouble: Answer, status: int | None, error: str | None, attempts: int
) -> None:
    events: list[Any] = []
    client = flavor.client(App(trouble), on_event=events.append)
    with pytest.raises(errors.BuildkiteError):
        await flavor.call(client.builds.get, "web", 7)
    (finished,) = of_kind(events, RequestFinished)
    assert (finished.status, finished.error, finished.attempts) == (status, error, attempts)


async def test_a_call_that_is_refused_before_it_is_sent_has_no_attempts(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer({}, 500)), on_event=events.append, retry=None, breaker=CircuitBreaker(failures=1))
    with pytest.raises(errors.ServerError):
        await flavor.call(client.organizations.get)
    events.clear()
    with pytest.raises(errors.CircuitOpen):
        await flavor.call(client.builds.cancel, "web", 7)
    finished, audited = events
    assert (finished.error, finished.attempts, finished.status) == ("CircuitOpen", 0, None)
    assert (audited.result, audited.error) == ("refused", "CircuitOpen")


async def test_what_a_read_only_client_refuses_is_no_call(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer([])), on_event=events.append, read_only=True)
    for write in (
        lambda: client.builds.cancel("web", 7),
        lambda: client.builds.create("web", branch="main"),
        lambda: client.builds.create("web"),
        lambda: client.builds.unblock("web", 7),
        lambda: client.request("DELETE", "organizations/{org}/pipelines/web"),
        lambda: client.request("POST", "organizations/{org}/new-thing"),
    ):
        with pytest.raises(errors.WriteRefused):
            await flavor.call(write)
        (audited,) = events
        assert (type(audited), audited.result, audited.error) == (WriteAudited, "refused", "WriteRefused")
        events.clear()


@pytest.mark.parametrize(
    "path", ["user", "organizations/{org}/pipelines/web/builds/7", "organizations/{org}/new-thing"]
)
async def test_the_route_of_a_path_is_a_template_or_other(flavor: Flavor, path: str) -> None:
    events: list[Any] = []
    await flavor.call(flavor.client(App(answer({})), on_event=events.append).request, "GET", path)
    routes = {"user": "/v2/user", "organizations/{org}/new-thing": "other"}
    assert events[0].route == routes.get(path, f"{BUILDS}/{{build_number}}")


async def test_every_way_to_call_is_told(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer(build(7))), on_event=events.append)
    await flavor.call(client.builds.cancel, "web", 7)
    await flavor.call(client.call, cancel_build, "acme", "web", 7)
    await flavor.call(client.request, cancel_build, "acme", "web", 7)
    await flavor.call(client.request, "PUT", "organizations/{org}/pipelines/web/builds/7/cancel")
    raw = cancel_build.sync if flavor.blocking else cancel_build.asyncio
    await flavor.call(raw, "acme", "web", 7, client=client.raw)
    audits = of_kind(events, WriteAudited)
    assert len(audits) == 5
    assert len({dataclasses.astuple(event)[:4] for event in audits}) == 1
    assert all(dict(event.parameters) == dict(audits[0].parameters) for event in audits)


# --- The audit --------------------------------------------------------------------------------------------------------

CREATED = answer(build(8), 201, X_Request_Id="req-1")
LOST = httpx.ReadError("reset")


@pytest.mark.parametrize(
    ("answers", "result", "status", "attempts"),
    [
        ([CREATED], "done", 201, 1),
        ([answer({}, 429), CREATED], "done", 201, 2),
        ([httpx.ConnectError("refused"), CREATED], "done", 201, 2),
        ([answer({"message": "no"}, 422)], "refused", 422, 1),
        ([answer({"message": "no"}, 403)], "refused", 403, 1),
        ([answer({}, 429)], "refused", 429, 5),
        ([httpx.ConnectError("refused")], "refused", None, 5),
        ([LOST], "unknown", None, 1),
        ([answer({}, 500)], "unknown", 500, 1),
        ([httpx.Response(302, headers={"Location": "/"})], "unknown", 302, 1),
    ],
    ids=["201", "429, 201", "refused, 201", "422", "403", "429", "refused", "lost", "500", "302"],
)
async def test_a_write_is_audited_with_its_result(
    flavor: Flavor, answers: list[Answer], result: str, status: int | None, attempts: int
) -> None:
    events: list[Any] = []
    client = flavor.client(App(*answers), on_event=events.append)
    try:
        await flavor.call(client.builds.create, "web", branch="main", commit="c0ffee")
    except errors.BuildkiteError:
        assert result != "done"
    (audited,) = of_kind(events, WriteAudited)
    assert (audited.result, audited.status) == (result, status)
    assert audited.actor == ACTOR
    assert (audited.method, audited.route, audited.operation) == ("POST", BUILDS, "create_build")
    assert audited.parameters == {"org_slug": "acme", "pipeline_slug": "web"}
    assert audited.details == {"branch": "main", "commit": "c0ffee"}
    assert audited.request_id == ("req-1" if result == "done" else None)
    assert of_kind(events, RequestFinished)[0].attempts == attempts


async def test_a_write_whose_lost_attempt_may_have_acted_stays_unknown(flavor: Flavor) -> None:
    for answers, result in (
        ([LOST, answer({"message": "no"}, 422)], "unknown"),
        ([LOST, httpx.ConnectError("refused")], "unknown"),
        ([answer({}, 502), answer({"message": "no"}, 403)], "unknown"),
        ([LOST, answer(status=404)], "done"),  # the first one removed it
        ([answer({"message": "no"}, 404)], "refused"),
    ):
        events: list[Any] = []
        client = flavor.client(App(*answers), on_event=events.append, retry=Retry(attempts=2))
        try:
            await flavor.call(client.artifacts.delete, "job-1", "artifact-1")
        except errors.BuildkiteError:
            assert result != "done"
        (audited,) = of_kind(events, WriteAudited)
        assert audited.result == result, answers


async def test_a_call_that_the_circuit_refuses_is_audited_as_refused(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer({}, 500)), on_event=events.append, breaker=CircuitBreaker(failures=1))
    for expected in (errors.ServerError, errors.CircuitOpen):
        with pytest.raises(expected):
            await flavor.call(client.builds.rebuild, "web", 7)
    assert [(event.result, event.error) for event in of_kind(events, WriteAudited)] == [
        ("unknown", None),
        ("refused", "CircuitOpen"),
    ]


async def test_reads_are_not_audited(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer([])), on_event=events.append)
    await flavor.list(client.builds.list("web"))
    await flavor.call(client.request, "HEAD", "user")
    assert of_kind(events, WriteAudited) == []


async def test_an_audit_holds_no_value_of_a_body(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer(build(7), 201)), on_event=events.append)
    secret = "hunter2"
    more = {"env": {secret: secret}, "meta_data": {secret: secret}, "message": secret}
    await flavor.call(client.builds.create, "web", branch="main", **more)
    await flavor.call(client.jobs.unblock, "web", 7, "job-1", fields={secret: secret})
    await flavor.call(client.secrets.create, "c1", key=secret, value=secret)
    await flavor.call(client.request, "POST", "organizations/{org}/pipelines/web/builds", content=secret.encode())
    await flavor.call(client.request, "POST", "organizations/{org}/pipelines/web/builds", json={"branch": [secret]})
    assert len(of_kind(events, WriteAudited)) == 5
    assert secret not in repr(events)


async def test_retried_jobs_are_counted_in_the_audit(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer(build(7, retried_jobs_count=3))), on_event=events.append)
    await flavor.call(client.builds.retry_failed_jobs, "web", 7)
    assert of_kind(events, WriteAudited)[0].details == {"retried_jobs_count": "3"}


async def test_another_token_is_another_actor(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer(build(7))), on_event=events.append)
    for each in (client, client.with_options(token="bkua_another"), client.with_options(timeout=5)):
        await flavor.call(each.builds.cancel, "web", 7)
    actors = [event.actor for event in of_kind(events, WriteAudited)]
    assert actors[0] == actors[2] != actors[1]
    assert "bkua_" not in repr(events)


@pytest.mark.parametrize(
    "answers", [(answer(build(7), 201),), (LOST,), (answer({}, 422),)], ids=["done", "lost", "refused"]
)
async def test_where_a_function_gives_the_token_the_actor_is_the_token_that_was_sent(
    flavor: Flavor, answers: Any
) -> None:
    tokens, events = ["bkua_of_ada_1", "bkua_of_grace"], []
    named = [flavor.client(App(*answers), token=token, on_event=events.append) for token in tokens]
    asked = flavor.client(App(*answers), token=lambda: tokens[0], on_event=events.append)
    for client in [*named, asked]:
        with suppress(errors.BuildkiteError):
            await flavor.call(client.builds.create, "web", commit="HEAD", branch="main")
    tokens[0] = "bkua_of_grace"
    with suppress(errors.BuildkiteError):
        await flavor.call(asked.builds.create, "web", commit="HEAD", branch="main")
    ada, grace, first, second = (event.actor for event in of_kind(events, WriteAudited))
    assert (first, second) == (ada, grace)


async def test_a_write_for_which_no_function_was_asked_for_the_token_says_so(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(), token=lambda: "bkua_of_ada_1", read_only=True, on_event=events.append)
    with pytest.raises(errors.WriteRefused):
        await flavor.call(client.builds.create, "web", commit="HEAD", branch="main")
    assert [event.actor for event in of_kind(events, WriteAudited)] == ["function"]


AT_BUILD = {"org_slug": "acme", "pipeline_slug": "web", "build_number": "7"}
CREATE = ("create_build", {"org_slug": "acme", "pipeline_slug": "web"})
UNBLOCK = ("unblock_build_job", AT_BUILD)
CANCEL = ("cancel_build", AT_BUILD)


@pytest.mark.parametrize(
    ("how", "refused", "details"),
    [
        (lambda api: api.builds.create("web", branch="main"), [CREATE], {"branch": "main", "commit": "HEAD"}),
        (lambda api: api.builds.create("web", commit="c0ffee"), [CREATE], {"commit": "c0ffee"}),
        (lambda api: api.builds.create("web", branch="b", once="k"), [CREATE], {"branch": "b", "commit": "HEAD"}),
        (lambda api: api.builds.run("web"), [CREATE], {"commit": "HEAD"}),
        (lambda api: api.builds.unblock("web", 7, step="s", fields={"a": "b"}), [UNBLOCK], {}),
        (lambda api: api.builds.wait("web", 7, on_blocked="unblock"), [UNBLOCK], {}),
        (lambda api: api.builds.wait("acme/web", 7, cancel_on="timeout"), [CANCEL], {}),
        (lambda api: api.builds.wait("web", 7, on_blocked="unblock", cancel_on="timeout"), [UNBLOCK, CANCEL], {}),
        (lambda api: api.builds.cancel("web", 7), [CANCEL], {}),
    ],
    ids=["create", "of the default branch", "once", "run", "unblock", "wait", "wait: cancel", "wait: both", "cancel"],
)
async def test_what_a_read_only_client_refuses_is_audited(
    flavor: Flavor, how: Any, refused: list[tuple[str, dict[str, str]]], details: dict[str, str]
) -> None:
    events: list[Any] = []
    app = App(answer([]))
    client = flavor.client(app, on_event=events.append, read_only=True)
    with pytest.raises(errors.WriteRefused):
        await flavor.call(how, client)
    audits = of_kind(events, WriteAudited)
    assert [(each.operation, dict(each.parameters)) for each in audits] == refused
    for each in audits:
        operation = OPERATIONS[each.operation]
        assert (each.method, each.route, each.actor) == (operation.method, operation.path, ACTOR)
        assert (each.result, each.status, each.error, each.request_id) == ("refused", None, "WriteRefused", None)
        assert each.details == details
    assert app.requests == []


SHA = "a" * 40
PIPELINE = answer({"slug": "web", "default_branch": "main"})
BLOCKED = answer(
    build(7, jobs=[{"id": "j1", "type": "manual", "state": "blocked", "step_key": "go"}, job("test")], blocked=True)
)
NO = answer({"message": "no"}, 404)
OTHER_KEY = answer([build(3, commit="b" * 40, branch="other", meta_data={"buildkite-ext:once": "k"})])


@pytest.mark.parametrize(
    ("how", "answers", "refused", "details", "error"),
    [
        (lambda api: api.builds.create("web"), [NO], CREATE, {"commit": "HEAD"}, "PipelineNotFound"),
        (lambda api: api.builds.create("web"), [LOST], CREATE, {"commit": "HEAD"}, "ResponseLost"),
        (lambda api: api.builds.create("web"), [answer({"slug": "web"})], CREATE, {"commit": "HEAD"}, "ValueError"),
        (lambda api: api.builds.create("web"), [answer([])], CREATE, {"commit": "HEAD"}, "InvalidResponse"),
        (
            lambda api: api.builds.create("web", branch="b", once="k"),
            [NO],
            CREATE,
            {"branch": "b", "commit": "HEAD"},
            "PipelineNotFound",
        ),
        (
            lambda api: api.builds.create("web", branch="b", commit=SHA, once="k"),
            [OTHER_KEY],
            CREATE,
            {"branch": "b", "commit": SHA},
            "ValueError",
        ),
        (
            lambda api: api.builds.create("web", once="k"),
            [answer([]), NO],
            CREATE,
            {"commit": "HEAD"},
            "PipelineNotFound",
        ),
        (lambda api: api.builds.run("web"), [NO], CREATE, {"commit": "HEAD"}, "PipelineNotFound"),
        (lambda api: api.builds.find_or_create("web", commit=SHA), [NO], CREATE, {"commit": SHA}, "PipelineNotFound"),
        (
            lambda api: api.builds.find_or_create("web", commit=SHA),
            [answer([]), NO],
            CREATE,
            {"commit": SHA},
            "PipelineNotFound",
        ),
        (lambda api: api.builds.unblock("web", 7), [NO], UNBLOCK, {}, "BuildNotFound"),
        (lambda api: api.builds.unblock("web", 7, step="no"), [BLOCKED], UNBLOCK, {}, "BlockStepNotFound"),
    ],
    ids=[
        *(
            "create",
            "lost",
            "no branch",
            "odd",
            "once",
            "once: other",
            "once: no branch",
            "run",
            "find",
            "find, create",
        ),
        *("unblock", "unblock: no step"),
    ],
)
async def test_a_write_that_a_read_before_it_prevents_is_audited(
    flavor: Flavor, how: Any, answers: list[Answer], refused: tuple[str, dict[str, str]], details: Any, error: str
) -> None:
    events: list[Any] = []
    app = App(*answers)
    client = flavor.client(app, on_event=events.append)
    with pytest.raises((errors.BuildkiteError, ValueError)) as caught:
        await flavor.call(how, client)
    assert type(caught.value).__name__ == error
    (audited,) = of_kind(events, WriteAudited)
    assert (audited.operation, dict(audited.parameters), audited.details) == (*refused, details)
    assert (audited.result, audited.status, audited.error, audited.actor) == ("refused", None, error, ACTOR)
    assert {request.method for request in app.requests} == {"GET"}
    assert {event.method for event in of_kind(events, RequestFinished)} == {"GET"}


@pytest.mark.parametrize(
    ("how", "answers", "results"),
    [
        (lambda api: api.builds.create("web"), [PIPELINE, CREATED], ["done"]),
        (lambda api: api.builds.create("web"), [PIPELINE, answer({}, 422)], ["refused"]),
        (lambda api: api.builds.create("web"), [PIPELINE, LOST], ["unknown"]),
        (lambda api: api.builds.unblock("web", 7), [BLOCKED, answer({"id": "j1"}), NO], ["done"]),
        (lambda api: api.builds.unblock("web", 7), [BLOCKED, answer({}, 422)], ["refused"]),
        (
            lambda api: api.builds.create("web", branch="b", once="k"),
            [answer([build(3, branch="b", meta_data={"buildkite-ext:once": "k"})])],
            [],
        ),
        (
            lambda api: api.builds.find_or_create("web", commit=SHA),
            [answer([build(3, commit=SHA)])],
            [],
        ),
        (lambda api: api.builds.create("web", env={"A": 1}), [NO], []),
        (lambda api: api.builds.find_or_create("web", commit="HEAD"), [NO], []),
    ],
    ids=[
        *("done", "refused", "lost", "unblocked", "not unblocked", "there already", "found"),
        *("wrong argument", "not a SHA"),
    ],
)
async def test_a_write_that_reads_first_is_audited_once(
    flavor: Flavor, how: Any, answers: list[Answer], results: list[str]
) -> None:
    events: list[Any] = []
    client = flavor.client(App(*answers), on_event=events.append)
    with suppress(errors.BuildkiteError, ValueError, TypeError):
        await flavor.call(how, client)
    assert [event.result for event in of_kind(events, WriteAudited)] == results


async def test_a_method_that_is_refused_before_its_first_request_tells_no_token(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(), token=lambda: TOKEN, on_event=events.append, read_only=True)
    with pytest.raises(errors.WriteRefused):
        await flavor.call(client.builds.create, TOKEN)
    with pytest.raises(errors.WriteRefused):
        await flavor.call(client.builds.wait, "web", 7, cancel_on="timeout")
    assert [event.actor for event in of_kind(events, WriteAudited)] == ["function"] * 2
    assert TOKEN not in repr(events)


def test_a_documented_503_refuses_a_write() -> None:
    unavailable = next(operation for operation in OPERATIONS.values() if operation.unavailable)
    assert write_result(503, unavailable, may_have_acted=True) == "refused"
    assert write_result(503, OPERATIONS["create_build"], may_have_acted=True) == "unknown"


async def test_events_are_frozen_and_can_be_pickled(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer(build(7))), on_event=events.append)
    await flavor.call(client.builds.cancel, "web", 7)
    for event in events:
        assert pickle.loads(pickle.dumps(event)) == event
        assert json.dumps(dataclasses.asdict(event))
        with pytest.raises(dataclasses.FrozenInstanceError):
            event.status = 1
        assert isinstance(hash(event), int)


# --- Without listeners, and with bad ones ------------------------------------------------------------------------------


async def test_without_a_listener_no_event_is_made(flavor: Flavor, monkeypatch: pytest.MonkeyPatch) -> None:
    logging.getLogger("buildkite_ext").setLevel(logging.INFO)
    try:
        client = flavor.client(App(answer(build(7))))
        assert not client._requester.events.wanted
        await flavor.call(client.builds.cancel, "web", 7)
    finally:
        logging.getLogger("buildkite_ext").setLevel(logging.NOTSET)


async def test_the_log_alone_takes_events(flavor: Flavor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="buildkite_ext")
    client = flavor.client(App(answer(build(7))))
    await flavor.call(client.builds.cancel, "web", 7)
    lines = [record.getMessage() for record in caplog.records if record.name == "buildkite_ext"]
    assert [line.partition("(")[0] for line in lines] == ["RequestFinished", "WriteAudited"]


async def test_a_hook_that_raises_breaks_no_call(flavor: Flavor, caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: object) -> None:
        raise RuntimeError("a fault of the hook")

    client = flavor.client(App(answer(build(7))), on_event=broken)
    assert (await flavor.call(client.builds.cancel, "web", 7)).number == 7
    assert "on_event raised an error on WriteAudited" in caplog.text


# --- Lines of the log that a person should see ---------------------------------------------------------------------------


async def test_a_circuit_that_opens_is_a_warning(flavor: Flavor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="buildkite_ext")
    clock = FakeClock()
    app = App(*[answer({}, 500)] * 2, answer({"id": "u1"}))
    client = flavor.client(app, clock=clock, retry=None, breaker=CircuitBreaker(failures=2))
    for _ in range(2):
        with pytest.raises(errors.ServerError):
            await flavor.call(client.user.get)
    clock.advance(31)
    await flavor.call(client.user.get)
    lines = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "buildkite_ext"]
    assert [level for level, _ in lines] == ["WARNING", "INFO"]
    assert "the circuit opened" in lines[0][1]
    assert "https://api.buildkite.com" in lines[0][1]
    assert "the circuit closed" in lines[1][1]


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (RateLimitWait("GET", "/v2/user", "get_current_user", 9.0), None),
        (RateLimitWait("GET", "/v2/user", "get_current_user", 45.0), "INFO"),
        (CircuitChanged("acme at https://api.buildkite.com", "open", "half_open"), None),
        (CircuitChanged("acme at https://api.buildkite.com", "half_open", "open"), "WARNING"),
        (RetryScheduled("GET", "/v2/user", None, 1, 60.0, "answered 429"), None),
    ],
    ids=str,
)
def test_the_level_of_an_event(event: Any, level: str | None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="buildkite_ext")
    client_events(None).emit(event)
    assert [record.levelname for record in caplog.records] == ([] if level is None else [level])


# --- Waits and downloads ------------------------------------------------------------------------------------------------

RAN = {"started_at": "2026-11-25T10:00:00Z", "finished_at": "2026-11-25T11:30:00Z"}
PASSED = build(
    7,
    state="passed",
    jobs=[
        {"id": "j1", "type": "script", "state": "passed", **RAN},
        {"id": "j2", "type": "waiter", "state": "finished"},
    ],
    **RAN,
)


async def test_a_wait_tells_each_state_and_its_end(flavor: Flavor) -> None:
    events: list[Any] = []
    app = App(answer(build(7, state="scheduled")), answer(build(7)), answer(PASSED))
    client = flavor.client(app, on_event=events.append)
    assert await flavor.call(client.builds.wait, "web", 7)
    states = [event.state for event in of_kind(events, BuildSeen)]
    assert states == ["scheduled", "running", "passed", "passed"]
    (finished,) = of_kind(events, WaitFinished)
    assert finished == WaitFinished(
        "acme", "web", 7, "passed", "passed", 2.5, 5400.0, (JobTiming("script", "passed", 5400.0),)
    )


async def test_the_times_of_a_job_are_told_although_its_state_is_not(flavor: Flavor) -> None:
    events: list[Any] = []
    jobs = [{"id": "j", "type": "script", "state": None, **RAN}]
    client = flavor.client(App(answer(build(7, state="passed", jobs=jobs, **RAN))), on_event=events.append)
    await flavor.call(client.builds.wait, "web", 7)
    (finished,) = of_kind(events, WaitFinished)
    assert finished.jobs == (JobTiming("script", "", 5400.0),)


async def test_a_wait_that_ends_before_the_build_tells_that(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer(build(7))), on_event=events.append)
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.call(client.builds.wait, "web", 7, timeout=10)
    (finished,) = of_kind(events, WaitFinished)
    assert (finished.state, finished.outcome, finished.duration, finished.jobs) == ("running", None, None, ())


@pytest.mark.parametrize(
    ("state", "options", "outcome"),
    [
        ({"state": "passed", "blocked": True}, {}, "blocked"),
        ({"state": "running", "finished_at": None}, {"until": lambda build: build.number == 7}, None),
        ({"state": "running", "finished_at": None}, {"timeout": 10, "on_timeout": "return"}, None),
        ({"state": "failing", "finished_at": None, "failing_at": RAN["started_at"]}, {"until": "failing"}, "failing"),
    ],
)
async def test_a_wait_that_is_over_before_the_build_tells_no_times(
    flavor: Flavor, state: dict[str, Any], options: dict[str, Any], outcome: str | None
) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer({**PASSED, **state})), on_event=events.append)
    await flavor.call(client.builds.wait, "web", 7, **options)
    (finished,) = of_kind(events, WaitFinished)
    shown = "blocked" if outcome == "blocked" else state["state"]
    assert (finished.state, finished.outcome, finished.duration, finished.jobs) == (shown, outcome, None, ())


async def test_a_wait_for_a_build_that_is_not_there_never_saw_it(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer({"message": "Not Found"}, 404)), on_event=events.append)
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(client.builds.wait, "web", 7)
    (finished,) = of_kind(events, WaitFinished)
    assert (finished.state, finished.outcome) == (None, None)


async def test_a_download_tells_its_size(flavor: Flavor, tmp_path: Any) -> None:
    events: list[Any] = []
    client = flavor.client(Storage({"dist/app.whl": [b"wheel"]}), on_event=events.append)
    await flavor.call(client.artifacts.download, artifact(), tmp_path / "app.whl")
    assert of_kind(events, ArtifactDownloaded) == [ArtifactDownloaded("id-dist/app.whl", 5, 0.0)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_write_that_is_cancelled_on_its_way_is_unknown(backend: str) -> None:
    events: list[Any] = []

    class Hangs(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            group.cancel_scope.cancel()
            await anyio.sleep_forever()
            raise AssertionError(request)

    async def main() -> None:
        nonlocal group
        async with anyio.create_task_group() as group:
            client = AsyncBuildkiteClient("acme", token=TOKEN, transport=Hangs(), on_event=events.append)
            await client.builds.rebuild("web", 7)

    group: Any = None
    anyio.run(main, backend=backend)
    finished, audited = events
    assert (audited.result, audited.status) == ("unknown", None)
    assert finished.error == audited.error
    assert finished.error in ("CancelledError", "Cancelled")
