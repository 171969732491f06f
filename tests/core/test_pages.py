"""Lists are read page by page, in order, losing and repeating nothing."""

from __future__ import annotations

import gc
from contextlib import aclosing
from datetime import UTC, datetime, timedelta, timezone
from itertools import repeat
from typing import Any

import anyio
import httpx
import pytest
from buildkite_api.api.agents import list_agents
from buildkite_api.api.builds import list_builds, list_organization_builds
from buildkite_api.api.jobs import list_build_jobs
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import AsyncBuildkiteClient, AsyncItems, BuildkiteClient, Items, Page, errors
from buildkite_ext.pagination.walker import MAX_PAGES

from .fakes import API, TOKEN, App, FakeClock, Flavor, agents, answer, job
from .listing import START, Listing, in_some_order

AGENTS = f"{API}/v2/organizations/acme/agents"


def numbers(builds: list[Any]) -> list[int]:
    return [build.number for build in builds]


async def test_a_list_is_read_to_its_end_in_order(flavor: Flavor) -> None:
    listing = Listing(250)
    found = await flavor.list(flavor.client(listing).builds.list("web"))
    assert numbers(found) == list(range(250, 0, -1))
    assert listing.pages == [1, 2, 3]


async def test_a_page_alone_has_no_links_and_is_the_end(flavor: Flavor) -> None:
    listing = Listing(3)
    assert len(await flavor.list(flavor.client(listing).builds.list("web", concurrency=8))) == 3
    assert listing.pages == [1]


async def test_nothing_is_asked_for_before_the_first_item_is(flavor: Flavor) -> None:
    listing = Listing(250)
    items = flavor.client(listing).builds.list("web")
    iterator = flavor.iterator(items)
    assert listing.pages == []
    await flavor.next(iterator)
    assert listing.pages == [1]


async def test_each_iteration_begins_again(flavor: Flavor) -> None:
    items = flavor.client(Listing(3)).builds.list("web")
    assert numbers(await flavor.list(items)) == numbers(await flavor.list(items)) == [3, 2, 1]


async def test_pages_tell_what_is_around_them(flavor: Flavor) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        response = listing(request)
        response.headers["X-Total-Count"] = "250"
        return response

    listing = Listing(250)
    pages: list[Page[Any]] = await flavor.list(flavor.client(app).builds.list("web").pages())
    assert [(len(page.items), page.next_page, page.prev_page, page.has_next()) for page in pages] == [
        (100, 2, None, True),
        (100, 3, 1, True),
        (50, None, 2, False),
    ]
    assert {page.total_count for page in pages} == {250}


async def test_the_total_is_none_where_buildkite_does_not_say(flavor: Flavor) -> None:
    pages = await flavor.list(flavor.client(Listing(3)).builds.list("web").pages())
    assert [page.total_count for page in pages] == [None]


async def test_cursors_are_followed(flavor: Flavor) -> None:
    route = f"{API}/v2/organizations/acme/pipelines/web/builds/7/jobs"
    app = App(
        answer({"items": [job("a"), job("b")], "links": {"self": route, "next": f"{route}?after=b"}}),
        answer({"items": [job("b"), job("c")], "links": {"self": route, "prev": f"{route}?before=b"}}),
    )
    client = flavor.client(app)
    assert [one.name for one in await flavor.list(client.jobs.list("web", 7, state="failed"))] == ["a", "b", "c"]
    assert app.requests[0].url.params == httpx.QueryParams({"state[]": "failed", "per_page": "100"})
    assert app.paths[1] == "/v2/organizations/acme/pipelines/web/builds/7/jobs?after=b"

    app = App(
        answer({"items": [job("a")], "links": {"next": f"{route}?after=a"}}),
        answer({"items": [], "links": {"prev": f"{route}?before=b"}}),
    )
    pages = await flavor.list(flavor.client(app).iterate(list_build_jobs, "acme", "web", 7).pages())
    assert [(page.next_page, page.prev_page) for page in pages] == [("a", None), (None, "b")]


async def test_any_list_operation_can_be_iterated(flavor: Flavor) -> None:
    app = App(answer(agents([1, 2]), Link=f'<{AGENTS}?page=2>; rel="next"'), answer(agents([3])))
    items = flavor.client(app).iterate(list_agents, "acme", name="mac", per_page=2)
    assert [agent.id for agent in await flavor.list(items)] == ["agent-1", "agent-2", "agent-3"]
    assert app.paths[0] == "/v2/organizations/acme/agents?name=mac&per_page=2"
    assert "list_agents" in repr(items)


