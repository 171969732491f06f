"""The cache: which answers are kept and for how long, whose they are, and what drops them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import httpx
import pytest
from buildkite_api.api.jobs import get_build_job_log_text
from buildkite_api.operations import OPERATIONS
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from buildkite_ext import (
    BuildkiteClient,
    Cache,
    CacheStats,
    CircuitOpen,
    MemoryStore,
    Retry,
    Runtime,
    Send,
    VirtualClock,
    errors,
)
from buildkite_ext.models import Build, BuildState, Pipeline
from buildkite_ext.simulation import Simulator
from buildkite_ext.stores.entries import CACHED, COALESCED, Change, Entries, Entry, change_of, tags_of
from buildkite_ext.webhooks import parse
from tests.core.fakes import API, App, FakeClock, Flavor, answer, build, job

DONE = {"state": "passed", "finished_at": "2026-01-05T10:00:00Z"}
ONCE = Retry(attempts=1)


def done(number: int = 7, **changes: Any) -> dict[str, Any]:
    return build(number, **{**DONE, **changes})


def api(request: httpx.Request) -> httpx.Response:
    """Answer like an API in which all builds have finished."""
    path = request.url.path.removeprefix("/v2/organizations/")
    if request.method != "GET":
        return httpx.Response(200, json={"id": "x"})
    if "/builds/" in path:
        return httpx.Response(200, json=done(int(path.split("/")[4])))
    if path.count("/") in (1, 3):
        return httpx.Response(200, json=[{"id": "x"}])
    return httpx.Response(200, json={"id": "x"})


def client(app: Callable[[httpx.Request], httpx.Response], **options: Any) -> BuildkiteClient:
    return Flavor("blocking").client(app, **{"cache": Cache(), "clock": FakeClock(), **options})  # type: ignore[no-any-return]


# --- What is kept -----------------------------------------------------------------------------------------------------

KEPT = {
    "pipelines.get": (300, {"id": "p"}, lambda api: api.pipelines.get("web")),
    "pipelines.list": (300, [{"id": "p"}], lambda api: api.pipelines.list()),
    "builds.get": (1800, done(), lambda api: api.builds.get("web", 7)),
    "builds.get by its URL": (1800, done(), lambda api: api.builds.get("https://buildkite.com/acme/web/builds/7")),
    "metadata.items": (1800, done(meta_data={"a": "b"}), lambda api: api.metadata.items("web", 7)),
    "clusters.get": (600, {"id": "c"}, lambda api: api.clusters.get("c")),
    "clusters.list": (600, [{"id": "c"}], lambda api: api.clusters.list()),
    "clusters.queues": (600, [{"id": "q"}], lambda api: api.clusters.queues("c")),
    "queues.get": (600, {"id": "q"}, lambda api: api.queues.get("c", "q")),
    "agents.get": (60, {"id": "a"}, lambda api: api.agents.get("a")),
    "agents.list": (60, [{"id": "a"}], lambda api: api.agents.list()),
}


async def read(flavor: Flavor, buildkite: Any, how: Callable[[Any], Any]) -> Any:
    result = how(buildkite)
    if hasattr(result, "pages"):
        return await flavor.list(result)
    return await flavor.call(lambda: result)


@pytest.mark.anyio
@pytest.mark.parametrize(("seconds", "body", "how"), KEPT.values(), ids=KEPT)
async def test_an_answer_is_kept_for_the_time_of_its_kind(flavor: Flavor, seconds: int, body: Any, how: Any) -> None:
    app, clock = App(answer(body)), FakeClock()
    buildkite = flavor.client(app, clock=clock, cache=Cache())
    first = await read(flavor, buildkite, how)
    clock.advance(seconds - 0.1)
    assert await read(flavor, buildkite, how) == first
    assert len(app.requests) == 1
    clock.advance(0.2)
    assert await read(flavor, buildkite, how) == first
    assert len(app.requests) == 2
    assert await read(flavor, buildkite, how) == first
    assert len(app.requests) == 2


@pytest.mark.anyio
@pytest.mark.parametrize(("seconds", "body", "how"), KEPT.values(), ids=KEPT)
async def test_without_a_cache_nothing_is_kept(flavor: Flavor, seconds: int, body: Any, how: Any) -> None:
    app = App(answer(body))
    buildkite = flavor.client(app)
    for _ in range(3):
        await read(flavor, buildkite, how)
    assert len(app.requests) == 3
    assert "Cache" not in repr(buildkite._requester.stages)


NEVER_KEPT = {
    "a running build": (build(7), lambda api: api.builds.get("web", 7)),
    "a build that is failing": (build(7, state="failing"), lambda api: api.builds.get("web", 7)),
    "a build whose end isn't told": (build(7, state="passed"), lambda api: api.builds.get("web", 7)),
    "a blocked build, which says passed": (done(blocked=True), lambda api: api.builds.get("web", 7)),
    "a build in the state blocked": (done(state="blocked"), lambda api: api.builds.get("web", 7)),
    "a build that is canceling": (done(state="canceling"), lambda api: api.builds.get("web", 7)),
    "a build in a state of tomorrow": (done(state="resting"), lambda api: api.builds.get("web", 7)),
    "builds": ([done()], lambda api: api.builds.list("web")),
    "all builds": ([done()], lambda api: api.builds.list()),
    "a job": (job("a", state="passed", finished_at="2026-01-05T10:00:00Z"), lambda api: api.jobs.get("web", 7, "a")),
    "jobs": ({"items": [], "links": {}}, lambda api: api.jobs.list("web", 7)),
    "a log": ({"content": "x", "size": 1, "header_times": []}, lambda api: api.jobs.log("web", 7, "a")),
    "an environment": ({"env": {"A": "secret"}}, lambda api: api.jobs.env("web", 7, "a")),
    "artifacts": ([], lambda api: api.artifacts.list("web", 7)),
    "an organization": ({"id": "o"}, lambda api: api.organizations.get()),
    "secrets": ([], lambda api: api.secrets.list("c")),
    "tokens": ([], lambda api: api.cluster_tokens.list("c")),
}


@pytest.mark.anyio
@pytest.mark.parametrize(("body", "how"), NEVER_KEPT.values(), ids=NEVER_KEPT)
async def test_what_changes_by_itself_or_is_secret_is_never_kept(flavor: Flavor, body: Any, how: Any) -> None:
    app = App(answer(body))
    buildkite = flavor.client(app, cache=Cache(), coalesce=True)
    for _ in range(3):
        await read(flavor, buildkite, how)
    assert len(app.requests) == 3


@pytest.mark.parametrize("state", ["passed", "failed", "canceled", "skipped", "not_run"])
def test_a_build_is_kept_in_each_state_that_is_an_end(state: str) -> None:
    app = App(answer(done(state=state)))
    buildkite = client(app)
    assert [str(buildkite.builds.get("web", 7).state) for _ in range(3)] == [state] * 3
    assert len(app.requests) == 1


def test_a_build_is_kept_from_its_end_on() -> None:
    app = App(answer(build(7)), answer(done(blocked=True)), answer(done()), answer(build(7)))
    buildkite = client(app)
    states = [str(buildkite.builds.get("web", 7).state) for _ in range(5)]
    assert states == ["running", "passed", "passed", "passed", "passed"]
    assert len(app.requests) == 3


@pytest.mark.parametrize(
    "refused",
    [
        answer({"message": "no"}, 404),
        answer({"message": "no"}, 403),
        answer({"message": "oops"}, 500),
        answer({"message": "slow"}, 429),
        answer(None, 302, Location="https://elsewhere.test/"),
        answer({"id": "x"}, 202),
        answer({"id": "x"}, Cache_Control="private, no-store"),
        answer({"id": "x"}, Cache_Control="No-Store"),
        httpx.Response(200, content=b'{"id": "x"}', headers={"Content-Type": "text/html"}),
        httpx.Response(200, content=b'{"id": "x"}'),
        httpx.Response(200, content=b'{"id": "x", "name": ', headers={"Content-Type": "application/json"}),
        httpx.Response(200, content=b'{"id": "x"} {}', headers={"Content-Type": "application/json"}),
        httpx.Response(200, content=b"", headers={"Content-Type": "application/json"}),
        answer([]),
        answer("text"),
        answer({"message": "no pipeline"}),
        httpx.ReadError("reset"),
    ],
    ids=repr,
)
def test_only_a_whole_answer_that_is_a_success_is_kept(refused: Any) -> None:
    app = App(refused, answer({"id": "x"}))
    buildkite = client(app, retry=None, breaker=None, budget=None)
    with suppress(errors.BuildkiteError):
        buildkite.pipelines.get("web")
    assert buildkite.cache.stats.entries == 0
    buildkite.pipelines.get("web")
    buildkite.pipelines.get("web")
    assert len(app.requests) == 2


@pytest.mark.parametrize("control", ["max-age=0, private, must-revalidate", "no-cache", ""])
def test_what_buildkite_says_of_browsers_caches_doesn_t_count(control: str) -> None:
    app = App(answer({"id": "x"}, Cache_Control=control, ETag='W/"1"'))
    buildkite = client(app)
    for _ in range(3):
        buildkite.pipelines.get("web")
    assert len(app.requests) == 1


def test_the_times_can_be_chosen_and_0_keeps_nothing() -> None:
    app, clock = App(api), FakeClock()
    buildkite = client(app, clock=clock, cache=Cache(builds=5, pipelines=0))
    for _ in range(2):
        buildkite.builds.get("web", 7)
        buildkite.pipelines.get("web")
    assert len(app.requests) == 3
    clock.advance(5)
    buildkite.builds.get("web", 7)
    assert len(app.requests) == 4


def test_a_copy_with_shorter_times_takes_no_older_answer() -> None:
    app, clock = App(api), FakeClock()
    buildkite = client(app, clock=clock)
    impatient = buildkite.with_options(cache=Cache(pipelines=10))
    buildkite.pipelines.get("web")
    impatient.pipelines.get("web")
    assert len(app.requests) == 1
    clock.advance(11)
    buildkite.pipelines.get("web")
    assert len(app.requests) == 1
    impatient.pipelines.get("web")
    assert len(app.requests) == 2


def test_an_answer_is_taken_until_its_own_time_and_that_of_the_policy_have_passed() -> None:
    app, clock = App(api), FakeClock()
    buildkite = client(app, clock=clock)
    hasty = buildkite.with_options(cache=Cache(agents=1))
    for times, (kept_by, read_by) in enumerate([(buildkite, hasty), (hasty, buildkite)], start=1):
        kept_by.cache.clear()
        kept_by.agents.get("a")
        clock.advance(0.5)
        read_by.agents.get("a")
        assert len(app.requests) == 2 * times - 1
        clock.advance(0.5)
        read_by.agents.get("a")
        assert len(app.requests) == 2 * times


def test_the_time_counts_from_the_attempt_that_was_answered() -> None:
    clock = FakeClock()

    def slow(_: httpx.Request) -> httpx.Response:
        clock.advance(20)
        return httpx.Response(200, json={"id": "x"})

    app = App(answer({}, 503), slow, answer({"id": "x"}))
    buildkite = client(app, clock=clock)
    buildkite.agents.get("a")
    clock.advance(39)
    buildkite.agents.get("a")
    assert len(app.requests) == 2
    clock.advance(2)
    buildkite.agents.get("a")
    assert len(app.requests) == 3


@pytest.mark.parametrize(
    "wrong",
    [{"pipelines": -1}, {"builds": "5"}, {"agents": True}, {"clusters": float("inf")}, {"entries": 0}, {"bytes": 1.5}],
    ids=str,
)
def test_a_policy_that_can_t_be_used_is_refused_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(errors.ConfigurationError, match=f"^{name}="):
        Cache(**wrong)


def test_a_policy_may_keep_a_single_answer_of_a_size() -> None:
    app = App(api)
    buildkite = client(app)
    for name in ("one", "two"):
        buildkite.pipelines.get(name)
    size = buildkite.cache.stats.bytes // 2
    for policy, kept in (
        (Cache(entries=1), 1),
        (Cache(bytes=size), 1),
        (Cache(bytes=size - 1), 0),
        (Cache(bytes=1), 0),
    ):
        small = client(app, cache=policy)
        for name in ("one", "two"):
            small.pipelines.get(name)
        assert (small.cache.stats.entries, small.cache.stats.bytes) == (kept, kept * size)


def test_the_lists_of_operations_hold_reads_of_json_alone() -> None:
    assert set(CACHED) <= COALESCED
    for name in COALESCED:
        operation = OPERATIONS[name]
        assert (operation.method, operation.success, operation.accept) == ("GET", 200, "application/json")
        assert not operation.no_store
        assert not any(word in operation.path for word in ("/log", "/env", "/download", "secret", "token"))


# --- Which requests ---------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_path_that_is_an_operation_s_is_answered_from_the_cache(flavor: Flavor) -> None:
    app = App(api)
    buildkite = flavor.client(app, cache=Cache())
    for _ in range(2):
        await flavor.call(buildkite.request, "GET", "organizations/{org}/pipelines/web")
        await flavor.call(buildkite.request, "GET", "/v2/organizations/acme/pipelines/web")
        await flavor.list(buildkite.iterate("organizations/{org}/agents"))
    assert len(app.requests) == 2


REQUESTS = {
    "a path outside the description": {"path": "organizations/{org}/pipelines/web/extras"},
    "a header of its own": {"headers": {"X-Trace": "1"}},
    "a condition": {"headers": {"If-None-Match": "x"}},
    "a cookie": {"headers": {"Cookie": "a=b"}},
    "a range": {"headers": {"Range": "bytes=0-1"}},
    "no cache": {"headers": {"Cache-Control": "no-cache"}},
    "HEAD": {"method": "HEAD"},
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_other_requests_are_always_sent(request_: dict[str, Any]) -> None:
    app = App(api)
    buildkite = client(app, coalesce=True)
    usual = {"method": "GET", "path": "organizations/{org}/pipelines/web"}
    buildkite.request(usual["method"], usual["path"])
    given = {**usual, **request_}
    for _ in range(2):
        buildkite.request(given.pop("method", "GET"), given.pop("path", usual["path"]), **given)
        given = {**usual, **request_}
    assert len(app.requests) == 3


def test_a_read_that_a_stage_of_the_user_makes_another_request_is_always_sent() -> None:
    async def head(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        request.method = "HEAD"
        return await send(request)

    app = App(api)
    buildkite = client(app, stages=[head])
    for _ in range(2):
        buildkite.request("GET", "organizations/{org}/pipelines/web")
    assert [request.method for request in app.requests] == ["HEAD"] * 2


def test_the_generated_functions_are_answered_from_the_cache() -> None:
    from buildkite_api.api.pipelines import get_pipeline

    app = App(api)
    buildkite = client(app)
    for _ in range(2):
        assert get_pipeline.sync("acme", "web", client=buildkite.raw) is not None
    assert len(app.requests) == 1
    assert buildkite.call(get_pipeline, "acme", "web").id == "x"


def test_a_log_that_is_read_as_text_is_always_sent() -> None:
    app = App(httpx.Response(200, content=b"log", headers={"Content-Type": "text/plain"}))
    buildkite = client(app, coalesce=True)
    for _ in range(2):
        buildkite.call(get_build_job_log_text, "acme", "web", 7, "a")
    assert len(app.requests) == 2


# --- Whose answers ----------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_token_never_gets_the_answer_of_another_one(flavor: Flavor) -> None:
    def personal(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": "x", "name": request.headers["Authorization"]})

    app = App(personal)
    mine = flavor.client(app, cache=Cache(), coalesce=True, token="bkua_mine")
    theirs = mine.with_options(token="bkua_theirs")
    for _ in range(2):
        assert (await flavor.call(mine.pipelines.get, "web")).name == "Bearer bkua_mine"
        assert (await flavor.call(theirs.pipelines.get, "web")).name == "Bearer bkua_theirs"
    assert len([request for request in app.requests if request.url.path.endswith("/web")]) == 2


@pytest.mark.anyio
async def test_a_function_that_returns_the_token_of_the_current_user_keeps_users_apart(flavor: Flavor) -> None:
    user: ContextVar[str] = ContextVar("user")

    def personal(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": "x", "name": request.headers["Authorization"]})

    app = App(personal)
    buildkite = flavor.client(app, cache=Cache(), coalesce=True, token=lambda: f"bkua_{user.get()}")
    for _ in range(2):
        for name in ("ann", "bob"):
            user.set(name)
            assert (await flavor.call(buildkite.pipelines.get, "web")).name == f"Bearer bkua_{name}"
    assert len(app.requests) == 2


def test_an_answer_to_a_token_that_changed_meanwhile_is_not_kept() -> None:
    tokens = iter(["bkua_old", "bkua_new", "bkua_old", "bkua_old", "bkua_old"])
    app = App(api)
    buildkite = client(app, token=lambda: next(tokens))
    for _ in range(3):
        buildkite.pipelines.get("web")
    assert [request.headers["Authorization"] for request in app.requests] == ["Bearer bkua_new", "Bearer bkua_old"]


def test_answers_differ_by_query_organization_and_accepted_type() -> None:
    app = App(api)
    buildkite = client(app)
    for _ in range(2):
        buildkite.builds.get("web", 7)
        buildkite.builds.get("web", 7, exclude_jobs=True)
        buildkite.builds.get("other/web", 7)
        buildkite.request("GET", "organizations/{org}/pipelines/web/builds/7", headers={"Accept": "application/json"})
        buildkite.request("GET", "organizations/{org}/pipelines/web/builds/7", headers={"Accept": "text/html"})
    assert len(app.requests) == 4  # the first one accepts JSON too


def test_clients_of_one_store_share_answers_and_those_of_others_don_t() -> None:
    app, store, clock = App(api), MemoryStore(), FakeClock()
    one, two = (client(app, store=store, clock=clock) for _ in range(2))
    one.pipelines.get("web")
    two.pipelines.get("web")
    assert len(app.requests) == 1
    client(app).pipelines.get("web")
    assert len(app.requests) == 2


def test_answers_of_another_api_are_others() -> None:
    app, store, clock = App(api), MemoryStore(), FakeClock()
    one, two = (client(app, store=store, clock=clock, base_url=url) for url in (API, "https://proxy.test/buildkite"))
    one.pipelines.get("web")
    two.pipelines.get("web")
    two.pipelines.get("web")
    assert len(app.requests) == 2
    two.cache.clear()
    one.pipelines.get("web")
    assert len(app.requests) == 2
    two.pipelines.get("web")
    two.pipelines.get("web")
    assert len(app.requests) == 3
    two.pipelines.update("web", name="x")
    two.pipelines.get("web")
    assert len(app.requests) == 5
    one.pipelines.get("web")
    assert len(app.requests) == 5


# --- What a caller gets -----------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_each_caller_gets_an_answer_of_its_own(flavor: Flavor) -> None:
    app = App(answer({"id": "x", "tags": ["a"]}, X_Request_Id="r1", RateLimit_Remaining="7", Set_Cookie="a=b"))
    buildkite = flavor.client(app, cache=Cache())
    got = [await flavor.call(buildkite.request, "GET", "organizations/{org}/pipelines/web") for _ in range(3)]
    assert len(app.requests) == 1
    assert len({id(each) for each in got}) == len({id(each.request) for each in got}) == 3
    got[1].headers["X-Mine"] = "1"
    assert "X-Mine" not in got[2].headers
    assert [each.json() for each in got] == [{"id": "x", "tags": ["a"]}] * 3
    assert [each.headers["X-Request-Id"] for each in got] == ["r1"] * 3
    for each in got[1:]:
        assert "RateLimit-Remaining" not in each.headers
        assert "Set-Cookie" not in each.headers
        assert (each.status_code, each.elapsed.total_seconds()) == (200, 0)
    models = [await flavor.call(buildkite.pipelines.get, "web") for _ in range(2)]
    models[0].tags.append("b")
    assert models[1].tags == ["a"]


def test_an_answer_from_the_cache_tells_its_age() -> None:
    clock = FakeClock()
    buildkite = client(App(api), clock=clock)
    ages = []
    for _ in range(3):
        ages.append(buildkite.request("GET", "organizations/{org}/pipelines/web").headers.get("Age"))
        clock.advance(12.7)
    assert ages == [None, "12", "25"]


def test_the_pages_of_a_list_are_kept_each() -> None:
    link = f'<{API}/v2/organizations/acme/pipelines?page=2&per_page=100>; rel="next"'
    first, last = answer([{"id": str(n)} for n in range(100)], Link=link), answer([{"id": "100"}])
    app = App(lambda request: last if "page=2" in str(request.url) else first)
    buildkite = client(lambda request: App(first)(request) if "page=2" not in str(request.url) else app(request))
    assert len(list(buildkite.pipelines.list())) == 101
    assert len(list(buildkite.pipelines.list())) == 101
    assert len(app.requests) == 1
    assert buildkite.cache.stats == CacheStats(hits=2, misses=2, entries=2, bytes=buildkite.cache.stats.bytes)


def test_an_answer_larger_than_a_client_takes_isn_t_taken_from_the_cache() -> None:
    app = App(answer({"id": "x", "name": "n" * 1000}))
    buildkite = client(app)
    buildkite.pipelines.get("web")
    with pytest.raises(errors.InvalidResponse, match="larger than 500 bytes"):
        buildkite.with_options(max_body=500).pipelines.get("web")
    size = len(buildkite.request("GET", "organizations/{org}/pipelines/web").content)
    sent = len(app.requests)
    buildkite.with_options(max_body=size).pipelines.get("web")
    assert len(app.requests) == sent


def test_a_kept_answer_counts_for_no_limit_and_passes_an_open_circuit() -> None:
    app = App(api, *[answer({}, 500)] * 5)
    buildkite = client(app, retry=ONCE)
    buildkite.pipelines.get("web")
    for number in range(5):
        with pytest.raises(errors.ServerError):
            buildkite.pipelines.get(f"other-{number}")
    with pytest.raises(CircuitOpen):
        buildkite.pipelines.get("another")
    assert buildkite.pipelines.get("web").id == "x"


# --- Writes -----------------------------------------------------------------------------------------------------------

READS = {
    "build": "pipelines/web/builds/7",
    "its other form": "pipelines/web/builds/7?exclude_jobs=true",
    "another build": "pipelines/web/builds/8",
    "a build elsewhere": "pipelines/api/builds/7",
    "pipeline": "pipelines/web",
    "another pipeline": "pipelines/api",
    "pipelines": "pipelines",
    "cluster": "clusters/c1",
    "another cluster": "clusters/c2",
    "clusters": "clusters",
    "queues": "clusters/c1/queues",
    "queue": "clusters/c1/queues/q1",
    "another queue": "clusters/c2/queues/q2",
    "agents": "agents",
    "agent": "agents/a1",
}
BUILD = {"build", "its other form"}
BUILDS = BUILD | {"another build", "a build elsewhere"}
AGENTS = {"agents", "agent"}
CLUSTER = {"cluster", "clusters", "queues", "queue"}
PIPELINE = {*BUILD, "another build", "pipeline", "pipelines"}
WRITES: dict[tuple[str, str], set[str]] = {
    ("PUT", "pipelines/web/builds/7/cancel"): BUILD,
    ("PUT", "pipelines/web/builds/7/rebuild"): BUILD,
    ("PUT", "pipelines/web/builds/7/retry_failed_jobs"): BUILD,
    ("PUT", "pipelines/web/builds/7/jobs/j1/retry"): BUILD,
    ("PUT", "pipelines/web/builds/7/jobs/j1/unblock"): BUILD,
    ("PUT", "pipelines/WEB/builds/7/jobs/j1/retry"): BUILD,
    ("PUT", "pipelines/%77eb/builds/7/jobs/j1/retry"): BUILD,
    ("POST", "pipelines/web/builds/7/annotations"): BUILD,
    ("POST", "pipelines/web/builds/7/something/new"): BUILD,
    ("DELETE", "pipelines/web/builds/7/jobs/j1/log"): BUILD,
    ("PUT", "jobs/j1/retry"): BUILDS,
    ("PUT", "jobs/j1/unblock"): BUILDS,
    ("DELETE", "jobs/j1/artifacts/a1"): BUILDS,
    ("POST", "pipelines/web/builds"): set(),
    ("PATCH", "pipelines/web"): PIPELINE,
    ("DELETE", "pipelines/web"): PIPELINE,
    ("POST", "pipelines/web/archive"): PIPELINE,
    ("POST", "pipelines/web/schedules"): PIPELINE,
    ("POST", "pipelines"): {"pipelines"},
    ("PUT", "clusters/c1"): CLUSTER,
    ("POST", "clusters/c1/queues"): CLUSTER,
    ("POST", "clusters/c1/queues/q1/pause_dispatch"): CLUSTER,
    ("DELETE", "clusters/c1/queues/q1"): CLUSTER,
    ("POST", "clusters"): {"clusters"},
    ("DELETE", "clusters/c1"): set(READS),
    ("PUT", "agents/a1/stop"): {"agents", "agent"},
    ("PUT", "agents/a2/pause"): {"agents", "agent"},
    ("POST", "teams/t1/pipelines"): set(READS),
    ("PUT", "something/new"): set(READS),
    ("POST", "/v2/analytics/organizations/acme/suites"): set(),
    ("POST", "/v2/packages/organizations/acme/registries"): set(),
    ("PUT", "/v2/organizations/other/pipelines/web/builds/7/cancel"): set(),
    ("DELETE", "/v2/access-token"): set(READS),
}


JOBS = {"jobs/j1", "jobs/j1/annotations"}
LISTS = {"builds", "pipelines/web/builds", "/v2/builds"}
JOINED: dict[str, set[str]] = {
    "pipelines/web/builds/7/cancel": {"pipelines/web/builds/7/jobs", *JOBS, *LISTS},
    "pipelines/api/builds/7/cancel": {*JOBS, *LISTS},
    "jobs/j1/retry": {"pipelines/web/builds/7/jobs", *JOBS, *LISTS},
    "pipelines/web/schedules/s1": {"pipelines/web/builds/7/jobs", "pipelines/web/schedules", *LISTS},
    "agents/a1/stop": set(),
    "/v2/organizations/other/pipelines/web/builds/7/cancel": {"/v2/builds"},
    "something/new": {"pipelines/web/builds/7/jobs", "pipelines/web/schedules", *JOBS, *LISTS, ""},
    "/v2/something/new": {"pipelines/web/builds/7/jobs", "pipelines/web/schedules", *JOBS, *LISTS, "", "/v2/user"},
}


@pytest.mark.parametrize(("write", "changed"), JOINED.items(), ids=JOINED)
def test_reads_that_are_only_shared_are_not_those_of_before_a_write(write: str, changed: set[str]) -> None:
    """An answer that was begun before is neither kept nor joined if its tags have another version."""
    reads = set().union(*JOINED.values())
    entries = Entries()
    tags = {read: frozenset(tags_of("", whole(read))) for read in reads}
    before = {read: entries.find("", tags[read], 0.0, seconds=0).version for read in reads}
    entries.change(change_of("", "PUT", whole(write)), 0.0)
    assert {read for read in reads if entries.find("", tags[read], 0.0, seconds=0).version != before[read]} == changed


def whole(path: str) -> str:
    return path if path.startswith("/v2/") else f"/v2/organizations/acme/{path}"


def sent_again(app: App, buildkite: BuildkiteClient) -> set[str]:
    """Return the reads that aren't answered from the cache."""
    found = set()
    for name, path in READS.items():
        before = len(app.requests)
        buildkite.request("GET", whole(path))
        if len(app.requests) > before:
            found.add(name)
    return found


