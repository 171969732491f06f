"""Requests of each method of each service, in both flavors."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from enum import Enum, StrEnum
from operator import attrgetter
from typing import Any

import httpx
import pytest

from buildkite_ext import Author, errors

from .fakes import App, Flavor, answer, body_of, build, job

ORG = "/v2/organizations/acme"
PIPELINE = f"{ORG}/pipelines/web"
BUILD = f"{PIPELINE}/builds/7"
JOB = f"{BUILD}/jobs/j1"
SUITE = "/v2/analytics/organizations/acme/suites/rspec"
MOMENT = datetime(2026, 1, 5, 9, tzinfo=UTC)
SENT = "2026-01-05T09:00:00.000Z"
FILTERS = {
    "branch": ["main", "dev"],
    "commit": "a" * 40,
    "state": "failed",
    "creator": "u1",
    "created_from": MOMENT,
    "created_to": MOMENT,
    "finished_from": MOMENT,
    "meta_data": {"os": "linux", "a b": "c&d"},
    "include_retried_jobs": True,
    "include_paused": False,
    "exclude_jobs": True,
    "exclude_pipeline": True,
    "per_page": 7,
}
QUERY = [
    ("branch[]", "main"),
    ("branch[]", "dev"),
    ("commit", "a" * 40),
    ("state", "failed"),
    ("creator", "u1"),
    ("created_from", SENT),
    ("created_to", SENT),
    ("finished_from", SENT),
    ("meta_data[os]", "linux"),
    ("meta_data[a b]", "c&d"),
    ("include_retried_jobs", "true"),
    ("include_paused", "false"),
    ("exclude_jobs", "true"),
    ("exclude_pipeline", "true"),
    ("per_page", "7"),
]
ALL = [("per_page", "100")]


@pytest.mark.parametrize(
    ("method", "arguments", "options", "path", "query"),
    [
        ("organizations.list", (), {}, "/v2/organizations", ALL),
        ("pipelines.list", (), {}, f"{ORG}/pipelines", ALL),
        (
            "pipelines.list",
            (),
            {"name": "web", "repository": "git"},
            f"{ORG}/pipelines",
            [("name", "web"), ("repository", "git"), *ALL],
        ),
        ("pipelines.builds", ("web",), FILTERS, f"{PIPELINE}/builds", QUERY),
        ("builds.list", ("web",), FILTERS, f"{PIPELINE}/builds", QUERY),
        ("builds.list", (), FILTERS, f"{ORG}/builds", QUERY),
        ("builds.list_all", (), FILTERS, "/v2/builds", QUERY),
        (
            "builds.list",
            ("web",),
            {"state": ["failed", "passed"], "limit": 3},
            f"{PIPELINE}/builds",
            [("state[]", "failed"), ("state[]", "passed"), ("per_page", "3")],
        ),
        ("builds.list", ("a b",), {}, f"{ORG}/pipelines/a%20b/builds", ALL),
        ("builds.list", ("other/web",), {}, "/v2/organizations/other/pipelines/web/builds", ALL),
        # A single branch may be a pattern, which it is only without brackets.
        ("builds.list", ("web",), {"branch": ["rel/*"]}, f"{PIPELINE}/builds", [("branch", "rel/*"), *ALL]),
        (
            "builds.list",
            ("web",),
            {"meta_data": {"canary": True, "shard": 3, "share": 0.5, "os": "linux"}},
            f"{PIPELINE}/builds",
            [
                ("meta_data[canary]", "true"),
                ("meta_data[shard]", "3"),
                ("meta_data[share]", "0.5"),
                ("meta_data[os]", "linux"),
                *ALL,
            ],
        ),
        (
            "builds.list_in_organization",
            (),
            {"meta_data": {"canary": False}, "state": "failed"},
            f"{ORG}/builds",
            [("meta_data[canary]", "false"), ("state", "failed"), *ALL],
        ),
        (
            "test_engine.tests.list",
            ("rspec",),
            {"labels": ["flaky", "!slow"], "owners": "payments,!platform", "tags": ["result:^passed"]},
            f"{SUITE}/tests",
            [("labels", "flaky,!slow"), ("owners", "payments,!platform"), ("tags", "result:^passed"), *ALL],
        ),
        (
            "test_engine.tests.list_of_build",
            ("b1",),
            {"labels": ["flaky"], "state": "muted"},
            "/v2/analytics/organizations/acme/builds/b1/tests",
            [("labels", "flaky"), ("state", "muted"), *ALL],
        ),
        ("artifacts.list", ("web", 7), {}, f"{BUILD}/artifacts", ALL),
        (
            "artifacts.list",
            ("web", 7),
            {"job_id": "j1", "state": "finished", "path": "dist/*"},
            f"{JOB}/artifacts",
            [("state", "finished"), ("path", "dist/*"), *ALL],
        ),
        ("annotations.list", ("web", 7), {}, f"{BUILD}/annotations", ALL),
        (
            "annotations.list",
            ("web", 7),
            {"scope": "all", "omit_body": True},
            f"{BUILD}/annotations",
            [("scope", "all"), ("omit_body", "true"), *ALL],
        ),
        ("annotations.list", ("web", 7), {"job_id": "j1"}, f"{JOB}/annotations", ALL),
        ("clusters.list", (), {}, f"{ORG}/clusters", ALL),
        ("clusters.queues", ("c1",), {}, f"{ORG}/clusters/c1/queues", ALL),
        (
            "agents.list",
            (),
            {"name": "n", "hostname": "h", "version": "3", "cluster_queue_id": "q"},
            f"{ORG}/agents",
            [("name", "n"), ("hostname", "h"), ("version", "3"), ("cluster_queue_id", "q"), *ALL],
        ),
    ],
)
async def test_a_list_is_asked_for_with_every_filter_that_was_given(
    flavor: Flavor,
    method: str,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    path: str,
    query: list[tuple[str, str]],
) -> None:
    app = App(answer([]))
    assert await flavor.list(attrgetter(method)(flavor.client(app))(*arguments, **options)) == []
    (request,) = app.requests
    assert request.method == "GET"
    assert request.url.raw_path.decode().partition("?")[0] == path
    assert sorted(request.url.params.multi_items()) == sorted(query)


async def test_a_build_s_jobs_are_listed_by_cursor(flavor: Flavor) -> None:
    app = App(answer({"items": [], "links": {}}))
    filters = {"state": ["failed", "broken"], "include_retried_jobs": False, "step_key": "k", "group_key": "g"}
    assert await flavor.list(flavor.client(app).jobs.list("web", 7, **filters)) == []
    assert app.requests[0].url.path == f"{BUILD}/jobs"
    assert sorted(app.requests[0].url.params.multi_items()) == [
        ("group_key", "g"),
        ("include_retried_jobs", "false"),
        ("per_page", "100"),
        ("state[]", "broken"),
        ("state[]", "failed"),
        ("step_key", "k"),
    ]


@pytest.mark.parametrize("state", ["failed", ["failed"], ("failed",)])
async def test_brackets_stay_where_buildkite_documents_no_other_form(flavor: Flavor, state: Any) -> None:
    app = App(answer({"items": [], "links": {}}), answer(build(7)))
    assert await flavor.list(flavor.client(app).jobs.list("web", 7, state=state)) == []
    await flavor.call(flavor.client(app).builds.get, "web", 7, job_states=state)
    listed, got = (request.url.params for request in app.requests)
    assert listed.get_list("state[]") == got.get_list("job_states[]") == ["failed"]
    assert "state" not in listed
    assert "job_states" not in got


VERSIONS = ["2027-01-01", ""]


@pytest.mark.parametrize(("method", "arguments"), [("list", ("rspec",)), ("get", ("rspec", "t1"))])
async def test_tests_come_with_metrics_unless_asked_otherwise(
    flavor: Flavor, method: str, arguments: tuple[str, ...]
) -> None:
    test = {"id": "t1", "url": "u", "name": "n", "reliability": 0.5}
    body = answer([test]) if method == "list" else answer(test)
    app = App(body)
    call = getattr(flavor.client(app).test_engine.tests, method)
    for options in (
        {},
        {"period": "7days"},
        {"buildkite_version": None},
        *({"buildkite_version": v} for v in VERSIONS),
    ):
        if method == "list":
            [found] = await flavor.list(call(*arguments, **options))
        else:
            found = await flavor.call(call, *arguments, **options)
        assert found.reliability == 0.5
    sent = [request.headers["Buildkite-Version"] for request in app.requests]
    assert sent == ["2026-08-01", "2026-08-01", "2026-08-01", *VERSIONS]


@pytest.mark.parametrize(
    ("method", "arguments", "options"),
    [
        ("test_engine.tests.list", ("rspec",), {"labels": []}),
        ("test_engine.tests.list_of_build", ("b1",), {"owners": ()}),
        ("builds.list_in_organization", (), {"branch": []}),
    ],
)
async def test_an_empty_filter_of_a_printed_method_is_refused(
    flavor: Flavor, method: str, arguments: tuple[str, ...], options: dict[str, Any]
) -> None:
    app = App(answer([]))
    with pytest.raises(ValueError, match="an empty list as a filter would list everything"):
        await flavor.list(attrgetter(method)(flavor.client(app))(*arguments, **options))
    assert app.requests == []


AGENT = {"id": "a1", "name": "agent"}
ANNOTATION = {"id": "n1", "context": "c"}


@pytest.mark.parametrize(
    ("method", "arguments", "options", "request_line", "body", "response"),
    [
        ("organizations.get", (), {}, f"GET {ORG}", None, answer({"id": "o1", "slug": "acme"})),
        (
            "organizations.get",
            ("other",),
            {},
            "GET /v2/organizations/other",
            None,
            answer({"id": "o2", "slug": "other"}),
        ),
        ("pipelines.get", ("web",), {}, f"GET {PIPELINE}", None, answer({"id": "p1", "slug": "web"})),
        ("builds.get", ("web", 7), {}, f"GET {BUILD}", None, answer(build(7))),
        (
            "builds.get",
            ("web", 7),
            {
                "include_retried_jobs": True,
                "include_test_engine": True,
                "exclude_jobs": False,
                "exclude_pipeline": True,
                "job_states": ["failed", "passed"],
            },
            f"GET {BUILD}?exclude_jobs=false&exclude_pipeline=true&include_retried_jobs=true&include_test_engine=true&job_states%5B%5D=failed&job_states%5B%5D=passed",
            None,
            answer(build(7)),
        ),
        (
            "builds.create",
            ("web",),
            {"commit": "HEAD", "branch": "main"},
            f"POST {PIPELINE}/builds",
            {"commit": "HEAD", "branch": "main"},
            answer(build(8), 201),
        ),
        (
            "builds.create",
            ("web",),
            {
                "commit": "HEAD",
                "branch": "main",
                "message": "m",
                "author": Author("A", "a@x.test"),
                "env": {"A": "1"},
                "meta_data": {"k": "v"},
                "clean_checkout": True,
                "ignore_pipeline_branch_filters": True,
                "pull_request_base_branch": "main",
                "pull_request_id": 5,
                "pull_request_labels": "bug",
                "pull_request_repository": "git://x.test/r",
            },
            f"POST {PIPELINE}/builds",
            {
                "commit": "HEAD",
                "branch": "main",
                "message": "m",
                "author": {"name": "A", "email": "a@x.test"},
                "env": {"A": "1"},
                "meta_data": {"k": "v"},
                "clean_checkout": True,
                "ignore_pipeline_branch_filters": True,
                "pull_request_base_branch": "main",
                "pull_request_id": 5,
                "pull_request_labels": ["bug"],
                "pull_request_repository": "git://x.test/r",
            },
            answer(build(8), 201),
        ),
        ("builds.cancel", ("web", 7), {}, f"PUT {BUILD}/cancel", None, answer(build(7, state="canceling"))),
        ("builds.rebuild", ("web", 7), {}, f"PUT {BUILD}/rebuild", None, answer(build(8))),
        ("builds.retry_failed_jobs", ("web", 7), {}, f"PUT {BUILD}/retry_failed_jobs", {}, answer(build(7), 202)),
        (
            "builds.retry_failed_jobs",
            ("web", 7),
            {"states": ["failed", "expired"]},
            f"PUT {BUILD}/retry_failed_jobs",
            {"states": "failed,expired"},
            answer(build(7), 202),
        ),
        ("jobs.get", ("web", 7, "j1"), {}, f"GET {JOB}", None, answer(job("1"))),
        ("jobs.retry", ("web", 7, "j1"), {}, f"PUT {JOB}/retry", None, answer(job("2"))),
        ("jobs.unblock", ("web", 7, "j1"), {}, f"PUT {JOB}/unblock", {}, answer(job("1", type="manual"))),
        ("jobs.unblock_by_id", ("j1",), {}, f"PUT {ORG}/jobs/j1/unblock", {}, answer(job("1", type="manual"))),
        (
            "jobs.unblock",
            ("web", 7, "j1"),
            {"fields": {"release": "1.0"}, "unblocker": "u1"},
            f"PUT {JOB}/unblock",
            {"fields": {"release": "1.0"}, "unblocker": "u1"},
            answer(job("1", type="manual")),
        ),
        ("jobs.reprioritize", ("web", 7, "j1", 5), {}, f"PUT {JOB}/reprioritize", {"priority": 5}, answer(job("1"))),
        (
            "jobs.log",
            ("web", 7, "j1"),
            {},
            f"GET {JOB}/log",
            None,
            answer({"content": "hi", "size": 2, "header_times": []}),
        ),
        ("jobs.log_text", ("web", 7, "j1"), {}, f"GET {JOB}/log.txt", None, httpx.Response(200, text="hi")),
        (
            "jobs.log_size",
            ("web", 7, "j1"),
            {},
            f"HEAD {JOB}/log",
            None,
            httpx.Response(200, headers={"Content-Length": "9"}),
        ),
        ("jobs.env", ("web", 7, "j1"), {}, f"GET {JOB}/env", None, answer({"env": {"A": "1"}})),
        (
            "artifacts.get",
            ("j1", "a1"),
            {},
            f"GET {ORG}/jobs/j1/artifacts/a1",
            None,
            answer({"id": "a1", "job_id": "j1"}),
        ),
        ("artifacts.delete", ("j1", "a1"), {}, f"DELETE {ORG}/jobs/j1/artifacts/a1", None, answer(status=204)),
        (
            "annotations.create",
            ("web", 7, "hi"),
            {},
            f"POST {BUILD}/annotations",
            {"body": "hi"},
            answer(ANNOTATION, 201),
        ),
        (
            "annotations.create",
            ("web", 7, "hi"),
            {"job_id": "j1", "style": "info", "context": "c", "priority": 5, "append": True},
            f"POST {JOB}/annotations",
            {"body": "hi", "style": "info", "context": "c", "priority": 5, "append": True},
            answer(ANNOTATION, 201),
        ),
        ("annotations.delete", ("web", 7, "n1"), {}, f"DELETE {BUILD}/annotations/n1", None, answer(status=204)),
        (
            "annotations.delete",
            ("web", 7, "n1"),
            {"job_id": "j1"},
            f"DELETE {JOB}/annotations/n1",
            None,
            answer(status=204),
        ),
        ("clusters.get", ("c1",), {}, f"GET {ORG}/clusters/c1", None, answer({"id": "c1", "name": "c"})),
        ("agents.get", ("a1",), {}, f"GET {ORG}/agents/a1", None, answer(AGENT)),
        ("agents.stop", ("a1",), {}, f"PUT {ORG}/agents/a1/stop", {}, answer(status=204)),
        ("agents.stop", ("a1",), {"force": False}, f"PUT {ORG}/agents/a1/stop", {"force": False}, answer(status=204)),
        (
            "agents.pause",
            ("a1",),
            {"note": "n", "timeout_in_minutes": 5},
            f"PUT {ORG}/agents/a1/pause",
            {"note": "n", "timeout_in_minutes": 5},
            answer(status=204),
        ),
        ("agents.resume", ("a1",), {}, f"PUT {ORG}/agents/a1/resume", None, answer(status=204)),
        (
            "metadata.items",
            ("web", 7),
            {},
            f"GET {BUILD}?exclude_jobs=true",
            None,
            answer(build(7, meta_data={"k": "v"})),
        ),
    ],
)
async def test_a_method_sends_what_its_arguments_say_and_nothing_else(
    flavor: Flavor,
    method: str,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    request_line: str,
    body: Any,
    response: httpx.Response,
) -> None:
    app = App(response)
    service, _, name = method.partition(".")
    await flavor.call(getattr(getattr(flavor.client(app), service), name), *arguments, **options)
    (request,) = app.requests
    assert f"{request.method} {request.url.raw_path.decode()}" == request_line
    assert (body_of(request) if request.content else None) == body


async def test_what_comes_back_is_what_was_asked_for(flavor: Flavor) -> None:
    client = flavor.client(App(answer({"env": {"A": "1"}})))
    assert await flavor.call(client.jobs.env, "web", 7, "j1") == {"A": "1"}
    assert await flavor.call(flavor.client(App(httpx.Response(200, text="hi"))).jobs.log_text, "web", 7, "j1") == "hi"
    for length, size in (("9", 9), ("", 0), ("²", 0)):
        headers = [(b"Content-Length", length.encode())] if length else []
        assert (
            await flavor.call(flavor.client(App(httpx.Response(200, headers=headers))).jobs.log_size, "web", 7, "j1")
            == size
        )
    assert await flavor.call(flavor.client(App(answer(status=204))).agents.resume, "a1") is None


@pytest.mark.parametrize("state", ["passed", "failed", "canceling", "canceled", "skipped", "not_run"])
async def test_cancelling_what_has_ended_gives_it_as_it_ended(flavor: Flavor, state: str) -> None:
    app = App(answer({"message": "Build can't be canceled"}, 422), answer(build(7, state=state)))
    assert str((await flavor.call(flavor.client(app).builds.cancel, "web", 7)).state) == state


@pytest.mark.parametrize(("state", "blocked"), [("passed", True), ("scheduled", False), ("creating", False)])
async def test_cancelling_what_has_not_ended_and_cannot_be_cancelled_is_an_error(
    flavor: Flavor, state: str, blocked: bool
) -> None:
    app = App(answer({"message": "Build can't be canceled"}, 422), answer(build(7, state=state, blocked=blocked)))
    with pytest.raises(errors.BuildAlreadyFinished, match="can't be canceled"):
        await flavor.call(flavor.client(app).builds.cancel, "web", 7)


async def test_meta_data_is_read_off_the_build(flavor: Flavor) -> None:
    client = flavor.client(App(answer(build(7, meta_data={"b": "2", "a": "1"}))))
    assert await flavor.call(client.metadata.items, "web", 7) == {"b": "2", "a": "1"}
    assert await flavor.call(client.metadata.list_keys, "web", 7) == ["a", "b"]
    assert await flavor.call(client.metadata.get, "web", 7, "b") == "2"
    assert await flavor.call(client.metadata.get, "web", 7, "c") is None
    assert await flavor.call(client.metadata.get, "web", 7, "c", "none") == "none"


async def test_meta_data_cannot_be_set_and_the_error_says_when_it_can(flavor: Flavor) -> None:
    app = App(answer({}))
    with pytest.raises(errors.MetadataNotSettable, match=r"builds\.create.*meta-data set k"):
        await flavor.call(flavor.client(app).metadata.set, "web", 7, "k", "v")
    assert app.requests == []


CREATE = {"commit": "HEAD", "branch": "main"}


@pytest.mark.parametrize(
    ("method", "arguments", "options", "name"),
    [
        ("builds.create", ("web",), CREATE, "env"),
        ("pipelines.create", (), {"name": "Web", "repository": "git@git.test:web.git", "cluster_id": "c1"}, "env"),
        ("pipelines.update", ("web",), {}, "env"),
        ("pipelines.update", ("web",), {}, "teams"),
        ("schedules.create", ("web",), {"cronline": "@daily"}, "env"),
        ("schedules.update", ("web", "s1"), {}, "env"),
    ],
)
async def test_environment_variables_are_texts(
    flavor: Flavor, method: str, arguments: tuple[str, ...], options: dict[str, Any], name: str
) -> None:
    app = App(answer({}))
    call = attrgetter(method)(flavor.client(app))
    for value, kind in ((1, "int"), (True, "bool"), (1.5, "float"), (None, "NoneType"), (b"s3cret", "bytes")):
        with pytest.raises(TypeError, match=rf"^{name}\['TOKEN'\] is of type {kind}: pass a text") as caught:
            await flavor.call(call, *arguments, **options, **{name: {"A": "1", "TOKEN": value}})
        assert "s3cret" not in str(caught.value)
    with pytest.raises(TypeError, match=f"{name} has the key 1 of type int: keys are texts"):
        await flavor.call(call, *arguments, **options, **{name: {1: "v"}})
    with pytest.raises(TypeError, match=f"{name} is of type list: pass a map of texts"):
        await flavor.call(call, *arguments, **options, **{name: ["A=1"]})
    assert app.requests == []


async def test_meta_data_may_be_texts_booleans_and_numbers(flavor: Flavor) -> None:
    class Channel(StrEnum):
        BETA = "beta"

    app = App(answer(build(7), 201))
    create = flavor.client(app).builds.create
    given = {"release": "1.4", "canary": True, "dry": False, "shard": 3, "share": 0.5, "channel": Channel.BETA}
    await flavor.call(create, "web", **CREATE, meta_data=given)
    sent = {"release": "1.4", "canary": True, "dry": False, "shard": "3", "share": "0.5", "channel": "beta"}
    assert body_of(app.requests[0])["meta_data"] == sent
    for value, error in ((None, TypeError), (["a"], TypeError), (b"a", TypeError), (math.nan, ValueError)):
        with pytest.raises(error, match=r"^meta_data\['k'\] is"):
            await flavor.call(create, "web", **CREATE, meta_data={"k": value})
        with pytest.raises(error, match=r"^meta_data\['k'\] is"):
            await flavor.list(flavor.client(app).builds.list("web", meta_data={"k": value}))
    assert len(app.requests) == 1


@pytest.mark.parametrize(("method", "arguments"), [("unblock", ("web", 7, "j1")), ("unblock_by_id", ("j1",))])
async def test_the_fields_of_a_block_step_take_scalars_and_lists(
    flavor: Flavor, method: str, arguments: tuple[Any, ...]
) -> None:
    app = App(answer(job("1", type="manual")))
    unblock = getattr(flavor.client(app).jobs, method)
    given = {"version": "1.4", "force": True, "percent": 25, "share": 0.5, "regions": ["eu", "us"], "shards": (1, 2)}
    await flavor.call(unblock, *arguments, fields=given, unblocker="u1")
    assert body_of(app.requests[0]) == {
        "fields": {
            "version": "1.4",
            "force": "true",
            "percent": "25",
            "share": "0.5",
            "regions": ["eu", "us"],
            "shards": ["1", "2"],
        },
        "unblocker": "u1",
    }
    for value, error, where in (
        (None, TypeError, r"fields\['k'\]"),
        ({"a": 1}, TypeError, r"fields\['k'\]"),
        (["a", None], TypeError, r"fields\['k'\]\[1\]"),
        ([["a"]], TypeError, r"fields\['k'\]\[0\]"),
        (math.inf, ValueError, r"fields\['k'\]"),
    ):
        with pytest.raises(error, match=f"^{where} is"):
            await flavor.call(unblock, *arguments, fields={"k": value})
    with pytest.raises(TypeError, match="fields has the key 1 of type int"):
        await flavor.call(unblock, *arguments, fields={1: "v"})
    assert len(app.requests) == 1


async def test_a_map_is_a_map(flavor: Flavor) -> None:
    client = flavor.client(App(answer({})))
    with pytest.raises(TypeError, match="fields is of type list: pass a map"):
        await flavor.call(client.jobs.unblock, "web", 7, "j1", fields=[("k", "v")])
    with pytest.raises(TypeError, match="meta_data is of type str: pass a map"):
        await flavor.call(client.builds.create, "web", **CREATE, meta_data="k=v")


async def test_filters_that_a_job_s_annotations_do_not_have_are_refused(flavor: Flavor) -> None:
    client = flavor.client(App(answer([])))
    for option in ({"scope": "all"}, {"omit_body": True}):
        with pytest.raises(ValueError, match="job"):
            client.annotations.list("web", 7, job_id="j1", **option)


@pytest.mark.parametrize("part", ["", ".", ".."])
async def test_no_part_of_a_path_may_address_something_else(flavor: Flavor, part: str) -> None:
    app = App(answer([]))
    client = flavor.client(app)
    for call in (
        lambda: client.jobs.get("web", 7, part),
        lambda: client.artifacts.get(part, "a1"),
        lambda: client.artifacts.get("j1", part),
        lambda: client.agents.get(part),
        lambda: client.clusters.get(part),
    ):
        with pytest.raises(ValueError, match="address another resource"):
            await flavor.call(call)
    with pytest.raises(TypeError, match=r"number.* has to be an int"):
        await flavor.call(client.builds.get, "web", part)
    for items in (lambda: client.builds.list(part), lambda: client.clusters.queues(part)):
        with pytest.raises(ValueError, match=r"address another resource|can't be a slug"):
            await flavor.list(items())
    assert app.requests == []


@pytest.mark.parametrize("name", ["branch", "commit", "state"])
async def test_an_empty_list_as_a_filter_is_refused(flavor: Flavor, name: str) -> None:
    app = App(answer([]))
    with pytest.raises(ValueError, match="would list everything"):
        await flavor.list(flavor.client(app).builds.list("web", **{name: []}))
    assert app.requests == []


async def test_a_day_is_no_instant(flavor: Flavor) -> None:
    with pytest.raises(TypeError, match="is a date"):
        await flavor.list(flavor.client(App(answer([]))).builds.list("web", created_from=MOMENT.date()))


async def test_an_author_may_be_a_map(flavor: Flavor) -> None:
    app = App(answer(build(7), 201))
    create = flavor.client(app).builds.create
    author = {"name": "Keiko", "email": "keiko@acme.test"}
    await flavor.call(create, "web", commit="HEAD", branch="main", author=author)
    assert body_of(app.requests[0])["author"] == author
    with pytest.raises(TypeError, match="these two keys and no other"):
        await flavor.call(create, "web", commit="HEAD", branch="main", author={"name": "Keiko"})


async def test_a_filter_may_be_an_enum_of_somebody_elses(flavor: Flavor) -> None:
    class State(Enum):
        PASSED = "passed"

    app = App(answer([]))
    await flavor.list(flavor.client(app).builds.list("web", state=State.PASSED))  # type: ignore[arg-type]
    assert app.requests[0].url.params["state"] == "passed"