async def test_items_without_an_id_are_all_given_out(flavor: Flavor) -> None:
    app = App(answer([{"name": "a"}, {"name": "a"}, {"id": "x", "name": "b"}, {"id": "x", "name": "b"}]))
    assert [agent.name for agent in await flavor.list(flavor.client(app).agents.list())] == ["a", "a", "b"]


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize(
    ("limit", "given_out", "pages"), [(0, 0, 0), (1, 1, 1), (100, 100, 1), (101, 101, 2), (250, 250, 3), (999, 250, 3)]
)
async def test_a_limit_ends_the_list_and_saves_requests(
    flavor: Flavor, concurrency: int, limit: int, given_out: int, pages: int
) -> None:
    app = Listing(250)
    items = flavor.client(app).pipelines.builds("web", limit=limit, concurrency=concurrency)
    assert len(await flavor.list(items)) == given_out
    assert len(app.pages) == pages
    if 0 < limit < 100:
        assert app.requests[0].url.params["per_page"] == str(limit)


async def test_no_page_is_fetched_ahead_that_the_limit_leaves_no_room_for(flavor: Flavor) -> None:
    app = Listing(2000)
    assert len(await flavor.list(flavor.client(app).builds.list("web", limit=450, concurrency=8))) == 450
    assert len(app.pages) == 5


async def test_a_limit_and_concurrency_can_be_given_afterwards(flavor: Flavor) -> None:
    listing = Listing(250)
    items = flavor.client(listing).builds.list("web")
    assert len(await flavor.list(items.with_options(limit=120, concurrency=4))) == 120
    assert len(await flavor.list(items)) == 250


@pytest.mark.parametrize("option", [{"limit": -1}, {"concurrency": 0}, {"max_pages": 0}])
async def test_a_bound_that_is_none_is_refused(flavor: Flavor, option: dict[str, int]) -> None:
    items = flavor.client(Listing(1)).builds.list("web")
    with pytest.raises(ValueError, match=next(iter(option))):
        items.with_options(**option)


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_a_list_that_never_ends_raises_at_a_bound(flavor: Flavor, concurrency: int) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", "1"))
        seen.append(page)
        return answer(agents([page]), Link=f'<{AGENTS}?page={page + 1}>; rel="next"')

    seen: list[int] = []
    items = flavor.client(app).agents.list(concurrency=concurrency).with_options(max_pages=7)
    found: list[Any] = []
    with pytest.raises(errors.TooManyPages, match="7 pages were read"):
        await flavor.list(items, found)
    assert (len(found), sorted(seen)) == (7, [1, 2, 3, 4, 5, 6, 7])


def endless(route: str, *, cursors: bool = False) -> App:
    """Return a server whose list never ends, by page numbers or by cursors."""

    def serve(request: httpx.Request) -> httpx.Response:
        at = int(request.url.params.get("after" if cursors else "page", "1"))
        link = f"{route}?{'after' if cursors else 'page'}={at + 1}"
        if cursors:
            return answer({"items": [job(str(at))], "links": {"next": link}})
        return answer([{"id": str(at)}], Link=f'<{link}>; rel="next"')

    return App(serve)


ENDLESS: dict[str, tuple[Any, App]] = {
    "builds.list": (
        lambda client: client.builds.list("web"),
        endless(f"{API}/v2/organizations/acme/pipelines/web/builds"),
    ),
    "pipelines.builds": (
        lambda client: client.pipelines.builds("web"),
        endless(f"{API}/v2/organizations/acme/pipelines/web/builds"),
    ),
    "agents.list": (lambda client: client.agents.list(), endless(AGENTS)),
    "teams.members.list": (
        lambda client: client.teams.members.list("t1"),
        endless(f"{API}/v2/organizations/acme/teams/t1/members"),
    ),
    "jobs.list": (
        lambda client: client.jobs.list("web", 7),
        endless(f"{API}/v2/organizations/acme/pipelines/web/builds/7/jobs", cursors=True),
    ),
    "iterate(list_agents)": (lambda client: client.iterate(list_agents, "acme"), endless(AGENTS)),
    "iterate(list_build_jobs)": (
        lambda client: client.iterate(list_build_jobs, "acme", "web", 7),
        endless(f"{API}/v2/organizations/acme/pipelines/web/builds/7/jobs", cursors=True),
    ),
}


