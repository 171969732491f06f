"""The two clients, and one call through them."""

from __future__ import annotations

import asyncio
import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from buildkite_api.api.artifacts import download_job_artifact
from buildkite_api.api.builds import create_build, get_build
from buildkite_api.api.jobs import get_job_log, get_job_log_html, get_job_log_text, head_job_log
from buildkite_api.api.meta import get_meta
from buildkite_api.api.pipelines import get_pipeline
from buildkite_api.models import Build, CreateBuildRequest
from buildkite_api.operations import match
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, Retry, SchemaDrift, errors
from buildkite_ext.version import __version__

from .fakes import API, TOKEN, App, Body, FakeClock, Flavor, agents, answer, body_of, build


async def test_any_operation_can_be_called_and_gives_its_model(flavor: Flavor) -> None:
    app = App(answer(build(7, state="passed")))
    found = await flavor.call(flavor.client(app).call, get_build, "acme", "web", 7, exclude_jobs=True)
    assert isinstance(found, Build)
    assert (found.number, found.state) == (7, "passed")
    assert app.paths == ["/v2/organizations/acme/pipelines/web/builds/7?exclude_jobs=true"]


async def test_a_request_says_who_sends_it_and_what_it_expects(flavor: Flavor) -> None:
    app = App(httpx.Response(200, text="log"))
    client = flavor.client(app)
    for endpoint in (get_job_log_text, get_job_log_html):
        await flavor.call(client.call, endpoint, "acme", "j1")
    await flavor.call(client.request, get_job_log, "acme", "j1")
    assert [request.headers["Accept"] for request in app.requests] == ["text/plain", "text/html", "application/json"]
    assert app.requests[0].headers["User-Agent"].startswith(f"buildkite-ext/{__version__} ")


async def test_text_comes_as_text(flavor: Flavor) -> None:
    app = App(httpx.Response(200, content="grün\n".encode(), headers={"Content-Type": "text/plain"}))
    assert await flavor.call(flavor.client(app).call, get_job_log_text, "acme", "j1") == "grün\n"


async def test_a_request_gives_the_answer_as_it_came(flavor: Flavor) -> None:
    app = App(httpx.Response(200, headers={"Content-Length": "123456", "Accept-Ranges": "bytes"}))
    response = await flavor.call(flavor.client(app).request, head_job_log, "acme", "j1")
    assert response.headers["Content-Length"] == "123456"
    assert app.requests[0].method == "HEAD"


async def test_a_documented_redirect_is_given_out_and_not_followed(flavor: Flavor) -> None:
    app = App(httpx.Response(302, headers={"Location": "https://storage.test/a"}))
    response = await flavor.call(flavor.client(app).request, download_job_artifact, "acme", "j1", "a1")
    assert (response.status_code, response.headers["Location"]) == (302, "https://storage.test/a")
    assert len(app.requests) == 1


async def test_a_compressed_body_is_decompressed_once(flavor: Flavor) -> None:
    packed = gzip.compress(answer(build(7)).content)
    app = App(httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Body(packed[:9], packed[9:])))
    response = await flavor.call(flavor.client(app).request, get_build, "acme", "web", 7)
    assert response.json()["number"] == 7
    assert "gzip" in app.requests[0].headers["Accept-Encoding"]


async def test_a_transport_may_give_the_same_answer_to_every_request(flavor: Flavor) -> None:
    same = answer(build(7))
    client = flavor.client(lambda _: same)
    for _ in range(1500):  # more often than Python's stack is deep
        assert (await flavor.call(client.builds.get, "web", 7)).number == 7


def test_an_async_and_a_blocking_client_may_get_the_same_answer() -> None:
    same = answer(build(7))
    transport = httpx.MockTransport(lambda _: same)

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", token=TOKEN, transport=transport) as client:
            assert (await client.builds.get("web", 7)).number == 7

    asyncio.run(main())
    with BuildkiteClient("acme", token=TOKEN, transport=transport) as blocking:
        assert blocking.builds.get("web", 7).number == 7


async def test_a_body_beyond_the_bound_is_dropped(flavor: Flavor) -> None:
    packed = gzip.compress(b" " * 10_000_000)
    stream = Body(packed)
    client = flavor.client(App(httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=stream)))
    with pytest.raises(errors.InvalidResponse, match="larger than 1000 bytes"):
        await flavor.call(client.with_options(max_body=1000).builds.get, "web", 7)
    assert stream.closed


async def test_the_generated_functions_have_the_timeouts_of_the_services(flavor: Flavor) -> None:
    app = App(answer(build(7)))
    client = flavor.client(app, timeout=None)
    function = get_build.sync if flavor.blocking else get_build.asyncio
    await flavor.call(client.builds.get, "web", 7)
    await flavor.call(function, "acme", "web", 7, client=client.raw)
    by_service, by_function = (request.extensions["timeout"] for request in app.requests)
    assert by_service == by_function
    assert by_service["read"] == 30.0