@pytest.mark.parametrize(("write", "dropped"), WRITES.items(), ids=map(str, WRITES))
def test_a_write_drops_what_it_changes(write: tuple[str, str], dropped: set[str]) -> None:
    app = App(api)
    buildkite = client(app)
    assert sent_again(app, buildkite) == set(READS)
    assert sent_again(app, buildkite) == set()
    buildkite.request(write[0], whole(write[1]))
    assert sent_again(app, buildkite) == dropped


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.method not in ("GET", "HEAD")])
def test_every_write_of_the_description_below_a_resource_drops_it(operation: Any) -> None:
    names = {"pipeline_slug": "web", "build_number": "7", "cluster_id": "c1", "queue_id": "q1", "agent_id": "a1"}
    path = operation.path.replace("{org_slug}", "acme")
    below = {
        "build": "/pipelines/{pipeline_slug}/builds/{build_number}" in path,
        "pipeline": "/pipelines/{pipeline_slug}" in path and "/builds" not in path,
        "cluster": "/clusters/{cluster_id}" in path,
        "queue": "/queues/{queue_id}" in path,
        "agent": "/agents/{agent_id}" in path,
    }
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    path = "/".join("x" if part.startswith("{") else part for part in path.split("/"))
    app = App(api)
    buildkite = client(app)
    sent_again(app, buildkite)
    with suppress(errors.BuildkiteError):
        buildkite.request(operation.method, path)
    assert {name for name, is_below in below.items() if is_below} <= sent_again(app, buildkite)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "outcome",
    [
        answer({"message": "no"}, 422),
        answer({"message": "oops"}, 500),
        httpx.ReadError("reset"),
        httpx.ConnectError("no"),
    ],
    ids=repr,
)
async def test_a_write_that_failed_drops_too_since_it_may_have_acted(flavor: Flavor, outcome: Any) -> None:
    app = App(answer(done()), outcome, answer(done(state="failed")))
    buildkite = flavor.client(app, cache=Cache(), retry=ONCE)
    await flavor.call(buildkite.builds.get, "web", 7)
    with pytest.raises(errors.BuildkiteError):
        await flavor.call(buildkite.builds.rebuild, "web", 7)
    assert (await flavor.call(buildkite.builds.get, "web", 7)).state == "failed"