@pytest.mark.parametrize("called", ENDLESS)
async def test_the_bound_is_the_same_for_each_list_and_its_error_names_what_was_called(
    flavor: Flavor, called: str
) -> None:
    listed, app = ENDLESS[called]
    items, found = listed(flavor.client(app)), list[Any]()
    assert repr(items) == f"<{'' if flavor.blocking else 'Async'}Items of {called}>"
    before = len(app.requests)
    with pytest.raises(errors.TooManyPages) as raised:
        await flavor.list(items.with_options(max_pages=3), found)
    assert (len(found), len(app.requests) - before) == (3, 3)
    assert str(raised.value) == (
        f"{called}: 3 pages were read and there are more. Allow more with .with_options(max_pages=...), stop earlier with "
        "limit=, or narrow the list with its filters."
    )
    with pytest.raises(errors.TooManyPages):
        await flavor.call(items.with_options(max_pages=2).all)
    with pytest.raises(errors.TooManyPages):
        await flavor.list(items.with_options(max_pages=2).pages())


def test_the_bound_is_as_documented() -> None:
    assert MAX_PAGES == 10_000
    for kind in (Items, AsyncItems):
        assert "default: 10,000" in str(kind.with_options.__doc__)


async def test_the_bound_counts_the_pages_of_all_slices(flavor: Flavor) -> None:
    listing, found = Listing(1000, depth=300), list[Any]()
    with pytest.raises(errors.TooManyPages, match=r"^builds\.list: 3 pages were read"):
        await flavor.list(flavor.client(listing).builds.list("web").with_options(max_pages=3), found)
    assert len(found) == 300
    assert 1 not in listing.pages[1:]


@pytest.mark.parametrize(
    "link",
    [
        f"<{AGENTS}?page=2>",
        f'{AGENTS}?page=2; rel="next"',
        f'<{AGENTS}?page=2; rel="next"',
        f'<{AGENTS}?page=2>; rel="next',
        f'<{AGENTS}?page=2>; rel="next,last"',
        f'<{AGENTS}?page=2>; rel="next;last"',
    ],
)
async def test_a_link_that_cannot_be_read_does_not_end_the_list_in_silence(flavor: Flavor, link: str) -> None:
    found: list[Any] = []
    with pytest.raises(errors.InvalidResponse, match=r"^agents\.list: the Link header of a page can't be read"):
        await flavor.list(flavor.client(App(answer(agents([1]), Link=link))).agents.list(), found)


async def test_a_page_may_be_the_next_and_the_last(flavor: Flavor) -> None:
    app = App(answer(agents([1]), Link=f'<{AGENTS}?page=2>; rel="next last"'), answer(agents([2])))
    assert len(await flavor.list(flavor.client(app).agents.list())) == 2


async def test_first_gives_the_first_item_and_asks_for_no_more(flavor: Flavor) -> None:
    listing = Listing(250)
    builds = flavor.client(listing).builds.list("web")
    assert (await flavor.call(builds.first)).number == 250
    assert [request.url.params["per_page"] for request in listing.requests] == ["1"]
    assert (await flavor.call(builds.first)).number == 250
    assert len(listing.requests) == 2
    assert (await flavor.call(flavor.client(listing).builds.list("web", per_page=30).first)).number == 250
    assert listing.requests[-1].url.params["per_page"] == "30"


async def test_first_of_an_empty_list_is_none(flavor: Flavor) -> None:
    assert await flavor.call(flavor.client(Listing(0)).builds.list("web").first) is None
    listing = Listing(3)
    assert await flavor.call(flavor.client(listing).builds.list("web", limit=0).first) is None
    assert listing.requests == []


async def test_first_passes_over_empty_pages(flavor: Flavor) -> None:
    app = App(answer([], Link=f'<{AGENTS}?page=2>; rel="next"'), answer(agents([5])))
    assert (await flavor.call(flavor.client(app).agents.list().first)).id == "agent-5"


@pytest.mark.parametrize("count", [0, 1, 100, 101, 950])
async def test_all_gives_a_list_of_everything_in_order(flavor: Flavor, count: int) -> None:
    found = await flavor.call(flavor.client(Listing(count)).builds.list("web").all)
    assert isinstance(found, list)
    assert numbers(found) == list(range(count, 0, -1))