async def test_the_generated_functions_run_through_the_same_pipeline(flavor: Flavor) -> None:
    app = App(answer({}, 503), answer(build(7)), answer({"message": "No build found"}, 404))
    raw = flavor.client(app).raw
    function = get_build.sync if flavor.blocking else get_build.asyncio
    found = await flavor.call(function, "acme", "web", 7, client=raw)
    assert found.number == 7
    with pytest.raises(errors.BuildNotFound, match="'web'") as error:
        await flavor.call(function, "acme", "web", 7, client=raw)
    assert error.value.operation == "get_build"
    assert app.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"


async def test_a_write_by_a_generated_function_is_not_repeated_either(flavor: Flavor) -> None:
    app = App(httpx.ReadError("lost"), answer(build(7), 201))
    function = create_build.sync if flavor.blocking else create_build.asyncio
    with pytest.raises(errors.ResponseLost):
        await flavor.call(
            function,
            "acme",
            "web",
            client=flavor.client(app).raw,
            body=CreateBuildRequest(commit="HEAD", branch="main"),
        )
    assert len(app.requests) == 1


async def test_the_api_may_stand_below_a_path(flavor: Flavor) -> None:
    app = App(
        answer(agents([1]), Link='<https://corp.test/buildkite/v2/organizations/acme/agents?page=2>; rel="next"'),
        answer(agents([2])),
        answer({"message": "No build found"}, 404),
    )
    client = flavor.client(app, base_url="https://corp.test/buildkite/v2/")
    assert len(await flavor.list(client.agents.list())) == 2
    function = get_build.sync if flavor.blocking else get_build.asyncio
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(function, "acme", "web", 7, client=client.raw)
    assert app.paths[0] == "/buildkite/v2/organizations/acme/agents?per_page=100"


@pytest.mark.parametrize("part", ["", ".", ".."])
async def test_a_path_part_that_addresses_something_else_is_refused_before_the_wire(flavor: Flavor, part: str) -> None:
    app = App(answer({}))
    client = flavor.client(app)
    with pytest.raises(ValueError, match=r"^pipeline='.*can't be a slug"):
        await flavor.call(client.pipelines.get, part)
    with pytest.raises(ValueError, match=r"^org_slug must not be"):
        await flavor.call(client.call, get_pipeline, part, "web")
    assert app.requests == []


@given(st.text(min_size=1))
@example("a/b?c#d")
@example("../../user")
@example("%2e%2e")
@example("%2F")
@example("a b+c;d=e:f@g")
@example("ü/\u2028")
@example("builds/7")
@example("x\\..\\y")
def test_no_slug_can_change_the_route(slug: str) -> None:
    app = App(answer({"message": "No pipeline found"}, 404))
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=FakeClock())
    try:
        client.pipelines.get(slug)
    except errors.PipelineNotFound as error:
        *organization, pipeline = slug.strip().split("/")
        assert repr(pipeline) in str(error)  # noqa: PT017  # either error is right
    except ValueError as error:
        assert str(error).startswith("pipeline")  # noqa: PT017
        assert app.requests == []
        return
    (request,) = app.requests
    assert request.url.host == "api.buildkite.com"
    path = request.url.raw_path.decode()
    assert path.count("/") == 5
    assert "?" not in path
    found = match("GET", path)
    assert found is not None
    where = {"org_slug": organization[0] if organization else "acme", "pipeline_slug": pipeline}
    assert (found[0].id, found[1]) == ("get_pipeline", where)


@pytest.mark.parametrize("slug", ["x/builds", "x/builds/7", "../agents"])
async def test_a_slug_with_slashes_is_one_pipeline_for_the_generated_functions_too(flavor: Flavor, slug: str) -> None:
    client = flavor.client(App(answer({"message": "No"}, 404)))
    function = get_pipeline.sync if flavor.blocking else get_pipeline.asyncio
    with pytest.raises(errors.PipelineNotFound) as error:
        await flavor.call(function, "acme", slug, client=client.raw)
    assert error.value.operation == "get_pipeline"
    assert repr(slug) in str(error.value)


async def test_a_copy_with_other_options_uses_the_same_connections(flavor: Flavor) -> None:
    class Counting(httpx.MockTransport):
        closed = 0

        def close(self) -> None:
            Counting.closed += 1

        async def aclose(self) -> None:
            Counting.closed += 1

    app = App(answer(build(7)))
    kind: Any = BuildkiteClient if flavor.blocking else AsyncBuildkiteClient
    client = kind("acme", token=TOKEN, transport=Counting(app), clock=FakeClock())
    copy = client.with_options(timeout=5, retry=Retry(attempts=2), strict=True, unknown="keep")
    assert (copy.options.timeout, copy.options.retry.attempts, copy.options.strict, copy.options.unknown) == (
        5,
        2,
        True,
        "keep",
    )
    assert (client.options.timeout, client.options.strict) == (120.0, False)
    assert copy.options.token == client.options.token
    await flavor.call(copy.builds.get, "web", 7)
    await flavor.close(copy)
    await flavor.close(copy.with_options(timeout=None))
    assert Counting.closed == 0
    await flavor.call(client.builds.get, "web", 7)
    await flavor.close(client)
    assert Counting.closed >= 1
    with pytest.raises(RuntimeError, match="closed"):
        await flavor.call(copy.with_options(strict=False).builds.get, "web", 7)