@pytest.mark.parametrize(
    "how",
    [
        lambda api: api.builds.retry_failed_jobs("web", 7),
        lambda api: api.jobs.retry("web", 7, "j1"),
        lambda api: api.request("PUT", "organizations/{org}/jobs/j1/retry"),
    ],
)
def test_a_retried_build_that_still_says_finished_isn_t_kept_for_30_seconds(how: Any) -> None:
    app, clock = App(answer(done(state="failed"))), FakeClock()
    buildkite = client(app, clock=clock)
    buildkite.builds.get("web", 7)
    how(buildkite)
    sent = len(app.requests)
    for _ in range(3):
        buildkite.builds.get("web", 7)
        clock.advance(9)
    assert len(app.requests) == sent + 3
    clock.advance(4)
    for _ in range(3):
        buildkite.builds.get("web", 7)
    assert len(app.requests) == sent + 4


@pytest.mark.parametrize("outcome", [answer({"message": "oops"}, 500), httpx.ReadError("reset")], ids=repr)
def test_a_write_whose_answer_was_lost_may_act_for_30_seconds(outcome: Any) -> None:
    app, clock = App(outcome, answer({"id": "x"})), FakeClock()
    buildkite = client(app, clock=clock, retry=ONCE)
    with pytest.raises(errors.BuildkiteError):
        buildkite.pipelines.archive("web")
    for _ in range(3):
        buildkite.pipelines.get("web")
    assert len(app.requests) == 4
    clock.advance(31)
    for _ in range(3):
        buildkite.pipelines.get("web")
    assert len(app.requests) == 5