async def test_all_loses_no_build_of_a_list_that_grows_meanwhile(flavor: Flavor) -> None:
    listing = Listing(950, growth=repeat(3), depth=400)
    found = numbers(await flavor.call(flavor.client(listing).builds.list("web").all))
    assert set(range(1, 951)) <= set(found)
    assert len(found) == len(set(found))


async def test_all_keeps_the_limit(flavor: Flavor) -> None:
    assert len(await flavor.call(flavor.client(Listing(950)).builds.list("web", limit=230).all)) == 230
    listing = Listing(950)
    few = flavor.client(listing).builds.list("web").with_options(limit=5)
    assert len(await flavor.call(few.all)) == 5
    assert [request.url.params["per_page"] for request in listing.requests] == ["5"]


async def test_an_index_and_a_length_say_what_to_write_instead(flavor: Flavor) -> None:
    items = flavor.client(Listing(3)).builds.list("web")
    awaited = "" if flavor.blocking else "await "
    for wrong, said in (
        (
            lambda: items[0],
            f"Write `{awaited}items.first()`.",
        ),
        (lambda: items[:10], f"Write `{awaited}items.with_options(limit=10).all()`."),
        (lambda: items[-1], f"or `{awaited}items.all()` for a list that has an index."),
        (lambda: items[2:5], f"or `{awaited}items.all()` for a list that has an index."),
        (lambda: len(items), f"has no length, because it is read page by page. Write `{awaited}items.all()`"),
        (lambda: reversed(items), "has no length"),
    ):
        with pytest.raises(TypeError) as raised:
            wrong()
        assert said in str(raised.value)
    assert items  # true, whatever it holds


def iter_once(items: Any) -> None:
    for _ in items:
        return


async def test_a_list_is_read_by_the_loop_of_its_client_and_says_so(flavor: Flavor) -> None:
    items = flavor.client(Listing(3)).builds.list("web")
    assert (hasattr(items, "__iter__"), hasattr(items, "__aiter__")) == (flavor.blocking, not flavor.blocking)
    if flavor.blocking:
        assert numbers(list(items)) == numbers([*items]) == numbers(tuple(items)) == [3, 2, 1]
    else:
        for read in (list, tuple, iter_once):
            with pytest.raises(
                TypeError, match=r"^<AsyncItems of builds\.list> is read by `async for`: write `async for"
            ):
                read(items)


async def test_a_list_as_long_as_the_bound_is_no_error(flavor: Flavor) -> None:
    items = flavor.client(Listing(300)).builds.list("web").with_options(max_pages=3)
    assert len(await flavor.list(items)) == 300


async def test_a_page_that_leads_to_itself_is_refused(flavor: Flavor) -> None:
    app = App(answer(agents([1]), Link=f'<{AGENTS}?per_page=100>; rel="next"'))
    with pytest.raises(errors.InvalidResponse, match="leads back"):
        await flavor.list(flavor.client(app).agents.list())


def in_circles(*links: str) -> App:
    """Serve pages, each with one item and the next of `links`, again and again."""

    def page(request: httpx.Request) -> httpx.Response:
        at = len(app.requests)
        return answer(agents([at]), Link=f'<{AGENTS}?{links[(at - 1) % len(links)]}>; rel="next"')

    app = App(page)
    return app


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize(
    ("links", "requests"),
    [
        (["page=2&per_page=100", "page=1&per_page=100"], 2),
        (["per_page=100&page=2", "per_page=100"], 2),
        (["page=2&per_page=100", "page=3&per_page=100", "per_page=100&page=2"], 3),
        (["page=2", "page=1"], 3),
        (["after=a&per_page=100", "after=b&per_page=100", "after=a&per_page=100"], 3),
        (["after=a&per_page=100", "after=b&per_page=100", "per_page=100"], 3),
        (["after=a", "before=a", "after=a"], 3),
    ],
)
async def test_pages_that_lead_in_a_circle_are_refused(
    flavor: Flavor, links: list[str], requests: int, concurrency: int
) -> None:
    app = in_circles(*links)
    found: list[Any] = []
    items = flavor.client(app).agents.list().with_options(concurrency=concurrency)
    said = "to a page that was read before" if concurrency == 1 else "(to a page that was read before|back to the page)"
    with pytest.raises(errors.InvalidResponse, match=rf"^agents\.list: .* leads {said}"):
        await flavor.list(items, found)
    if concurrency == 1:
        assert len(app.requests) == requests
        assert len(found) == requests  # what came is given
    else:
        assert len(app.requests) <= requests + 2 * concurrency


