"""Requests to paths that users type: their origin, and lists that aren't decoded."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient
from buildkite_ext._sync import run
from buildkite_ext.errors import (
    AccessDenied,
    BuildkiteError,
    BuildNotFound,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    TooManyPages,
)
from buildkite_ext.pagination.items import AsyncItems, Items
from buildkite_ext.pagination.sources import PathPages
from buildkite_ext.pagination.walker import Walker
from buildkite_ext.simulation import Simulator
from buildkite_ext.urls import address

from .fakes import API, TOKEN, App, Flavor, build
from .listing import START, TOO_DEEP, Listing

ROOTS = ("https://api.buildkite.com", "http://127.0.0.1:8080", "https://proxy.test/deep/bk")
PIECES = st.sampled_from(
    [
        *(
            "..",
            ".",
            "%2e",
            "%2E%2e",
            "%252e%252e",
            ".%2e",
            "..;a",
            "%00",
            "%0a",
            "%09",
            "%5c",
            "\\",
            "/",
            "//",
            "%2f",
            "%",
        ),
        *(
            "v2",
            "V2",
            "organizations",
            "{org}",
            "{",
            "acme",
            "é",
            "?",
            "#",
            "@",
            ":",
            ":443",
            "https:",
            "http://",
            "&",
            "=",
            ";",
        ),
        *(
            "https://api.buildkite.com",
            "api.buildkite.com.evil.example",
            "evil.example",
            "https://proxy.test/deep/bk",
            "user@",
        ),
        *("\r\n", "\t", "\x00", " ", "\u2028", "\u202e", "．．", "／", "\ud800"),
    ]
)
DOTS = st.sampled_from(
    ["..", ".", "%2e", "%2E%2e", "%252e%252e", ".%2e", "..;a", "a%2f..%2f..", "..\\..", "a%5c..%5c.."]
)
SEGMENTS = st.sampled_from(["v2", "organizations", "{org}", "acme", "%C3%A9", "a b"]) | DOTS | PIECES
STARTS = st.sampled_from(["", "/", "/v2/", "//", *(f"{root}/v2/" for root in ROOTS), *(f"{root}/" for root in ROOTS)])
ELSEWHERE = st.sampled_from(
    ["https://evil.example/v2/", "https://api.buildkite.com@evil.example/v2/", "http:/evil.example/v2/"]
)
PATHS = st.builds(
    lambda start, segments: start + "/".join(segments), STARTS | ELSEWHERE, st.lists(SEGMENTS, max_size=4)
) | st.lists(PIECES | st.text(max_size=4), max_size=9).map("".join)
PARAMS = st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text(max_size=9)), max_size=3)


def client(app: Callable[[httpx.Request], httpx.Response], **options: Any) -> BuildkiteClient:
    return BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), **{"base_url": API, **options})


@settings(max_examples=600)
@given(
    path=PATHS,
    params=PARAMS,
    root=st.sampled_from(ROOTS),
    organization=(st.just("acme") | DOTS | st.text(max_size=5)).filter(str.strip),
)
def test_no_path_leads_to_another_origin_or_out_of_v2(
    path: str, params: list[tuple[str, str]], root: str, organization: str
) -> None:
    arrived: list[httpx.Request] = []

    def wire(request: httpx.Request) -> httpx.Response:
        arrived.append(request)
        return httpx.Response(200, json={})

    assume(organization.strip())
    with client(wire, base_url=root).with_options(organization=organization) as buildkite:
        try:
            run(send(buildkite, "GET", path, params=params))
        except ValueError:
            assert arrived == []
            return
    (request,) = arrived
    at = urlsplit(root)
    assert (request.url.scheme, request.url.host, request.url.port) == (at.scheme, at.hostname, at.port)
    assert request.headers["Host"] == at.netloc
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    way = request.url.raw_path.partition(b"?")[0].decode("ascii")
    for _ in range(4):  # servers may decode it repeatedly
        assert f"{posixpath.normpath(way)}/".startswith(f"{at.path}/v2/")
        assert not {".", ".."} & {part.partition(";")[0] for part in way.replace("\\", "/").split("/")}
        assert "\n" not in way
        assert "\r" not in way
        way = unquote(way)
    assert "#" not in str(request.url)


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("user", [], "/v2/user"),
        ("/v2/user", [], "/v2/user"),
        ("v2", [], "/v2"),
        ("/", [], "/v2"),
        ("https://API.buildkite.com:443/v2/user", [], "/v2/user"),
        ("v2/x/?a=1", [("a", "2"), ("b[]", "x y")], "/v2/x/?a=1&a=2&b%5B%5D=x+y"),
        ("x?branch=é&q=100%&r=a/b", [], "/v2/x?branch=%C3%A9&q=100%25&r=a/b"),
        ("x/a%2Fb/é b", [], "/v2/x/a%2Fb/%C3%A9%20b"),
        ("v2.x/...", [], "/v2/v2.x/..."),
    ],
)
def test_addresses(path: str, params: list[tuple[str, str]], expected: str) -> None:
    assert address(path, root=API, organization="acme", params=params) == f"{API}{expected}"


async def send(buildkite: BuildkiteClient, method: str, path: str, **request: Any) -> httpx.Response:
    requester = buildkite._requester
    return await requester.send(requester.build_path(method, path, **request))


def test_a_slug_is_one_segment() -> None:
    assert address("x/{org}/y", root=API, organization="a/b?c") == f"{API}/v2/x/a%2Fb%3Fc/y"


def test_what_is_typed_has_the_errors_and_the_retries_of_what_is_wrapped() -> None:
    missing = App(httpx.Response(404, json={"message": "No build found"}))
    with client(missing) as buildkite, pytest.raises(BuildNotFound, match="build '1'"):
        run(send(buildkite, "GET", "organizations/{org}/pipelines/web/builds/1"))
    denied = App(httpx.Response(403, json={"message": "No"}))
    with client(denied) as buildkite, pytest.raises(AccessDenied, match="needs the scope write_builds"):
        run(send(buildkite, "POST", "organizations/{org}/pipelines/web/builds", content=b"{}"))
    unknown = App(httpx.Response(404))
    with client(unknown) as buildkite, pytest.raises(NotFound) as caught:
        run(send(buildkite, "GET", "brand-new"))
    assert caught.value.operation is None
    assert "Authorization" not in caught.value.response.request.headers

    # Rebuilding isn't repeatable, and canceling is as the description says.
    failing = App(httpx.Response(503))
    with client(failing) as buildkite, pytest.raises(BuildkiteError):
        run(send(buildkite, "PUT", "organizations/{org}/pipelines/web/builds/1/rebuild"))
    assert len(failing.requests) == 1


def listing(*pages: httpx.Response) -> App:
    return App(*pages)


def page(*ids: object, link: str | None = None, **body: Any) -> httpx.Response:
    items = [{"id": str(number), "n": number} for number in ids]
    headers = {} if link is None else {"Link": f'<{link}>; rel="next"'}
    return httpx.Response(200, json={"items": items, **body} if body else items, headers=headers)


def numbers(
    app: App, path: str = "organizations/{org}/agents", *, limit: int | None = None, max_pages: int = 100, **query: Any
) -> list[int]:
    with client(app) as buildkite:
        source = PathPages.of(buildkite._requester, path, limit=limit, **query)
        items: Items[dict[str, int]] = Items(Walker(source, limit=limit, max_pages=max_pages))
        return [item["n"] for item in items]


AGENTS = f"{API}/v2/organizations/acme/agents"


def test_a_list_that_grows_meanwhile_gives_each_item_once_and_in_order() -> None:
    app = listing(page(9, 8, link=f"{AGENTS}?page=2"), page(8, 7, link=f"{AGENTS}?page=3"), page(7, 6))
    assert numbers(app, headers={"X-Mine": "1"}) == [9, 8, 7, 6]
    assert [str(request.url.query, "ascii") for request in app.requests] == ["per_page=100", "page=2", "page=3"]
    assert {request.headers["X-Mine"] for request in app.requests} == {"1"}


def test_cursors() -> None:
    path = "organizations/{org}/pipelines/web/builds/1/jobs"
    own = f"{API}/v2/organizations/acme/pipelines/web/builds/1/jobs"
    app = listing(page(1, 2, links={"next": f"{own}?after=b"}), page(3, links={"next": None}))
    assert numbers(app, path, params=[("per_page", "2")]) == [1, 2, 3]
    assert [str(request.url.query, "ascii") for request in app.requests] == ["per_page=2", "after=b"]


def test_a_limit_asks_for_no_more_than_it_needs() -> None:
    app = listing(page(1, 2, 3, link=f"{AGENTS}?page=2"))
    assert numbers(app, limit=3) == [1, 2, 3]
    assert [str(request.url.query, "ascii") for request in app.requests] == ["per_page=3"]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("https://evil.example/v2/organizations/acme/agents?page=2", "it wasn't followed"),
        (f"{API}/v2/organizations/other/agents?page=2", "it wasn't followed"),
        (f"{API}/v2/organizations/acme/agents/../../x", "it wasn't followed"),
        (f"{AGENTS}?per_page=100", "leads back to the page it came with"),
        (f"{AGENTS}?Access_Token=x", "can't be followed"),
    ],
)
def test_links_that_lead_elsewhere_are_not_followed(link: str, said: str) -> None:
    app = listing(page(1, link=link))
    with pytest.raises(InvalidResponse, match=said):
        numbers(app)
    assert len(app.requests) == 1


def test_a_list_without_an_end() -> None:
    count = 0

    def more(_: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return page(count, link=f"{AGENTS}?page={count + 1}")

    with pytest.raises(TooManyPages, match="3 pages were read"):
        numbers(App(more), max_pages=3)


@pytest.mark.parametrize("body", [b'{"id": "1"}', b"not json", b"[" * 100_000, b'"x"'])
def test_what_is_no_list(body: bytes) -> None:
    with pytest.raises(InvalidResponse, match="isn't"):
        numbers(App(httpx.Response(200, content=body)))


def items_of(flavor: Flavor, buildkite: Any, path: str, *, limit: int | None = None, **query: Any) -> Any:
    """Return the list at a path, as this flavor reads it."""
    kind: Any = Items if flavor.blocking else AsyncItems
    return kind(Walker(PathPages.of(buildkite._requester, path, limit=limit, **query), limit=limit))


BUILDS = "organizations/{org}/builds"
NARROWER = "narrow it with created_from/created_to or with branch="


async def test_a_list_that_is_too_deep_is_continued_in_slices(flavor: Flavor) -> None:
    simulator = Simulator(deep_listing_after=100)
    simulator.pipeline("web").job("test").history(450, every=60)
    client = simulator.client() if flavor.blocking else simulator.async_client()
    found = await flavor.list(items_of(flavor, client, f"{BUILDS}?branch=main&page=1", params=[("state[]", "passed")]))
    assert [item["number"] for item in found] == list(range(450, 0, -1))
    queries = [dict(request.query) for request in simulator.requests]
    assert {(query["branch"], query["state[]"], query["per_page"]) for query in queries} == {("main", "passed", "100")}
    assert "created_to" not in queries[0]
    assert "created_to" in queries[-1]


async def test_a_slice_begins_at_its_first_page_and_keeps_the_bound_and_the_limit(flavor: Flavor) -> None:
    listing = Listing(1000, depth=300)
    before = (START - timedelta(seconds=5005)).isoformat()
    query = [("created_to", before), ("per_page", "100")]
    items = items_of(flavor, flavor.client(listing), BUILDS, params=query, headers={"X-Mine": "1"}, limit=420)
    assert [item["number"] for item in await flavor.list(items)] == list(range(500, 80, -1))
    bounds = list(dict.fromkeys(request.url.params["created_to"] for request in listing.requests))
    assert bounds[0] == before
    assert len(bounds) == 2
    assert {request.headers["X-Mine"] for request in listing.requests} == {"1"}

    found = await flavor.list(items_of(flavor, flavor.client(Listing(1000, depth=300)), BUILDS, params=[("page", "2")]))
    assert [item["number"] for item in found] == list(range(900, 0, -1))


@pytest.mark.parametrize("path", ["organizations/{org}/agents", "organizations/{org}/brand-new"])
async def test_another_list_that_is_too_deep_raises_and_says_why(flavor: Flavor, path: str) -> None:
    own = f"{API}/v2/{path.replace('{org}', 'acme')}"
    refused = httpx.Response(400, json={"message": "Listing this deep is not supported"})
    app = App(page(3, 2, link=f"{own}?page=2"), refused)
    found: list[Any] = []
    with pytest.raises(
        InvalidRequest, match="because it has no filter created_to: narrow it with the filters"
    ) as error:
        await flavor.list(items_of(flavor, flavor.client(app), path), found)
    assert [item["n"] for item in found] == [3, 2]
    assert (error.value.status, error.value.reason) == (400, "Listing this deep is not supported")
    assert error.value.operation == ("list_agents" if path.endswith("agents") else None)
    assert len(app.requests) == 2


@pytest.mark.parametrize("created", [None, "yesterday", 1767603600, "9" * 400])
async def test_a_list_whose_items_do_not_say_when_they_were_created_raises(flavor: Flavor, created: object) -> None:
    builds = [build(number, created_at=created) for number in (2, 1)]
    link = {"Link": f'<{API}/v2/organizations/acme/builds?page=2>; rel="next"'}
    app = App(httpx.Response(200, json=builds, headers=link), httpx.Response(400, json={"message": TOO_DEEP}))
    found: list[Any] = []
    with pytest.raises(InvalidRequest, match="its items don't say when they were created") as error:
        await flavor.list(items_of(flavor, flavor.client(app), BUILDS), found)
    assert NARROWER in str(error.value)
    assert [item["number"] for item in found] == [2, 1]
    assert len(app.requests) == 2


async def test_a_list_whose_items_have_one_time_raises(flavor: Flavor) -> None:
    found: list[Any] = []
    with pytest.raises(InvalidRequest, match="too many builds were created at the same time") as error:
        await flavor.list(items_of(flavor, flavor.client(Listing(500, depth=300, apart=0)), BUILDS), found)
    assert NARROWER in str(error.value)
    assert len(found) == 300