def test_a_write_by_a_copy_or_another_client_without_a_cache_drops_too() -> None:
    app, store, clock = App(api), MemoryStore(), FakeClock()
    buildkite = client(app, store=store, clock=clock)
    writers = [
        buildkite.with_options(cache=None),
        buildkite.with_options(token="bkua_other"),
        client(app, store=store, clock=clock, cache=None),
        client(app, store=store, clock=clock, cache=None, coalesce=True),
    ]
    for number, writer in enumerate(writers, start=1):
        buildkite.builds.get("web", number)
        writer.builds.rebuild("web", number)
        before = len(reads(app))
        buildkite.builds.get("web", number)
        assert len(reads(app)) == before + 1


def reads(app: App) -> list[httpx.Request]:
    """Return the requests for builds. With a second token the client asks for the users of both as well."""
    return [each for each in app.requests if each.method == "GET" and "/builds/" in each.url.path]


def test_a_write_by_a_generated_function_drops_too() -> None:
    from buildkite_api.api.builds import rebuild_build

    app = App(api)
    buildkite = client(app)
    buildkite.builds.get("web", 7)
    rebuild_build.sync("acme", "web", 7, client=buildkite.with_options(cache=None).raw)
    buildkite.builds.get("web", 7)
    assert len(app.requests) == 3