async def test_a_limit_ends_a_list_before_its_circle_does(flavor: Flavor) -> None:
    app = in_circles("page=2&per_page=2", "page=1&per_page=2")
    assert len(await flavor.list(flavor.client(app).agents.list(limit=2))) == 2


async def test_a_slice_that_leads_back_into_the_one_before_is_refused(flavor: Flavor) -> None:
    listing = Listing(1000, depth=300)

    def app(request: httpx.Request) -> httpx.Response:
        response = listing(request)
        if "created_to" in request.url.params:  # the second slice forgets its filter
            back = request.url.copy_remove_param("created_to").copy_set_param("page", "2")
            response.headers["Link"] = f'<{back}>; rel="next"'
        return response

    found: list[Any] = []
    with pytest.raises(errors.InvalidResponse, match=r"^builds\.list: .* leads to a page that was read before"):
        await flavor.list(flavor.client(app).builds.list("web"), found)
    assert len(listing.requests) == 5
    assert numbers(found) == list(range(1000, 601, -1))


async def test_an_error_on_a_later_page_comes_after_the_items_before_it(flavor: Flavor) -> None:
    app = App(answer(agents([1]), Link=f'<{AGENTS}?page=2>; rel="next"'), answer({"message": "gone"}, 404))
    found: list[Any] = []
    with pytest.raises(errors.OrganizationNotFound):
        await flavor.list(flavor.client(app).agents.list(), found)
    assert len(found) == 1


async def test_pages_are_fetched_at_once_as_many_as_there_are(flavor: Flavor) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", "1"))
        seen.append(page)
        link = f'<{AGENTS}?page={page + 1}>; rel="next", <{AGENTS}?page=5>; rel="last"' if page < 5 else ""
        return answer(agents([page]), Link=link)

    seen: list[int] = []
    found = await flavor.list(flavor.client(app).agents.list(concurrency=8))
    assert [agent.id for agent in found] == [f"agent-{number}" for number in range(1, 6)]
    assert sorted(seen) == [1, 2, 3, 4, 5]


async def test_without_a_last_page_the_reader_runs_ahead_to_the_first_empty_one(flavor: Flavor) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", "1"))
        seen.append(page)
        link = f'<{AGENTS}?page={page + 1}>; rel="next"' if page < 6 else ""
        return answer(agents([page] if page <= 6 else []), Link=link)

    seen: list[int] = []
    found = await flavor.list(flavor.client(app).agents.list(concurrency=4))
    assert len(found) == 6
    assert set(range(1, 7)) <= set(seen) <= set(range(1, 10))


async def test_a_list_that_grows_while_it_is_read_repeats_nothing(flavor: Flavor) -> None:
    listing = Listing(250, growth=repeat(7))
    found = await flavor.list(flavor.client(listing).builds.list("web"))
    assert numbers(found) == listing.expected


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("concurrency", [2, 8])
async def test_fetching_at_once_loses_nothing_of_a_list_that_grows(
    flavor: Flavor, concurrency: int, last: bool
) -> None:
    listing = Listing(950, growth=repeat(3), last=last)
    found = await flavor.list(flavor.client(listing).builds.list("web", concurrency=concurrency))
    assert numbers(found) == listing.expected == list(range(950, 0, -1))


class Slow:
    """Server that answers when as many requests wait as are said to be sent at the same time, or when no more come.

    The second page of a list is answered last, so that a reader who waits for a whole batch sends nothing meanwhile.
    """

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.under_way = 0
        self.most = 0
        self.behind_the_second: set[int] = set()
        self._second = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        page = int(request.url.params.get("page", "1"))
        if self._second:
            self.behind_the_second.add(page)
        second = page == 2
        self._second += second
        for _ in range(500 if second else 20):
            await anyio.lowlevel.checkpoint()
        self._second -= second
        self.under_way -= 1
        return self.listing(request)


ALL = "all"
ITERATION = "iteration"


