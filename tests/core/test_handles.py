"""Models and URLs in the place of slugs, numbers and ids: what is sent, in each flavor."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import httpx
import pytest
from buildkite_api.models import Artifact, Build, Job, Pipeline

from buildkite_ext.errors import ConfigurationError, MetadataNotSettable
from buildkite_ext.simulation import Simulator

from .fakes import API, App, Flavor, answer, body_of, build, job

ID = "0199b4d2-3c1f-4b6e-9f00-0123456789ab"
ORG = "/v2/organizations/acme"
WEB = f"{ORG}/pipelines/web"
AT = f"{WEB}/builds/7"
PAGE = "https://buildkite.com/acme/web/builds/7"
BUILD = Build.from_dict(build(7))
JOB = Job.from_dict({"id": ID, "type": "script", "web_url": f"{PAGE}#{ID}"})
STEP = Job.from_dict({"id": ID, "type": "manual", "web_url": f"{PAGE}#{ID}"})
PIPELINE = Pipeline.from_dict({"slug": "web", "url": f"{API}{WEB}", "default_branch": "trunk"})
ELSEWHERE = Build.from_dict(build(7, url=f"{API}/v2/organizations/other/pipelines/web/builds/7"))
OF_JOB = f"{AT}/jobs/{ID}"


@pytest.mark.parametrize(
    ("method", "arguments", "options", "request_line", "result"),
    [
        ("builds.get", (BUILD,), {}, f"GET {AT}", build(7)),
        ("builds.get", (PAGE,), {}, f"GET {AT}", build(7)),
        ("builds.get", (f"{API}{AT}",), {}, f"GET {AT}", build(7)),
        ("builds.get", (f"{PAGE}#{ID}",), {}, f"GET {AT}", build(7)),
        ("builds.get", ("web", BUILD), {}, f"GET {AT}", build(7)),
        ("builds.get", ("other/web", 7), {}, "GET /v2/organizations/other/pipelines/web/builds/7", build(7)),
        ("builds.get", (ELSEWHERE,), {}, "GET /v2/organizations/other/pipelines/web/builds/7", build(7)),
        ("builds.cancel", (BUILD,), {}, f"PUT {AT}/cancel", build(7)),
        ("builds.rebuild", (BUILD,), {}, f"PUT {AT}/rebuild", build(8)),
        ("builds.retry_failed_jobs", (BUILD,), {}, f"PUT {AT}/retry_failed_jobs", build(7)),
        ("jobs.get", (JOB,), {}, f"GET {OF_JOB}", job(ID)),
        ("jobs.get", (f"{PAGE}#{ID}",), {}, f"GET {OF_JOB}", job(ID)),
        ("jobs.get", ("web", 7, JOB), {}, f"GET {OF_JOB}", job(ID)),
        ("jobs.get", (BUILD,), {"job_id": ID}, f"GET {OF_JOB}", job(ID)),
        ("jobs.retry", (JOB,), {}, f"PUT {OF_JOB}/retry", job("2")),
        ("jobs.unblock", (STEP,), {}, f"PUT {OF_JOB}/unblock", job(ID)),
        ("jobs.reprioritize", (JOB,), {"priority": 5}, f"PUT {OF_JOB}/reprioritize", job(ID)),
        ("jobs.log", (JOB,), {}, f"GET {OF_JOB}/log", {"content": "", "size": 0}),
        ("jobs.env", (JOB,), {}, f"GET {OF_JOB}/env", {"env": {}}),
        ("jobs.get_by_id", (JOB,), {}, f"GET {ORG}/jobs/{ID}", job(ID)),
        ("jobs.retry_by_id", (f"{PAGE}#{ID}",), {}, f"PUT {ORG}/jobs/{ID}/retry", job("2")),
        ("annotations.create", (BUILD,), {"body": "Hi"}, f"POST {AT}/annotations", {"id": "a"}),
        ("annotations.create", (JOB,), {"body": "Hi"}, f"POST {OF_JOB}/annotations", {"id": "a"}),
        ("annotations.create", ("web", 7, "Hi"), {"job_id": JOB}, f"POST {OF_JOB}/annotations", {"id": "a"}),
        ("annotations.create_for_job", (JOB,), {"body": "Hi"}, f"POST {OF_JOB}/annotations", {"id": "a"}),
        ("pipelines.get", (PIPELINE,), {}, f"GET {WEB}", {"slug": "web"}),
        ("pipelines.get", ("https://buildkite.com/acme/web",), {}, f"GET {WEB}", {"slug": "web"}),
        ("pipelines.archive", ("other/web",), {}, "POST /v2/organizations/other/pipelines/web/archive", {"slug": "web"}),
        ("registries.tokens.list", ("wheels",), {}, "GET /v2/packages/organizations/acme/registries/wheels/tokens", []),
        ("schedules.get", (PIPELINE, "s1"), {}, f"GET {WEB}/schedules/s1", {"id": "s1"}),
        ("step_uploads.get", (BUILD,), {"step_upload_uuid": "u1"}, f"GET {AT}/step-uploads/u1", {"uuid": "u1"}),
        ("artifacts.get", (JOB, "a1"), {}, f"GET {ORG}/jobs/{ID}/artifacts/a1", {"id": "a1"}),
        ("artifacts.get_through_build", (JOB,), {"artifact_id": "a1"}, f"GET {OF_JOB}/artifacts/a1", {"id": "a1"}),
        ("metadata.items", (BUILD,), {}, f"GET {AT}?exclude_jobs=true", build(7)),
        ("metadata.get", (BUILD,), {"key": "k"}, f"GET {AT}?exclude_jobs=true", build(7)),
        ("metadata.list_keys", (PAGE,), {}, f"GET {AT}?exclude_jobs=true", build(7)),
    ],
)  # fmt: skip
async def test_a_model_or_a_url_is_an_address(
    flavor: Flavor, method: str, arguments: tuple[Any, ...], options: dict[str, Any], request_line: str, result: Any
) -> None:
    app = App(answer(result))
    await flavor.call(attrgetter(method)(flavor.client(app)), *arguments, **options)
    assert [f"{request.method} {request.url.raw_path.decode()}" for request in app.requests] == [request_line]


@pytest.mark.parametrize(
    ("method", "arguments", "options", "path"),
    [
        ("builds.list", (PIPELINE,), {}, f"{WEB}/builds"),
        ("builds.list", ("other/web",), {}, "/v2/organizations/other/pipelines/web/builds"),
        ("pipelines.builds", (PIPELINE,), {}, f"{WEB}/builds"),
        ("jobs.list", (BUILD,), {}, f"{AT}/jobs"),
        ("artifacts.list", (BUILD,), {}, f"{AT}/artifacts"),
        ("artifacts.list", (JOB,), {}, f"{OF_JOB}/artifacts"),
        ("artifacts.list", ("web", 7), {"job_id": JOB}, f"{OF_JOB}/artifacts"),
        ("artifacts.list_for_job", (JOB,), {}, f"{OF_JOB}/artifacts"),
        ("annotations.list", (BUILD,), {}, f"{AT}/annotations"),
        ("annotations.list", (JOB,), {}, f"{OF_JOB}/annotations"),
        ("step_uploads.list", (PAGE,), {}, f"{AT}/step-uploads"),
        ("schedules.list", (PIPELINE,), {}, f"{WEB}/schedules"),
        ("pipelines.schedules.list", (PIPELINE,), {}, f"{WEB}/schedules"),
        ("clusters.tokens.list", ("c1",), {}, f"{ORG}/clusters/c1/tokens"),
        ("clusters.maintainers.list", ("c1",), {}, f"{ORG}/clusters/c1/maintainers"),
        ("clusters.secrets.list", ("c1",), {}, f"{ORG}/clusters/c1/secrets"),
    ],
)  # fmt: skip
async def test_lists_take_models_and_urls(
    flavor: Flavor, method: str, arguments: tuple[Any, ...], options: dict[str, Any], path: str
) -> None:
    app = App(answer({"items": [], "links": {}} if method in ("jobs.list", "step_uploads.list") else []))
    await flavor.list(attrgetter(method)(flavor.client(app))(*arguments, **options))
    assert [request.url.path for request in app.requests] == [path]


async def test_an_organization_of_an_address_needs_none_of_the_client(flavor: Flavor) -> None:
    app = App(answer(build(7, state="passed")))
    client = flavor.client(app, None)
    assert (await flavor.call(client.builds.wait, ELSEWHERE)).passed
    assert {request.url.path for request in app.requests} == {"/v2/organizations/other/pipelines/web/builds/7"}
    with pytest.raises(ConfigurationError, match="No organization"):
        await flavor.call(client.builds.get, "web", 7)


async def test_a_wait_names_the_build_in_its_error(flavor: Flavor) -> None:
    client = flavor.client(App(answer(build(7))))
    with pytest.raises(TimeoutError, match="Build web #7 is still running"):
        await flavor.call(client.builds.wait, BUILD, timeout=10)


async def test_meta_data_of_a_build_cannot_be_set_either(flavor: Flavor) -> None:
    with pytest.raises(MetadataNotSettable, match=r"web #7.*meta-data set k"):
        await flavor.call(flavor.client(App(answer({}))).metadata.set, BUILD, key="k", value="v")


async def test_a_build_is_followed_by_its_url(flavor: Flavor) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", log="one\ntwo\n")
    client = simulator.client() if flavor.blocking else simulator.async_client()
    created = await flavor.call(client.builds.create, "web")
    lines = await flavor.list(client.builds.follow(created.web_url))
    assert [line.text for line in lines] == ["one", "two"]
    waited = await flavor.call(client.builds.wait, created)
    [one] = [each for each in waited.build.jobs if str(each.type) == "script"]
    assert [line.text for line in await flavor.list(client.jobs.follow(one))] == ["one", "two"]
    assert await flavor.call(client.jobs.log_size, one) == await flavor.call(client.jobs.log_size_by_id, one)
    await flavor.close(client)


# --- builds.create ----------------------------------------------------------------------------------------------------


async def test_a_build_is_of_the_default_branch_and_its_newest_commit(flavor: Flavor) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        return answer({"slug": "web", "default_branch": "trunk"}) if request.method == "GET" else answer(build(7), 201)

    app = App(serve)
    await flavor.call(flavor.client(app).builds.create, "web")
    assert [f"{request.method} {request.url.path}" for request in app.requests] == [f"GET {WEB}", f"POST {WEB}/builds"]
    assert body_of(app.requests[1]) == {"commit": "HEAD", "branch": "trunk"}


async def test_a_branch_that_is_given_or_known_takes_no_request(flavor: Flavor) -> None:
    app = App(answer(build(7), 201))
    client = flavor.client(app)
    await flavor.call(client.builds.create, "web", branch="dev")
    await flavor.call(client.builds.create, PIPELINE, commit="abc")
    assert [body_of(request) for request in app.requests] == [
        {"commit": "HEAD", "branch": "dev"},
        {"commit": "abc", "branch": "trunk"},
    ]


@pytest.mark.parametrize("pipeline", [{"slug": "web", "default_branch": None}, {"slug": "web"}, {"default_branch": ""}])
async def test_a_pipeline_without_a_default_branch(flavor: Flavor, pipeline: dict[str, Any]) -> None:
    app = App(answer(pipeline))
    with pytest.raises(ValueError, match=r'pipeline web has no default branch: write builds\.create\(.*branch="main"'):
        await flavor.call(flavor.client(app).builds.create, "web")
    assert [request.method for request in app.requests] == ["GET"]


async def test_what_can_t_be_sent_is_refused_before_the_pipeline_is_asked(flavor: Flavor) -> None:
    app = App(answer({"default_branch": "main"}))
    create = flavor.client(app).builds.create
    for wrong in ({"env": "A=1"}, {"pull_request_id": "false"}, {"meta_data": 3}, {"author": "me"}):
        with pytest.raises(TypeError, match=f"^{next(iter(wrong))}"):
            await flavor.call(create, "web", **wrong)
    assert app.requests == []


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("2026-11-25T10:00:00Z", "2026-11-25T10:00:00.000Z"),
        ("2026-11-25T10:00:00.250+02:00", "2026-11-25T08:00:00.250Z"),
        (" 2026-11-25 10:00Z ", "2026-11-25T10:00:00.000Z"),
    ],
)
async def test_a_text_with_a_zone_is_a_time(flavor: Flavor, text: str, sent: str) -> None:
    app = App(answer([]))
    client = flavor.client(app)
    await flavor.list(client.builds.list("web", created_from=text))
    await flavor.list(client.builds.list_in_organization(created_to=text))
    assert app.requests[0].url.params["created_from"] == sent
    assert app.requests[1].url.params["created_to"] == sent


async def test_a_text_is_a_time_in_a_body(flavor: Flavor) -> None:
    app = App(answer({"id": "t1"}))
    client = flavor.client(app)
    await flavor.call(client.cluster_tokens.create, "c1", description="d", expires_at="2026-11-25T10:00:00Z")
    await flavor.call(client.clusters.tokens.update, "c1", "t1", expires_at="2026-11-25T10:00:00+01:00")
    assert body_of(app.requests[0])["expires_at"] == "2026-11-25T10:00:00.000Z"
    assert body_of(app.requests[1]) == {"expires_at": "2026-11-25T09:00:00.000Z"}


# --- logs, tokens -----------------------------------------------------------------------------------------------------

LOG = "\x1b_bk;t=1700000000000\x07--- Test\r\n\x1b[32mok\x1b[0m\r\n10%\r100%\n"


@pytest.mark.parametrize(("method", "arguments"), [("log_text", (JOB,)), ("log_text_by_id", (JOB,)), ("log_text", ("web", 7, ID))])  # fmt: skip
async def test_a_log_may_be_clean(flavor: Flavor, method: str, arguments: tuple[Any, ...]) -> None:
    app = App(httpx.Response(200, text=LOG))
    call = getattr(flavor.client(app).jobs, method)
    assert await flavor.call(call, *arguments) == LOG
    assert await flavor.call(call, *arguments, clean=True) == "--- Test\nok\n100%\n"


async def test_each_copy_signs_with_its_own_token(flavor: Flavor) -> None:
    app = App(answer(build(7)))
    client = flavor.client(app, token="bkua_first")
    copies = [client.with_options(token=token) for token in ("bkua_second", lambda: "bkua_third")]
    for each in (client, *copies, copies[0].with_options(timeout=5), client):
        await flavor.call(each.builds.get, BUILD)
    requests = [
        request for request in app.requests if request.url.path != "/v2/access-token"
    ]  # asked for whose they are
    tokens = [request.headers["Authorization"].removeprefix("Bearer bkua_") for request in requests]
    assert tokens == ["first", "second", "third", "second", "first"]
    for wrong in ("", " ", "a b", None):
        with pytest.raises(ConfigurationError, match="token"):
            client.with_options(token=wrong)
    assert "bkua" not in repr(copies[0].options)


async def test_an_artifact_of_another_organization_is_asked_for_there(flavor: Flavor) -> None:
    url = f"{API}/v2/organizations/other/pipelines/web/builds/7/jobs/{ID}/artifacts/a1"
    artifact = Artifact.from_dict({"id": "a1", "job_id": ID, "url": url, "path": "x", "file_size": 1})
    storage = answer(None, 302, Location="https://storage.test/x")
    app = App(storage, httpx.Response(200, content=b"x"))
    assert await flavor.call(flavor.client(app).artifacts.read, artifact) == b"x"
    assert app.requests[0].url.path == f"/v2/organizations/other/jobs/{ID}/artifacts/a1/download"