def test_a_write_that_is_refused_here_drops_nothing() -> None:
    app = App(api)
    buildkite = client(app, read_only=True)
    buildkite.builds.get("web", 7)
    with pytest.raises(errors.WriteRefused):
        buildkite.builds.rebuild("web", 7)
    buildkite.builds.get("web", 7)
    assert len(app.requests) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda api: api.cache.invalidate("web", 7),
        lambda api: api.cache.invalidate("web"),
        lambda api: api.cache.clear(),
        lambda api: api.builds.rebuild("web", 7),
        lambda api: api.pipelines.archive("web"),
        lambda api: api.cache.handle(event("build.running")),
    ],
)
def test_an_answer_that_was_begun_before_a_change_isn_t_kept(change: Callable[[Any], object]) -> None:
    other: list[BuildkiteClient] = []

    def changing(request: httpx.Request) -> httpx.Response:
        found = api(request)
        if request.method == "GET" and other:
            change(other.pop())
        return found

    app = App(changing)
    buildkite = client(app, budget=None)
    other.append(buildkite)
    buildkite.builds.get("web", 7)
    assert buildkite.cache.stats.entries == 0
    before = len(app.requests)
    buildkite.builds.get("web", 7)
    assert len(app.requests) == before + 1


def test_a_change_elsewhere_meanwhile_doesn_t_matter() -> None:
    changed: list[BuildkiteClient] = []

    def changing(request: httpx.Request) -> httpx.Response:
        for each in changed:
            each.cache.invalidate("web", 8)
        return api(request)

    app = App(changing)
    buildkite = client(app)
    changed.append(buildkite)
    for _ in range(3):
        buildkite.builds.get("web", 7)
    assert len(app.requests) == 1


# --- Events -----------------------------------------------------------------------------------------------------------


def event(name: str, **changes: Any) -> Any:
    """Return a webhook event as Buildkite sends it."""
    root = f"{API}/v2/organizations/acme"
    kind = name.partition(".")[0]
    body: dict[str, Any] = {"event": name}
    if kind == "agent":
        body["agent"] = {"id": "a1", "url": f"{root}/agents/a1"}
    elif kind in ("build", "job"):
        body["build"] = {
            "id": "b",
            "number": 7,
            "url": f"{root}/pipelines/web/builds/7",
            "state": "passed",
        }
        body["pipeline"] = {"id": "p", "slug": "web", "url": f"{root}/pipelines/web"}
        if kind == "job":
            body["job"] = {"id": "j1", "type": "script", "state": "passed"}
    return parse(json.dumps({**body, **changes}).encode())


EVENTS = {
    **dict.fromkeys(
        [f"build.{each}" for each in ("scheduled", "running", "failing", "finished", "skipped", "of_tomorrow")], BUILD
    ),
    **dict.fromkeys(
        [
            f"job.{each}"
            for each in ("scheduled", "started", "finished", "activated", "promised_exit_status", "of_tomorrow")
        ],
        BUILD,
    ),
    **dict.fromkeys(
        [f"agent.{each}" for each in ("connected", "lost", "disconnected", "stopping", "stopped", "of_tomorrow")],
        AGENTS,
    ),
    "ping": set(),
    "package.created": set(),
    "something.else": set(),
}


@pytest.mark.parametrize(("name", "dropped"), EVENTS.items(), ids=EVENTS)
def test_an_event_drops_what_it_tells_of(name: str, dropped: set[str]) -> None:
    app = App(api)
    buildkite = client(app)
    sent_again(app, buildkite)
    buildkite.cache.handle(event(name))
    assert sent_again(app, buildkite) == dropped


@pytest.mark.anyio
async def test_an_event_is_handled_in_both_flavors(flavor: Flavor) -> None:
    app = App(api)
    buildkite = flavor.client(app, cache=Cache())
    for name in ("build.finished", "job.finished"):
        await flavor.call(buildkite.builds.get, "web", 7)
        await flavor.call(buildkite.cache.handle, event(name))
    await flavor.call(buildkite.builds.get, "web", 7)
    assert len(app.requests) == 3