async def read(slow: Slow, how: str, **options: Any) -> list[int]:
    client = AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(slow), clock=FakeClock())
    items = client.builds.list("web", **options)
    return numbers(await items.all()) if how == ALL else [build.number async for build in items]


@pytest.mark.parametrize(("how", "requests"), [(ALL, 21), (ITERATION, 21)])
async def test_a_long_list_asks_for_each_page_once_and_for_the_one_where_it_begins_to_be_still(
    flavor: Flavor, how: str, requests: int
) -> None:
    listing = Listing(2000)
    items = flavor.client(listing).builds.list("web", concurrency=8)
    found = await (flavor.call(items.all) if how == ALL else flavor.list(items))
    assert numbers(found) == list(range(2000, 0, -1))
    assert len(listing.requests) == requests


@pytest.mark.parametrize("how", [ALL, ITERATION])
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_the_next_page_is_asked_for_as_soon_as_one_has_come(how: str) -> None:
    slow = Slow(Listing(2400))
    assert await read(slow, how, concurrency=4) == list(range(2400, 0, -1))
    assert slow.most == 4
    # While the second page is on its way, `all` reads on to the end, and an iteration reads the rest of its batch.
    assert max(slow.behind_the_second) >= (23 if how == ALL else 4)


@pytest.mark.parametrize("how", [ALL, ITERATION])
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_builds_of_one_second_are_read_at_the_same_time_once_that_has_passed(how: str) -> None:
    slow = Slow(Listing(1500, apart=0.0, later=60.0, skew=-2.0))
    assert await read(slow, how, concurrency=8) == list(range(1500, 0, -1))
    assert slow.most == 8
    slow = Slow(Listing(1500, apart=0.0, later=5.0, skew=2.0))  # a build may yet be created in that second
    assert await read(slow, how, concurrency=8) == list(range(1500, 0, -1))
    assert slow.most == 1


@pytest.mark.parametrize("how", [ALL, ITERATION])
async def test_a_list_that_ended_in_the_past_needs_no_slice(flavor: Flavor, how: str) -> None:
    listing = Listing(1000, later=60.0, skew=0.0)
    items = flavor.client(listing).builds.list("web", created_to=START + timedelta(seconds=1), concurrency=4)
    found = await (flavor.call(items.all) if how == ALL else flavor.list(items))
    assert numbers(found) == list(range(1000, 0, -1))
    assert sorted(listing.pages) == list(range(1, 11))


@pytest.mark.parametrize("how", [ALL, ITERATION])
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_no_page_is_asked_for_behind_one_that_was_refused(how: str) -> None:
    slow = Slow(Listing(6000, depth=1000))
    assert await read(slow, how, concurrency=4) == list(range(6000, 0, -1))
    refused = [page for page in slow.listing.pages if page * 100 > 1000]
    slices = -(-6000 // 900)
    assert len(refused) <= 4 * slices


def complete(found: list[int], listing: Listing) -> bool:
    """Return True if these are the builds that were there at the beginning, in order and once each, and at most newer ones."""
    expected = listing.expected or []
    return len(found) == len(set(found)) and [number for number in found if number <= len(expected)] == expected


listings = st.fixed_dictionaries(
    {
        "count": st.integers(0, 60),
        "apart": st.sampled_from([0.0, 0.01, 0.3, 1.0, 10.0]),
        "last": st.booleans(),
        "growth": st.lists(st.integers(0, 5), max_size=40),
        "seconds_only": st.booleans(),
        "skew": st.none() | st.integers(-9, 9),
        "later": st.sampled_from([0.0, 5.0, 30.0]),
    }
)


@given(listings, st.integers(1, 8), st.integers(1, 9), st.lists(st.integers(0, 30), max_size=40))
def test_nothing_is_lost_or_repeated_in_whatever_order_pages_are_served(
    options: dict[str, Any], concurrency: int, size: int, delays: list[int]
) -> None:
    listing = Listing(size=size, **options)

    async def main() -> list[int]:
        transport = httpx.MockTransport(in_some_order(listing, delays))
        client = AsyncBuildkiteClient("acme", token=TOKEN, transport=transport, clock=FakeClock())
        return [build.number async for build in client.builds.list("web", concurrency=concurrency)]

    assert complete(anyio.run(main), listing)


@given(listings, st.integers(1, 8), st.integers(1, 9))
def test_nothing_is_lost_or_repeated_by_threads(options: dict[str, Any], concurrency: int, size: int) -> None:
    listing = Listing(size=size, **options)
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(listing), clock=FakeClock())
    assert complete([build.number for build in client.builds.list("web", concurrency=concurrency)], listing)