async def test_a_copy_s_timeout_is_its_own(flavor: Flavor, clock: FakeClock) -> None:
    client = flavor.client(App(answer({"reset": 30}, 429), answer(build(7))), clock=clock)
    with pytest.raises(errors.DeadlineExceeded, match="5 s"):
        await flavor.call(client.with_options(timeout=5).builds.get, "web", 7)
    assert (await flavor.call(client.builds.get, "web", 7)).number == 7


async def test_one_client_can_serve_several_organizations(flavor: Flavor) -> None:
    app = App(answer(build(7)))
    client = flavor.client(app, None)
    one, other = client.with_options(organization="one"), client.with_options(organization="other")
    for copy in (one, other, one):
        await flavor.call(copy.builds.get, "web", 7)
    assert [path.split("/")[3] for path in app.paths] == ["one", "other", "one"]


def test_a_client_is_closed_by_with() -> None:
    with BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(App(answer(build(7))))) as client:
        assert client.builds.get("web", 7).number == 7
    with pytest.raises(RuntimeError, match="closed"):
        client.builds.get("web", 7)
    client.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_async_client_is_closed_by_async_with(anyio_backend: str) -> None:
    transport = httpx.MockTransport(App(answer(build(7))))
    async with AsyncBuildkiteClient("acme", token=TOKEN, transport=transport) as client:
        assert (await client.builds.get("web", 7)).number == 7
    with pytest.raises(RuntimeError, match="closed"):
        await client.builds.get("web", 7)
    await client.aclose()


def test_threads_may_share_a_client() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.rpartition("/")[2])
        with lock:
            seen.append(number)
            if seen.count(number) == 1 and number % 3 == 0:
                raise httpx.ReadError("lost")
        return answer(build(number))

    seen: list[int] = []
    lock = threading.Lock()
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=FakeClock())
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda number: client.with_options(timeout=None).builds.get("web", number).number, range(1, 60))
        )
        found += list(pool.map(lambda number: client.builds.get("web", number).number, range(60, 99)))
    assert found == list(range(1, 99))


async def test_the_blocking_client_works_inside_a_running_loop(flavor: Flavor) -> None:
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(App(answer(agents([1, 2])))))
    assert [agent.id for agent in client.agents.list()] == ["agent-1", "agent-2"]


async def test_an_answer_that_holds_more_than_is_described_is_reported_once_a_key(flavor: Flavor) -> None:
    events: list[Any] = []
    client = flavor.client(App(answer(build(7, surprise=1, url=None))), on_event=events.append)
    for _ in range(2):
        assert (await flavor.call(client.builds.get, "web", 7)).number == 7
    drift = [(event.model, event.key, event.kind) for event in events if isinstance(event, SchemaDrift)]
    assert sorted(drift) == [("Build", "surprise", "unknown"), ("Build", "url", "null")]


async def test_what_no_model_holds_can_be_kept(flavor: Flavor) -> None:
    app = App(answer(build(7, surprise=1)))
    assert (await flavor.call(flavor.client(app).builds.get, "web", 7)).additional_properties == {}
    kept = await flavor.call(flavor.client(app, unknown="keep").builds.get, "web", 7)
    assert kept.additional_properties == {"surprise": 1}


async def test_a_strict_client_raises_what_others_report(flavor: Flavor) -> None:
    client = flavor.client(App(answer(build("seven"))), strict=True)
    with pytest.raises(errors.InvalidResponse, match="Build"):
        await flavor.call(client.builds.get, "web", 7)


async def test_an_operation_without_parameters_needs_no_organization(flavor: Flavor) -> None:
    app = App(answer({"webhook_ips": ["192.0.2.1"]}))
    meta = await flavor.call(flavor.client(app, None).call, get_meta)
    assert meta.webhook_ips == ["192.0.2.1"]
    assert app.paths == ["/v2/meta"]


async def test_a_body_is_sent_as_json(flavor: Flavor) -> None:
    app = App(answer(build(8), 201))
    await flavor.call(
        flavor.client(app).call, create_build, "acme", "web", body=CreateBuildRequest(commit="HEAD", branch="main")
    )
    assert app.requests[0].headers["Content-Type"] == "application/json"
    assert body_of(app.requests[0]) == {"commit": "HEAD", "branch": "main"}
    assert str(app.requests[0].url) == f"{API}/v2/organizations/acme/pipelines/web/builds"