@pytest.mark.parametrize(
    ("changes", "dropped"),
    [
        ({"build": {"id": "b", "number": 7}}, BUILD),
        ({"build": {"id": "b", "number": 7}, "pipeline": {"id": "p", "slug": "web"}}, BUILD),
        ({"build": {"id": "b"}}, PIPELINE),
        ({"build": {"id": "b"}, "pipeline": {"id": "p"}}, BUILDS),
        ({"build": {"id": "b", "number": 7, "url": 3}, "pipeline": {"id": "p", "slug": "web"}}, BUILD),
    ],
    ids=["a number", "a number and a pipeline", "an id", "an id and a pipeline", "a URL that is none"],
)
def test_an_event_that_tells_less_drops_more(changes: dict[str, Any], dropped: set[str]) -> None:
    app = App(api)
    buildkite = client(app)
    sent_again(app, buildkite)
    buildkite.cache.handle(event("build.running", **changes))
    assert sent_again(app, buildkite) == dropped


def test_an_event_that_comes_before_the_api_shows_it_keeps_nothing_stale() -> None:
    clock = FakeClock()
    app = App(answer(done(state="failed")), answer(done(state="failed")), answer(build(7)))
    buildkite = client(app, clock=clock)
    buildkite.builds.get("web", 7)
    buildkite.cache.handle(event("build.running"))
    assert buildkite.builds.get("web", 7).state == "failed"  # the API lags
    assert buildkite.builds.get("web", 7).state == "running"


def test_a_build_is_kept_at_once_after_the_event_of_its_end() -> None:
    app = App(answer(build(7)), answer(done()))
    buildkite = client(app)
    buildkite.builds.get("web", 7)
    buildkite.cache.handle(event("build.finished"))
    for _ in range(3):
        buildkite.builds.get("web", 7)
    assert len(app.requests) == 2


def test_events_reach_the_cache_through_a_webhook_handler() -> None:
    from buildkite_ext.webhooks import BuildRunning, WebhookHandler
    from buildkite_ext.webhooks.testing import WebhookClient

    app = App(api)
    buildkite = client(app)
    hooks = WebhookHandler(secret="s3cret")
    hooks.on("*")(buildkite.cache.handle)
    buildkite.builds.get("web", 7)
    sample = {"build.url": f"{API}/v2/organizations/acme/pipelines/web/builds/7"}
    assert WebhookClient(hooks).send(BuildRunning, sample).status == 200
    buildkite.builds.get("web", 7)
    assert len(app.requests) == 2


# --- Fresh reads ------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_wait_never_reads_from_the_cache(flavor: Flavor) -> None:
    app = App(answer(done()), answer(done()), answer(build(7)), answer(build(7)), answer(done(state="failed")))
    buildkite = flavor.client(app, cache=Cache(), coalesce=True)
    for how in ({}, {"exclude_jobs": True}):
        assert (await flavor.call(buildkite.builds.get, "web", 7, **how)).state == "passed"
    result = await flavor.call(buildkite.builds.wait, "web", 7)
    assert result.outcome == "failed"
    assert len(app.requests) == 6


@pytest.mark.anyio
async def test_following_never_reads_from_the_cache(flavor: Flavor) -> None:
    app = App(answer(done()), answer(build(7)), answer(done(state="failed")))
    buildkite = flavor.client(app, cache=Cache())
    await flavor.call(buildkite.builds.get, "web", 7, include_retried_jobs=True)
    seen: list[str] = []
    await flavor.list(buildkite.builds.follow("web", 7, on_build=lambda each: seen.append(str(each.state))))
    assert seen == ["running", "failed"]


@pytest.mark.anyio
async def test_a_refused_cancel_looks_at_the_build_itself(flavor: Flavor) -> None:
    refused = answer({"message": "Build can't be canceled because it's already finished."}, 422)
    app = App(answer(done()), refused, answer(done(state="failed")))
    buildkite = flavor.client(app, cache=Cache())
    await flavor.call(buildkite.builds.get, "web", 7)
    assert (await flavor.call(buildkite.builds.cancel, "web", 7)).state == "failed"


def test_what_a_wait_ends_with_is_kept() -> None:
    app, clock = App(answer(done())), FakeClock()
    buildkite = client(app, clock=clock)
    buildkite.builds.wait("web", 7)
    assert len(app.requests) == 2
    assert buildkite.builds.get("web", 7).state == "passed"
    assert len(app.requests) == 2


def test_a_build_that_someone_else_retried_is_dropped_in_all_its_forms_once_it_is_seen() -> None:
    app = App(answer(done()), answer(build(7)))
    buildkite = client(app)
    buildkite.builds.get("web", 7)
    assert buildkite.builds.get("web", 7, exclude_jobs=True).state == "running"
    assert buildkite.builds.get("web", 7).state == "running"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_dropped_in_all_its_forms(status: int) -> None:
    app = App(answer(done()), answer({"message": "No build found"}, status))
    buildkite = client(app)
    buildkite.builds.get("web", 7)
    for how in ({"exclude_jobs": True}, {}):
        with pytest.raises(errors.ApiError):
            buildkite.builds.get("web", 7, **how)  # type: ignore[arg-type]


def test_an_answer_that_can_t_be_kept_drops_nothing_beside_its_own_resource() -> None:
    answers = {"builds/7": answer(build(7)), "builds/8": answer(done(8)), "agents/gone": answer({}, 404)}
    usual = answer({"id": "x"})
    app = App(lambda request: App(next((a for at, a in answers.items() if at in request.url.path), usual))(request))
    buildkite = client(app, retry=ONCE)
    kept: list[Callable[[], object]] = [
        lambda: buildkite.pipelines.get("web"),
        lambda: buildkite.builds.get("web", 8),
        lambda: buildkite.clusters.get("c"),
        lambda: buildkite.agents.get("a"),
    ]
    for read in kept:
        read()
    for at, failing in (
        ("clusters/c", lambda: buildkite.queues.get("c", "q")),
        ("builds/8", lambda: buildkite.builds.get("web", 8, exclude_jobs=True)),
    ):
        answers[at] = answer({}, 500)
        with pytest.raises(errors.ServerError):
            failing()
    assert str(buildkite.builds.get("web", 7).state) == "running"
    sent = len(app.requests)
    for read in kept:
        read()
    assert len(app.requests) == sent
    with pytest.raises(errors.AgentNotFound):
        buildkite.agents.get("gone")
    for read in kept:  # agents change together
        read()
    assert len(app.requests) == sent + 2


class CountingStore(MemoryStore):
    """Store that counts how often a client asks it for an answer."""

    asked = 0

    async def cached(self, *args: Any, **options: Any) -> Any:
        self.asked += 1
        return await super().cached(*args, **options)


def test_what_is_only_shared_takes_no_room() -> None:
    buildkite = client(App(api), coalesce=True, cache=Cache(pipelines=0))
    buildkite.pipelines.get("web")
    assert buildkite.cache.stats == CacheStats()


def test_the_store_is_asked_only_for_what_may_be_kept_or_shared() -> None:
    store = CountingStore()
    buildkite = client(App(api), store=store, cache=Cache(pipelines=0))
    buildkite.pipelines.get("web")
    assert store.asked == 0
    buildkite.clusters.get("c")
    assert store.asked == 1
    sharing = buildkite.with_options(cache=None, coalesce=True)
    sharing.builds.wait("web", 7)
    assert store.asked == 1
    sharing.pipelines.get("web")
    assert store.asked == 2


def test_a_client_that_only_shares_takes_nothing_that_another_one_keeps() -> None:
    app, store, clock = App(api), MemoryStore(), FakeClock()
    buildkite = client(app, store=store, clock=clock)
    sharing = buildkite.with_options(cache=None, coalesce=True)
    buildkite.pipelines.get("web")
    sharing.pipelines.get("web")
    assert len(app.requests) == 2
    assert (buildkite.cache.stats.hits, buildkite.cache.stats.misses) == (0, 1)