@given(
    listings.filter(lambda options: options["apart"] >= 0.3),
    st.integers(1, 8),
    st.integers(1, 5),
    st.integers(5, 8),
    st.none() | st.integers(0, 90),
)
def test_nothing_is_lost_or_repeated_where_buildkite_lists_no_deeper(
    options: dict[str, Any], concurrency: int, size: int, pages: int, limit: int | None
) -> None:
    listing = Listing(size=size, depth=size * pages, **options)
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(listing), clock=FakeClock())
    items = client.builds.list("web", concurrency=concurrency, limit=limit)
    found: list[int] = []
    try:
        for build in items:
            found.append(build.number)
    except errors.InvalidRequest as error:
        # More builds within a second than are listed at all: it can't be gone on, and nothing was left out before.
        refused: errors.InvalidRequest | None = error
    else:
        refused = None
    if refused is None:
        assert limit is not None or complete(found, listing)
    else:
        assert "created_from" in str(refused)
        assert options["apart"] * size * pages < 3 or sum(options["growth"]) >= size * (pages - 1)
    old = [number for number in found if number <= options["count"]]
    assert len(found) == len(set(found))
    assert old == (listing.expected or [])[: len(old)]


async def test_a_list_that_is_too_deep_goes_on_in_slices(flavor: Flavor) -> None:
    listing = Listing(1000, depth=300, growth=repeat(1, 5))
    found = await flavor.list(flavor.client(listing).builds.list("web", branch="main", state=["passed", "failed"]))
    assert numbers(found) == list(range(1000, 0, -1))
    bounds = [request.url.params.get("created_to") for request in listing.requests]
    assert bounds[0] is None
    assert bounds[-1] is not None
    for request in listing.requests:
        assert request.url.params["branch"] == "main"
        assert request.url.params.get_list("state[]") == ["passed", "failed"]


@pytest.mark.parametrize("which", ["organization", "every organization"])
async def test_the_longer_lists_go_on_in_slices_too(flavor: Flavor, which: str) -> None:
    listing = Listing(700, depth=300)
    client = flavor.client(listing)
    items = client.builds.list() if which == "organization" else client.builds.list_all()
    assert len(await flavor.list(items)) == 700


async def test_a_slice_begins_at_its_first_page_wherever_the_list_was_begun(flavor: Flavor) -> None:
    listing = Listing(1000, depth=300)
    items = flavor.client(listing).iterate(list_organization_builds, "acme", page=2)
    assert numbers(await flavor.list(items)) == list(range(900, 0, -1))


async def test_a_bound_of_the_caller_s_own_is_kept(flavor: Flavor) -> None:
    listing = Listing(1000, depth=300)
    before = START - timedelta(seconds=5005)
    found = await flavor.list(flavor.client(listing).builds.list("web", created_to=before))
    assert numbers(found) == list(range(500, 0, -1))


async def test_builds_that_cannot_be_told_apart_by_time_raise_and_say_what_narrows(flavor: Flavor) -> None:
    listing = Listing(500, depth=300, apart=0)
    found: list[Any] = []
    with pytest.raises(errors.InvalidRequest, match="created_from/created_to or with branch=") as error:
        await flavor.list(flavor.client(listing).builds.list("web"), found)
    assert len(found) == 300
    assert (error.value.status, error.value.operation) == (400, "list_pipeline_builds")


async def test_a_first_page_that_is_too_deep_is_an_error(flavor: Flavor) -> None:
    with pytest.raises(errors.InvalidRequest, match="this deep"):
        await flavor.list(flavor.client(Listing(1000, depth=300)).iterate(list_builds, page=50))


async def test_another_refusal_on_the_way_is_an_error(flavor: Flavor) -> None:
    route = f"{API}/v2/organizations/acme/builds"
    app = App(answer([], Link=f'<{route}?page=2>; rel="next"'), answer({"message": "Invalid state"}, 400))
    with pytest.raises(errors.InvalidRequest, match="Invalid state"):
        await flavor.list(flavor.client(app).builds.list())


