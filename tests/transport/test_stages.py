"""What a user puts into the path of each request: stages, headers, query parameters and a name; and the quota of retries."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import trio
from buildkite_api.operations import OPERATIONS, Operation

from buildkite_ext import BuildkiteClient, InvalidResponse, ResponseLost, Retry, Runtime, Send, WriteAudited, errors
from buildkite_ext.simulation import Simulator
from tests.core.fakes import TOKEN, App, FakeClock, Flavor, answer, build

from .virtual_time import run, simulated

FAST = Retry(attempts=3, base=0)


@pytest.mark.anyio
async def test_a_stage_sees_each_call_once_and_without_its_token(flavor: Flavor) -> None:
    seen: list[tuple[str, bool]] = []

    async def stage(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        seen.append((request.method, "authorization" in request.headers))
        request.headers["X-Team"] = "platform"
        return await send(request)

    app = App(answer({"message": "oops"}, 500), answer(build(7)))
    buildkite = flavor.client(app, retry=FAST, stages=[stage])
    assert (await flavor.call(buildkite.builds.get, "web", 7)).number == 7
    assert seen == [("GET", False)]
    assert [request.headers["x-team"] for request in app.requests] == ["platform"] * 2


@pytest.mark.anyio
async def test_stages_run_in_their_order_and_may_answer_themselves(flavor: Flavor) -> None:
    order: list[str] = []

    def named(name: str) -> Any:
        async def stage(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
            order.append(name)
            return answer(build(3)) if name == "last" else await send(request)

        return stage

    app = App(answer(build(7)))
    buildkite = flavor.client(app, stages=[named("first"), named("last")])
    assert (await flavor.call(buildkite.builds.get, "web", 7)).number == 3
    assert (order, app.requests) == (["first", "last"], [])


@pytest.mark.anyio
async def test_the_error_of_a_stage_is_the_error_of_the_call(flavor: Flavor) -> None:
    async def stage(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        await flavor.call(flavor.client(App(answer(build(7))), stages=[stage]).builds.get, "web", 7)


@pytest.mark.anyio
async def test_headers_query_and_name_go_with_each_request_to_the_api(flavor: Flavor) -> None:
    app = App(
        answer([build(7)], Link='<https://api.buildkite.com/v2/organizations/acme/builds?page=2>; rel="next"'),
        answer([]),
    )
    buildkite = flavor.client(
        app, headers={"Buildkite-Version": "2026-08-01"}, query={"beta": "a b"}, user_agent="bot/1.2"
    )
    await flavor.list(buildkite.builds.list())
    for request in app.requests:
        assert request.headers["buildkite-version"] == "2026-08-01"
        assert request.url.params["beta"] == "a b"
        assert request.headers["user-agent"].startswith("bot/1.2 buildkite-ext/")
    assert len(app.requests) == 2


def test_headers_stay_with_the_api() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", artifacts={"a.txt": b"a"}).history(1)
    stored: list[httpx.Request] = []
    inner = simulator.transport()

    def note(request: httpx.Request) -> httpx.Response:
        stored.append(request)
        return inner.handle_request(request)

    with simulator.client(
        transport=httpx.MockTransport(note), headers={"X-Secret": "s3cret"}, query={"k": "s3cret"}
    ) as buildkite:
        assert buildkite.artifacts.read(buildkite.artifacts.list("web", 1).first(), max_bytes=10) == b"a"
    hosts = {request.url.host: "s3cret" in f"{request.headers.raw}{request.url}" for request in stored}
    assert hosts == {"api.buildkite.test": True, "artifacts.buildkite.test": False}


@pytest.mark.parametrize(
    "wrong",
    [
        *({"headers": {name: "x"}} for name in ("Authorization", "cookie", "HOST", "Content-Length", "a b", "", "ä")),
        *({"headers": {"X-A": value}} for value in ("a\r\nX-B: 1", "ä", 3, None)),
        *({"query": value} for value in ("a=1", {"a": 1}, [("a", "b")])),
        *({"user_agent": value} for value in ("", "a\nb", 3, "ä")),
        *({"stages": value} for value in (3, [3])),
    ],
    ids=str,
)
def test_what_can_t_be_sent_is_refused_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(errors.ConfigurationError, match=f"^{name}="):
        BuildkiteClient("acme", token=TOKEN, **wrong)


def test_an_error_shows_no_value_of_a_header() -> None:
    with pytest.raises(errors.ConfigurationError) as error:
        BuildkiteClient("acme", token=TOKEN, headers={"Authorization": "s3cret"}, query={"a": "s3cret"})
    assert "s3cret" not in str(error.value)
    assert "s3cret" not in repr(
        BuildkiteClient("acme", token=TOKEN, headers={"X-A": "s3cret"}, query={"a": "s3cret"}).options
    )


@pytest.mark.anyio
async def test_a_read_only_client_sends_no_write(flavor: Flavor) -> None:
    app = App(answer(build(7)))
    buildkite = flavor.client(app, read_only=True)
    assert (await flavor.call(buildkite.builds.get, "web", 7)).number == 7
    for write in (
        lambda: buildkite.builds.create("web", commit="HEAD", branch="main"),
        lambda: buildkite.builds.cancel("web", 7),
        lambda: buildkite.request("DELETE", "organizations/acme/pipelines/web"),
    ):
        with pytest.raises(errors.WriteRefused, match="read-only"):
            await flavor.call(write)
    assert len(app.requests) == 1
    await flavor.call(buildkite.with_options(read_only=False).builds.cancel, "web", 7)
    assert len(app.requests) == 2


async def _deletes(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
    request.method = "DELETE"
    return await send(request)


async def _deletes_by_another_request(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
    return await send(httpx.Request("DELETE", request.url, headers=request.headers))


async def _deletes_first(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
    await send(httpx.Request("DELETE", request.url, headers=request.headers))
    return await send(request)


@pytest.mark.anyio
@pytest.mark.parametrize("stage", [_deletes, _deletes_by_another_request, _deletes_first])
async def test_a_write_that_a_stage_makes_of_a_read_counts_as_a_write(flavor: Flavor, stage: Any) -> None:
    """For `read_only`, for the audit, and for the retries."""
    lost = httpx.ReadError("gone")
    app, events = App(lost, lost, answer({"slug": "web"})), list[Any]()
    buildkite = flavor.client(app, read_only=True, stages=[stage], on_event=events.append)
    with pytest.raises(errors.WriteRefused, match=r"DELETE .*/pipelines/web: the client is read-only"):
        await flavor.call(buildkite.pipelines.get, "web")
    assert app.requests == []
    with pytest.raises(errors.ResponseLost):
        await flavor.call(buildkite.with_options(read_only=False, retry=Retry(attempts=1)).pipelines.get, "web")
    audited = [event for event in events if isinstance(event, WriteAudited)]
    assert [(each.method, each.operation, each.result, each.error) for each in audited] == [
        ("DELETE", "delete_pipeline", "refused", "WriteRefused"),
        ("DELETE", "delete_pipeline", "unknown", "ResponseLost"),
    ]
    assert [each.parameters for each in audited] == [{"org_slug": "acme", "pipeline_slug": "web"}] * 2


@pytest.mark.anyio
async def test_a_request_that_a_stage_makes_anew_stays_the_same_call(flavor: Flavor) -> None:
    """It has the deadline of the call, and its operation."""
    app = App(*[answer({"message": "off"}, 503)] * 3)

    async def stage(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        return await send(httpx.Request(request.method, request.url, headers=request.headers))

    clock = FakeClock()
    buildkite = flavor.client(app, clock=clock, stages=[stage], timeout=0.001, retry=Retry(base=50, attempts=3))
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.call(buildkite.builds.get, "web", 7)
    assert len(app.requests) == 1


async def _forgets(request: httpx.Request, send: Send, runtime: Runtime) -> Any:
    await send(request)


async def _does_not_await(request: httpx.Request, send: Send, runtime: Runtime) -> Any:
    return send(request)


async def _decodes(request: httpx.Request, send: Send, runtime: Runtime) -> Any:
    return (await send(request)).json()


def _is_no_coroutine(request: httpx.Request, send: Send, runtime: Runtime) -> Any:
    return answer(build(7))


class _Stage:
    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> Any:
        await send(request)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("stage", "wrong"),
    [
        (_forgets, "_forgets returned None"),
        (_does_not_await, "_does_not_await returned a coroutine"),
        (_decodes, "_decodes returned a dict"),
        (_is_no_coroutine, "_is_no_coroutine isn't written with `async def`"),
        (_Stage(), "_Stage returned None"),
    ],
)
async def test_a_stage_that_returns_no_answer_is_named(flavor: Flavor, stage: Any, wrong: str) -> None:
    async def outer(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        return await send(request)

    buildkite = flavor.client(App(answer(build(7))), stages=[outer, stage])
    with pytest.raises(TypeError, match=re.escape(f"stages=: {wrong}")) as error:
        await flavor.call(buildkite.builds.get, "web", 7)
    assert "`return await send(request)`" in str(error.value)


@pytest.mark.parametrize(("failure", "retries"), [("500", 100), ("lost", 100), ("429", 400)])
def test_an_outage_is_not_multiplied_by_the_attempts_of_each_call(failure: str, retries: int) -> None:
    requests = 0

    async def fail(_: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        await trio.sleep(0.1)
        if failure == "lost":
            raise httpx.ReadError("reset")
        return httpx.Response(int(failure), json={"message": "no"})

    async def main() -> None:
        api = simulated().async_client(
            transport=httpx.MockTransport(fail), breaker=None, budget=None, retry=Retry(attempts=5), timeout=None
        )

        async def get() -> None:
            with pytest.raises((errors.ApiError, ResponseLost)):
                await api.builds.get("web", 1)

        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(get)

    run(main)
    assert requests == 100 + retries


def test_successes_give_retries_back() -> None:
    app = App(*[answer({}, 500), answer(build(7))] * 300)
    buildkite = Flavor("blocking").client(app)
    for _ in range(300):
        assert buildkite.builds.get("web", 7).number == 7
    assert len(app.requests) == 600


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=utf-8", "TEXT/HTML"])
async def test_a_web_page_instead_of_a_text_is_no_answer(flavor: Flavor, kind: str) -> None:
    page = httpx.Response(200, headers={"Content-Type": kind}, content=b"<h1>Sign in to the proxy</h1>")
    buildkite = flavor.client(App(page))
    with pytest.raises(InvalidResponse, match=r"log\.txt: the answer is a web page .* Check base_url"):
        await flavor.call(buildkite.jobs.log_text, "web", 7, "b2c3d4e5-0000-4000-8000-000000000000")


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Type": "text/plain; charset=utf-8"}, {}])
async def test_a_text_is_one_whatever_it_looks_like(flavor: Flavor, headers: dict[str, str]) -> None:
    buildkite = flavor.client(App(httpx.Response(200, headers=headers, content=b"<h1>Report</h1>")))
    assert (
        await flavor.call(buildkite.jobs.log_text, "web", 7, "b2c3d4e5-0000-4000-8000-000000000000")
        == "<h1>Report</h1>"
    )


@pytest.mark.anyio
async def test_a_log_as_a_web_page_is_one(flavor: Flavor) -> None:
    buildkite = flavor.client(
        App(httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"<span>ok</span>"))
    )
    assert (
        await flavor.call(buildkite.jobs.log_html, "web", 7, "b2c3d4e5-0000-4000-8000-000000000000")
        == "<span>ok</span>"
    )


OTHER_TYPES = [each for each in OPERATIONS.values() if each.accept not in ("application/json", "text/html")]


@pytest.mark.parametrize("operation", OTHER_TYPES, ids=[each.id for each in OTHER_TYPES])
def test_every_operation_that_answers_something_else_than_json_refuses_a_web_page(operation: Operation) -> None:
    page = httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"<h1>Sign in</h1>")
    path = re.sub(r"{\w+}", "7", operation.path).removeprefix("/v2/")
    with (
        BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(lambda _: page)) as client,
        pytest.raises(InvalidResponse),
    ):
        client.request(operation.method, path)