# --- By hand ----------------------------------------------------------------------------------------------------------


AT = f"{API}/v2/organizations/acme/pipelines/web"
PIPELINE_MODEL = Pipeline(id="p", slug="web", name="Web", url=AT)
BUILD_MODEL = Build(
    id="b", number=7, url=f"{AT}/builds/7", web_url="https://buildkite.com/acme/web/builds/7", state=BuildState.PASSED
)


@pytest.mark.parametrize(
    ("how", "dropped"),
    [
        (lambda cache: cache.clear(), set(READS)),
        (lambda cache: cache.invalidate("web", 7), BUILD),
        (lambda cache: cache.invalidate("acme/web", 7), BUILD),
        (lambda cache: cache.invalidate("https://buildkite.com/acme/web/builds/7"), BUILD),
        (lambda cache: cache.invalidate(BUILD_MODEL), BUILD),
        (lambda cache: cache.invalidate("web", BUILD_MODEL), BUILD),
        (lambda cache: cache.invalidate("web"), PIPELINE),
        (lambda cache: cache.invalidate(PIPELINE_MODEL), PIPELINE),
        (lambda cache: cache.invalidate("other/web"), set()),
        (lambda cache: cache.invalidate("nothing", 3), set()),
    ],
)
def test_answers_are_dropped_by_hand(how: Callable[[Any], object], dropped: set[str]) -> None:
    app = App(api)
    buildkite = client(app)
    sent_again(app, buildkite)
    how(buildkite.cache)
    assert sent_again(app, buildkite) == dropped
    assert sent_again(app, buildkite) == set()  # and may be kept again at once


@pytest.mark.anyio
async def test_the_cache_counts(flavor: Flavor) -> None:
    app = App(api)
    buildkite = flavor.client(app, cache=Cache())
    assert buildkite.cache.stats == CacheStats()
    for _ in range(3):
        await flavor.call(buildkite.builds.get, "web", 7)
    await flavor.call(buildkite.builds.list, "web")
    stats = buildkite.cache.stats
    assert (stats.hits, stats.misses, stats.entries) == (2, 1, 1)
    assert stats.bytes > len(app(app.requests[0]).content)
    await flavor.call(buildkite.cache.clear)
    assert buildkite.cache.stats == CacheStats(hits=2, misses=1)


# --- Bounds -----------------------------------------------------------------------------------------------------------


def test_the_answers_that_were_not_used_for_the_longest_time_go_first() -> None:
    app = App(api)
    buildkite = client(app, cache=Cache(entries=3))
    for number in (1, 2, 3, 1, 4):
        buildkite.builds.get("web", number)
    assert buildkite.cache.stats.entries == 3
    before = len(app.requests)
    for number in (1, 3, 4):
        buildkite.builds.get("web", number)
    assert len(app.requests) == before
    buildkite.builds.get("web", 2)
    assert len(app.requests) == before + 1


def test_500_answers_are_kept_by_default() -> None:
    app = App(api)
    buildkite = client(app, budget=None)
    for number in range(1, 521):
        buildkite.builds.get("web", number)
    assert buildkite.cache.stats.entries == 500


def test_the_bytes_of_all_answers_are_bounded() -> None:
    app = App(lambda request: httpx.Response(200, json=done(int(request.url.path.split("/")[7]), message="m" * 10_000)))
    buildkite = client(app, cache=Cache(bytes=35_000))
    for number in range(1, 10):
        buildkite.builds.get("web", number)
        assert buildkite.cache.stats.bytes <= 35_000
    assert buildkite.cache.stats.entries == 3
    small = client(app, cache=Cache(bytes=5_000))
    small.builds.get("web", 1)
    assert small.cache.stats.entries == small.cache.stats.bytes == 0


def test_an_expired_answer_takes_no_room() -> None:
    app, clock = App(api), FakeClock()
    buildkite = client(app, clock=clock)
    buildkite.agents.get("a1")
    clock.advance(60)
    app._answers[:] = [lambda _: httpx.Response(403, json={"message": "no"})]
    with pytest.raises(errors.AccessDenied):
        buildkite.agents.get("a1")
    assert buildkite.cache.stats.entries == buildkite.cache.stats.bytes == 0


# --- Threads and processes --------------------------------------------------------------------------------------------


def test_threads_share_a_cache() -> None:
    lock, requests = threading.Lock(), []

    def counting(request: httpx.Request) -> httpx.Response:
        with lock:
            requests.append(request)
        return api(request)

    buildkite = client(counting, budget=None, cache=Cache(entries=5))
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for step in range(200):
                number = (seed * 31 + step * 7) % 10 + 1
                assert buildkite.builds.get("web", number).number == number
                if step % 20 == seed:
                    buildkite.builds.rebuild("web", number)
                if step % 50 == seed:
                    buildkite.cache.clear()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert buildkite.cache.stats.entries <= 5
    buildkite.cache.clear()
    assert buildkite.cache.stats.entries == buildkite.cache.stats.bytes == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_process_begins_with_an_empty_cache() -> None:
    app = App(api)
    buildkite = client(app)
    buildkite.pipelines.get("web")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            empty = buildkite.cache.stats.entries == 0
            buildkite.pipelines.get("web")
            buildkite.pipelines.get("web")
            code = 0 if empty and len(app.requests) == 2 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    buildkite.pipelines.get("web")
    assert len(app.requests) == 1


# --- Against the simulator --------------------------------------------------------------------------------------------


def test_a_retry_reopens_a_build_of_the_simulator() -> None:
    simulator = Simulator(clock=VirtualClock())
    simulator.pipeline("web").job("test", exit_status=1, after=60)
    buildkite = simulator.client(cache=Cache(), coalesce=True)
    created = buildkite.builds.create("web", branch="main")
    assert buildkite.builds.wait("web", created.number).outcome == "failed"
    for _ in range(5):
        assert buildkite.builds.get("web", created.number).state == "failed"
    gets = [each for each in simulator.requests if each.operation == "get_build"]
    failed = buildkite.builds.get("web", created.number).jobs[0]
    assert len([each for each in simulator.requests if each.operation == "get_build"]) == len(gets)
    buildkite.jobs.retry("web", created.number, failed.id)
    assert buildkite.builds.get("web", created.number).state != "failed"


