"""Requests to any path of the API, and items as they came."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from buildkite_api.api.builds import get_build

from buildkite_ext import BuildkiteClient
from buildkite_ext.errors import (
    AccessDenied,
    BuildkiteError,
    BuildNotFound,
    InvalidResponse,
    ResponseLost,
    ServerError,
    TooManyPages,
)
from buildkite_ext.simulation import Simulator

from .fakes import API, TOKEN, App, Flavor, answer, build

WEB = f"{API}/v2/organizations/acme/pipelines/web"


async def test_a_request_to_a_path_takes_the_way_of_all_requests(flavor: Flavor) -> None:
    app = App(answer({"message": "busy"}, 503), answer([{"slug": "rspec"}]))
    client = flavor.client(app)
    response = await flavor.call(
        client.request, "GET", "analytics/organizations/{org}/suites", params={"per_page": 5}, headers={"X-Mine": "1"}
    )
    assert response.json() == [{"slug": "rspec"}]
    assert app.paths == ["/v2/analytics/organizations/acme/suites?per_page=5"] * 2
    assert {request.headers["Authorization"] for request in app.requests} == {f"Bearer {TOKEN}"}
    assert {request.headers["X-Mine"] for request in app.requests} == {"1"}


async def test_a_body_is_json_or_bytes(flavor: Flavor) -> None:
    app = App(answer(build(7), 201))
    client = flavor.client(app)
    await flavor.call(client.request, "POST", "organizations/{org}/pipelines/web/builds", json={"message": "ä"})
    await flavor.call(client.request, "patch", f"{WEB}", content=b"<x/>", headers={"content-type": "text/xml"})
    assert [(r.method, r.headers["Content-Type"], r.content) for r in app.requests] == [
        ("POST", "application/json", '{"message":"ä"}'.encode()),
        ("PATCH", "text/xml", b"<x/>"),
    ]


async def test_errors_and_retries_are_those_of_the_operation_at_the_path(flavor: Flavor) -> None:
    missing = flavor.client(App(answer({"message": "No build found"}, 404)))
    with pytest.raises(BuildNotFound, match="build '1'"):
        await flavor.call(missing.request, "GET", "organizations/{org}/pipelines/web/builds/1")
    denied = flavor.client(App(answer({"message": "No"}, 403)))
    with pytest.raises(AccessDenied, match="write_builds"):
        await flavor.call(denied.request, "POST", "organizations/{org}/pipelines/web/builds", json={})
    lost = App(httpx.ReadError("gone"))
    with pytest.raises(ResponseLost):
        await flavor.call(flavor.client(lost).request, "PUT", "organizations/{org}/pipelines/web/builds/1/rebuild")
    failing = App(answer({"message": "oops"}, 500))
    with pytest.raises(ServerError):
        await flavor.call(flavor.client(failing).request, "POST", "brand/new", json={"a": 1})
    assert len(lost.requests) == len(failing.requests) == 1  # neither is known to be repeatable


async def test_a_redirect_is_returned_and_not_followed(flavor: Flavor) -> None:
    app = App(httpx.Response(302, headers={"Location": "https://evil.test/"}))
    response = await flavor.call(flavor.client(app).request, "GET", "brand/new")
    assert (response.status_code, len(app.requests)) == (302, 1)


@pytest.mark.parametrize(
    ("params", "query"),
    [
        (None, ""),
        ({}, ""),
        (
            {"state": ["failed", "passed"], "branch[]": ["a b"]},
            "state%5B%5D=failed&state%5B%5D=passed&branch%5B%5D=a+b",
        ),
        ({"exclude_jobs": True, "x": False, "n": 3, "f": 1.5, "none": None}, "exclude_jobs=true&x=false&n=3&f=1.5"),
        ([("a", "1"), ("a", "2")], "a=1&a=2"),
        ({"from": datetime(2026, 1, 2, tzinfo=UTC)}, "from=2026-01-02T00%3A00%3A00%2B00%3A00"),
        (
            {"from": datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2)))},
            "from=2026-01-02T00%3A00%3A00%2B02%3A00",
        ),
    ],
)
def test_params(params: Any, query: str) -> None:
    app = App(answer([]))
    with BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app)) as buildkite:
        buildkite.request("GET", "x", params=params)
    assert app.requests[0].url.query.decode() == query


@pytest.mark.parametrize(
    ("arguments", "options", "error", "said"),
    [
        (("GET", "https://evil.test/v2/x"), {}, ValueError, "leads outside"),
        (("GET", "organizations/../../x"), {}, ValueError, "another path"),
        (("GET", "x?access_token=secret-1"), {}, ValueError, "put a token into logs"),
        (("GET", ""), {}, ValueError, "is empty"),
        (("G ET", "x"), {}, ValueError, "isn't an HTTP method"),
        (("organizations/{org}", "x"), {}, ValueError, "isn't an HTTP method"),
        (("GET", "x"), {"params": {"a": object()}}, TypeError, r"params\['a'\] is a object"),
        (("GET", "x"), {"params": {"a": [[1]]}}, TypeError, r"params\['a'\] is a list"),
        (("GET", "x"), {"params": {"a": b"1"}}, TypeError, r"params\['a'\] is a bytes"),
        (("GET", "x"), {"params": {"a": datetime(2026, 1, 2)}}, ValueError, "no time zone"),
        (("GET", "x"), {"params": {"api_key": "secret-1"}}, ValueError, "put a token into logs"),
        (("POST", "x"), {"json": {"a": {1}}}, TypeError, "json= can't be sent"),
        (("POST", "x"), {"json": math.nan}, ValueError, "json= can't be sent"),
        (("POST", "x"), {"json": "\ud800"}, ValueError, "lone surrogate"),
        (("POST", "x"), {"json": 1, "content": b"1"}, TypeError, "two bodies"),
        (("GET",), {}, TypeError, "path"),
    ],
)
def test_what_cannot_be_sent(arguments: Any, options: Any, error: type[Exception], said: str) -> None:
    app = App(answer({}))
    client: Any = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app))
    with client, pytest.raises(error, match=said) as caught:
        client.request(*arguments, **options)
    assert not app.requests
    assert "secret-1" not in str(caught.value)


@pytest.mark.parametrize("method", ["call", "request", "iterate"])
@pytest.mark.parametrize("endpoint", [None, 7, object()])
def test_what_is_not_an_endpoint_is_named(method: str, endpoint: object) -> None:
    client: Any = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(App(answer({}))))
    with client, pytest.raises(TypeError, match=rf"{method}\(.*buildkite_api.api.builds.get_build"):
        getattr(client, method)(endpoint)


def test_a_path_for_call_names_request() -> None:
    client: Any = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(App(answer({}))))
    with client, pytest.raises(TypeError, match=r'request\("GET", path\)'):
        client.call("organizations/{org}/agents")


async def test_a_path_is_iterated_through_its_pages(flavor: Flavor) -> None:
    app = App(
        answer([{"id": "a"}, {"id": "b"}], Link=f'<{API}/v2/organizations/acme/agents?page=2>; rel="next"'),
        answer([{"id": "b"}, {"id": "c"}]),
    )
    items = flavor.client(app).iterate("organizations/{org}/agents", params={"name": "mac"}, headers={"X-Mine": "1"})
    assert await flavor.list(items) == [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    assert app.paths[0] == "/v2/organizations/acme/agents?name=mac&per_page=100"
    assert {request.headers["X-Mine"] for request in app.requests} == {"1"}


async def test_the_bounds_of_a_list_hold_for_a_path(flavor: Flavor) -> None:
    app = App(
        lambda request: answer(
            [{"id": str(len(app.requests))}], Link=f'<{WEB}/builds?page={len(app.requests) + 1}>; rel="next"'
        )
    )
    items = flavor.client(app).iterate("organizations/{org}/pipelines/web/builds")
    assert len(await flavor.list(items.with_options(limit=3))) == 3
    with pytest.raises(TooManyPages):
        await flavor.list(items.with_options(max_pages=2))


def test_a_path_that_cannot_be_iterated_is_refused_at_once() -> None:
    with BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(App(answer({"id": 1})))) as buildkite:
        with pytest.raises(ValueError, match="leads outside"):
            buildkite.iterate("https://evil.test/v2/x")
        with pytest.raises(InvalidResponse, match="isn't a list"):
            list(buildkite.iterate("x"))


async def test_raw_items_are_what_came(flavor: Flavor) -> None:
    came = [{"id": "b1", "number": 7, "new_key": {"a": [1.0, None]}}, {"id": "b2", "number": 6, "state": "odd"}]
    app = App(answer(came))
    client = flavor.client(app)
    for items in (
        client.builds.list("web").raw(),
        client.iterate("organizations/{org}/builds").raw(),
        client.jobs.list("web", 7).raw(),
    ):
        assert await flavor.list(items) == came


async def test_raw_items_keep_the_bounds_and_the_walk_of_their_list(flavor: Flavor) -> None:
    simulator = Simulator(deep_listing_after=100)
    simulator.pipeline("web").job("test").history(450, every=60)
    client = simulator.client() if flavor.blocking else simulator.async_client()
    found = await flavor.list(client.builds.list("web", state="passed").raw())
    assert [item["number"] for item in found] == list(range(450, 0, -1))
    assert isinstance(json.dumps(found), str)
    assert len(await flavor.list(client.builds.list("web", limit=3).raw())) == 3


def test_a_page_that_is_not_a_list_is_refused_when_it_is_read_raw() -> None:
    with (
        BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(App(answer({"id": 1})))) as buildkite,
        pytest.raises(BuildkiteError, match="isn't a list"),
    ):
        list(buildkite.builds.list("web").raw())


def test_modules_are_called_as_before() -> None:
    with BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(App(answer(build(7))))) as buildkite:
        assert buildkite.request(get_build, "acme", "web", 7).json()["number"] == 7


@pytest.mark.parametrize("path", ["organizations/\udcff", "user?a=\ud800", "\udcff"])
async def test_a_path_that_isn_t_utf_8_is_refused_as_such(flavor: Flavor, path: str) -> None:
    app = App(answer({}))
    with pytest.raises(ValueError, match="it isn't UTF-8 text"):
        await flavor.call(flavor.client(app).request, "GET", path)
    assert app.requests == []