async def test_a_list_without_such_a_filter_says_what_buildkite_said(flavor: Flavor) -> None:
    app = App(
        answer(agents([1]), Link=f'<{AGENTS}?page=2>; rel="next"'),
        answer({"message": "Listing this deep is not supported"}, 400),
    )
    with pytest.raises(errors.InvalidRequest, match="this deep"):
        await flavor.list(flavor.client(app).agents.list())


async def test_dates_are_sent_in_utc(flavor: Flavor) -> None:
    listing = Listing(3)
    tokyo = datetime(2026, 1, 6, 8, 30, 15, 250000, tzinfo=timezone(timedelta(hours=9)))
    await flavor.list(
        flavor.client(listing).builds.list("web", created_from=tokyo, finished_from=tokyo, created_to=tokyo)
    )
    params = listing.requests[0].url.params
    assert {params["created_from"], params["created_to"], params["finished_from"]} == {"2026-01-05T23:30:15.250Z"}


@pytest.mark.parametrize("name", ["created_from", "created_to", "finished_from"])
async def test_a_date_without_a_time_zone_is_refused_at_once(flavor: Flavor, name: str) -> None:
    client = flavor.client(App(answer([])))
    naive = datetime(2026, 1, 5)
    with pytest.raises(ValueError, match=name):
        client.builds.list("web", **{name: naive})
    with pytest.raises(ValueError, match=name):
        client.builds.list_all(**{name: naive})


async def test_leaving_a_list_early_needs_no_care(flavor: Flavor) -> None:
    async def first() -> int:
        if flavor.blocking:
            for build in client.builds.list("web"):
                return build.number
        else:
            async for build in client.builds.list("web"):
                return build.number
        raise AssertionError

    listing = Listing(250)
    client = flavor.client(listing)
    assert await first() == 250
    gc.collect()
    assert (await flavor.call(client.call, list_agents, "acme")) is not None
    assert listing.pages == [1, 1]


async def test_a_list_can_be_closed(flavor: Flavor) -> None:
    client = flavor.client(Listing(250))
    for items in (client.builds.list("web"), client.builds.list("web").pages()):
        iterator = flavor.iterator(items)
        await flavor.next(iterator)
        await flavor.close(iterator)
        assert await flavor.list(iterator) == []


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_list_closes_by_aclosing(flavor: Flavor) -> None:
    async with aclosing(aiter(flavor.client(Listing(250)).builds.list("web"))) as builds:
        assert (await anext(builds)).number == 250


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_reader_leaves_nothing_behind(flavor: Flavor) -> None:
    async def serve(request: httpx.Request) -> httpx.Response:
        if "page" in request.url.params:
            nonlocal waiting
            waiting += 1
            scope.cancel()
            try:
                await anyio.sleep(60)
            finally:
                waiting -= 1
        return listing(request)

    waiting = 0
    listing = Listing(950)
    client = flavor.client(serve)
    found = []
    with anyio.CancelScope() as scope:
        async for build in client.builds.list("web", concurrency=4):
            found.append(build)
    assert scope.cancelled_caught
    assert len(found) >= 100
    assert waiting == 0


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_list_that_outlives_its_loop_goes_on_in_the_next(loop: str) -> None:
    client = AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(Listing(250)), clock=FakeClock())
    builds = aiter(client.builds.list("web"))

    async def one() -> int:
        return (await anext(builds)).number

    async def rest() -> list[int]:
        return [build.number async for build in builds]

    assert anyio.run(one, backend=loop) == 250
    assert anyio.run(rest, backend=loop) == list(range(249, 0, -1))


async def test_a_blocking_list_begun_inside_a_loop_is_whole(flavor: Flavor) -> None:
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(Listing(250)), clock=FakeClock())
    builds = iter(client.builds.list("web", concurrency=2))
    assert next(builds).number == 250
    assert numbers(list(builds)) == list(range(249, 0, -1))


async def test_lists_inside_lists_are_fine(flavor: Flavor) -> None:
    client = flavor.client(Listing(250))
    count = 0
    async for _ in flavor.iterate(client.builds.list("web", limit=3, concurrency=2)):
        async for _ in flavor.iterate(client.builds.list("web", limit=150, concurrency=2)):
            count += 1
    assert count == 450


def test_dates_in_answers_know_their_zone() -> None:
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(Listing(1)), clock=FakeClock())
    (build,) = client.builds.list("web")
    assert build.created_at is not None
    assert build.created_at.astimezone(UTC) == START - timedelta(seconds=10)