class CacheMachine(RuleBasedStateMachine):
    """Reads, writes, events and time, in any order: what a cached build says is what the API says.

    All changes are told to the cache: by a write of ours, or by an event of a write by others. Until that event has come, a
    cached answer may be old. The pipeline in a build counts the builds of the pipeline, and may be as old as the answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.simulator = Simulator(clock=VirtualClock())
        self.simulator.pipeline("web").job("test", exit_status=1, after=20).job("lint", after=5)
        self.simulator.pipeline("gate").job("test", after=5).block("ship").job("deploy", exit_status=1, after=5)
        self.cached = self.simulator.client(cache=Cache(entries=8), coalesce=True, budget=None)
        self.others = self.simulator.client(budget=None)
        self.untold: set[tuple[str, int]] = set()
        self.builds: list[tuple[str, int]] = []

    @rule(pipeline=st.sampled_from(["web", "gate"]))
    def create(self, pipeline: str) -> None:
        self.builds.append((pipeline, self.cached.builds.create(pipeline, branch="main").number))

    @rule(seconds=st.sampled_from([1.0, 6.0, 31.0, 400.0, 2000.0]))
    def pass_time(self, seconds: float) -> None:
        self.simulator.clock.sleep(seconds)

    @rule(data=st.data(), form=st.sampled_from([{}, {"exclude_jobs": True}, {"include_retried_jobs": True}]))
    def read(self, data: st.DataObject, form: dict[str, Any]) -> None:
        if self.builds:
            self.look(data.draw(st.sampled_from(self.builds)), form)

    def look(self, at: tuple[str, int], form: dict[str, Any]) -> None:
        found = self.cached.builds.get(*at, exclude_pipeline=True, **form)
        if at not in self.untold:
            assert found == self.others.builds.get(*at, exclude_pipeline=True, **form)

    @rule(
        data=st.data(),
        who=st.sampled_from(["us", "a copy", "others"]),
        write=st.sampled_from(["retry", "retry_by_id", "retry_failed_jobs", "rebuild", "cancel", "unblock"]),
    )
    def write(self, data: st.DataObject, who: str, write: str) -> None:
        if not self.builds:
            return
        at = data.draw(st.sampled_from(self.builds))
        jobs = self.others.builds.get(*at).jobs
        found = data.draw(st.sampled_from(jobs))
        self.look(at, {})
        writer = {"us": self.cached, "a copy": self.cached.with_options(cache=None, coalesce=False)}.get(
            who, self.others
        )
        try:
            match write:
                case "retry":
                    writer.jobs.retry(*at, found.id)
                case "retry_by_id":
                    writer.request("PUT", f"organizations/{{org}}/jobs/{found.id}/retry")
                case "unblock":
                    writer.jobs.unblock(*at, found.id)
                case "rebuild":
                    self.builds.append((at[0], writer.builds.rebuild(*at).number))
                case _:
                    getattr(writer.builds, write)(*at)
        except errors.ApiError:
            return
        if who == "others":
            self.untold.add(at)
        self.look(at, {})

    @rule(name=st.sampled_from(["build.running", "build.finished", "job.finished", "job.activated"]))
    def tell(self, name: str) -> None:
        for at in self.untold:
            path = f"{self.simulator.base_url}/v2/organizations/acme/pipelines/{at[0]}"
            told = {"id": "b", "number": at[1], "url": f"{path}/builds/{at[1]}"}
            self.cached.cache.handle(event(name, build=told, pipeline={"id": "p", "slug": at[0], "url": path}))
        self.untold.clear()

    @rule()
    def clear(self) -> None:
        self.cached.cache.clear()
        self.untold.clear()

    @invariant()
    def within_bounds(self) -> None:
        assert self.cached.cache.stats.entries <= 8


TestCacheMachine = CacheMachine.TestCase
TestCacheMachine.settings = settings(stateful_step_count=25, deadline=None, phases=[Phase.reuse, Phase.generate])


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("keep"), st.integers(0, 5), st.integers(0, 3)),
            st.tuples(st.just("change"), st.integers(0, 5), st.sampled_from([0, 4])),
            st.tuples(st.just("time"), st.integers(1, 5), st.just(0)),
        )
    ),
    st.integers(1, 3),
)
def test_what_was_begun_before_a_change_is_never_found_after_it(
    steps: list[tuple[str, int, int]], remembered: int
) -> None:
    """However few versions are remembered. Each kept answer was begun some steps earlier."""
    entries, now = Entries(remembered=remembered), 0.0
    history: list[tuple[float, dict[int, int]]] = []
    changed: dict[int, float] = {}
    for kind, which, more in steps:
        history.append(
            (now, {tag: entries.find("", frozenset({str(tag)}), now, seconds=0).version for tag in range(6)})
        )
        if kind == "time":
            now += which
        elif kind == "change":
            entries.change(Change(frozenset({str(which)}), float(more)), now)
            changed[which] = len(history)
            assert entries.find(str(which), frozenset({str(which)}), now, seconds=99).entry is None
        else:
            began, versions = history[max(0, len(history) - 1 - more)]
            entries.keep(
                str(which), frozenset({str(which)}), Entry((), b"", began, began + 50), versions[which], Cache()
            )
            found = entries.find(str(which), frozenset({str(which)}), now, seconds=99).entry
            if found is not None and found.sent == began and which in changed:
                sent_at = max(index for index, (at, _) in enumerate(history, start=1) if at <= found.sent)
                assert sent_at >= changed[which]


def held_by(
    entries: Entries, tag: str, *, sent: float, version: int | None = None, content: bytes = b""
) -> bytes | None:
    """Keep an answer with a tag, and return what is found for it then."""
    tags, policy = frozenset({tag}), Cache()
    if version is None:
        version = entries.find(tag, tags, sent, seconds=0).version
    entries.keep(tag, tags, Entry((), content, sent, sent + 50), version, policy)
    found = entries.find(tag, tags, sent, seconds=99).entry
    return None if found is None else found.content


def test_an_answer_is_kept_from_the_first_instant_on_and_a_later_one_replaces_it() -> None:
    entries = Entries()
    assert held_by(entries, "a", sent=0.0, content=b"1") == b"1"
    assert held_by(entries, "a", sent=0.0, content=b"2") == b"2"
    assert held_by(entries, "a", sent=9.0, content=b"3") == b"3"
    assert held_by(entries, "a", sent=8.0, content=b"4") == b"3"
    assert (entries.stats.entries, entries.stats.bytes) == (1, Entry((), b"3", 9.0, 59.0).size)


def test_what_a_change_reopens_is_kept_from_the_end_of_its_time_on() -> None:
    entries = Entries()
    entries.change(Change(frozenset({"a", "b"}), 30.0), 100.0)
    entries.change(Change(frozenset({"a"})), 110.0)
    assert held_by(entries, "a", sent=129.9) is None
    assert held_by(entries, "b", sent=130.0) == held_by(entries, "a", sent=130.0) == b""
    assert held_by(entries, "c", sent=100.0) == b""


def test_each_change_makes_what_was_begun_before_it_old() -> None:
    entries = Entries()
    for _ in range(3):
        begun = entries.find("a", frozenset({"a"}), 10.0, seconds=0).version
        entries.change(Change(frozenset({"a"})), 10.0)
        assert held_by(entries, "a", sent=11.0, version=begun) is None


def test_a_change_drops_what_is_left_of_its_answers() -> None:
    entries, tags = Entries(), frozenset({"a", "b"})
    for key in ("1", "2"):
        entries.keep(key, tags, Entry((), b"", 0.0, 9.0 * int(key)), 0, Cache())
    assert entries.find("1", tags, 9.0, seconds=99).entry is None  # its time has passed
    entries.change(Change(frozenset({"b"})), 9.0)
    assert entries.find("2", tags, 9.0, seconds=99).entry is None
    assert (entries.stats.entries, entries.stats.bytes) == (0, 0)


def test_as_many_versions_are_remembered_as_asked_for() -> None:
    entries = Entries(remembered=2)
    begun = entries.find("c", frozenset({"c"}), 0.0, seconds=0).version
    for tag in ("a", "b", "a", "b"):
        entries.change(Change(frozenset({tag}), 5.0), 10.0)
    assert held_by(entries, "c", sent=1.0, version=begun) == b""
    entries.change(Change(frozenset({"d"})), 10.0)  # that of `a` is forgotten, so it counts for all
    assert held_by(entries, "e", sent=20.0, version=begun) is None
    assert held_by(entries, "e", sent=14.0) is None
    assert held_by(entries, "e", sent=15.0) == b""
