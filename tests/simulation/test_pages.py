"""Lists: filters, pages, links and their maximum depth."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from buildkite_ext.simulation import Simulator

from .helpers import ORG, WEB, build, connect, create, refusal

LIST = f"{WEB}/builds"


@pytest.fixture
def sixty(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test").history(65)


def numbers(response: httpx.Response) -> list[int]:
    assert response.status_code == 200, response.text
    return [item["number"] for item in response.json()]


def rels(response: httpx.Response) -> set[str]:
    return {str(rel) for rel in response.links}


@pytest.mark.usefixtures("sixty")
def test_pages_are_thirty_long_and_linked(api: httpx.Client) -> None:
    first = api.get(LIST)
    assert numbers(first) == list(range(65, 35, -1))
    assert rels(first) == {"next", "last"}
    second = api.get(first.links["next"]["url"])
    assert (numbers(second), rels(second)) == (list(range(35, 5, -1)), {"first", "prev", "next", "last"})
    third = api.get(second.links["last"]["url"])
    assert (numbers(third), rels(third)) == ([5, 4, 3, 2, 1], {"first", "prev"})
    assert numbers(api.get(third.links["prev"]["url"])) == numbers(second)
    assert numbers(api.get(third.links["first"]["url"])) == numbers(first)
    beyond = api.get(LIST, params={"page": "9"})
    assert (numbers(beyond), rels(beyond)) == ([], {"first", "prev"})
    assert numbers(api.get(beyond.links["prev"]["url"])) == numbers(third)


@pytest.mark.usefixtures("sixty")
@pytest.mark.parametrize(
    ("query", "length"),
    [
        ({"page": "0"}, 30),
        ({"page": "-1"}, 30),
        ({"page": "x"}, 30),
        ({"page": "9"}, 0),
        ({"page": "9" * 5000}, 0),
        ({"per_page": "100"}, 65),
        ({"per_page": "1000"}, 65),
        ({"per_page": "0"}, 30),
        ({"per_page": "x"}, 30),
        ({"odd": "1", "branch": ""}, 30),
    ],
)
def test_odd_pages_do_no_harm(query: dict[str, str], length: int) -> None:
    simulator = Simulator(deep_listing_after=10**12)
    simulator.pipeline("web").job("test").history(65)
    with connect(simulator) as api:
        assert len(numbers(api.get(LIST, params=query))) == length


@pytest.mark.usefixtures("sixty")
def test_a_single_page_has_no_link_header_and_a_trailing_slash_no_effect(api: httpx.Client) -> None:
    assert "Link" not in api.get(LIST, params={"per_page": "100"}).headers
    assert numbers(api.get(f"{LIST}/")) == numbers(api.get(LIST))
    assert numbers(api.get(api.get(f"{LIST}/").links["next"]["url"])) == list(range(35, 5, -1))


@pytest.mark.usefixtures("sixty")
@pytest.mark.parametrize("name", ["access_token", "api_key"])
def test_a_token_in_the_query_is_taken_and_comes_back_in_the_links(simulator: Simulator, name: str) -> None:
    with connect(simulator, token=None) as api:
        response = api.get(LIST, params={name: simulator.token, "per_page": "10", "branch[]": "main"})
        link = httpx.URL(response.links["next"]["url"])
        assert dict(link.params) == {name: simulator.token, "per_page": "10", "branch[]": "main", "page": "2"}
        assert numbers(api.get(link)) == list(range(55, 45, -1))
    assert simulator.token not in str(simulator.requests)


def test_links_need_not_name_the_last_page() -> None:
    simulator = Simulator(link_last=False)
    simulator.pipeline("web").job("test").history(65)
    with connect(simulator) as api:
        assert rels(api.get(LIST)) == {"next"}


def test_lists_go_only_so_deep() -> None:
    simulator = Simulator(deep_listing_after=60)
    simulator.pipeline("web").job("test").history(65)
    with connect(simulator) as api:
        assert len(numbers(api.get(LIST, params={"page": "2"}))) == 30
        status, message = refusal(api.get(LIST, params={"page": "3"}))
    assert (status, message.startswith("Listing builds this deep is not supported.")) == (400, True)


def test_new_builds_shift_the_pages(simulator: Simulator, api: httpx.Client) -> None:
    web = simulator.pipeline("web").job("test").history(40)
    first = api.get(LIST)
    web.build()
    assert numbers(api.get(first.links["next"]["url"]))[0] == numbers(first)[-1]


@pytest.fixture
def mixed(simulator: Simulator, api: httpx.Client) -> httpx.Client:
    """Create the builds 1 to 6, ten minutes apart, which differ in all that filters compare. Build 6 runs."""
    web = simulator.pipeline("web").job("test", after=60, branches="main feature/*")
    clock = simulator.clock
    web.build(branch="main", commit="a" * 40, meta_data={"os": "linux", "arch": "arm"})
    clock.sleep(600)
    web.build(branch="feature/one", commit="b" * 40, meta_data={"os": "linux"})
    clock.sleep(600)
    web.build(branch="other")  # nothing runs there
    clock.sleep(600)
    create(api)
    api.put(f"{WEB}/builds/4/cancel")
    clock.sleep(600)
    simulator.add_token("bkua_grace", user="Grace Hopper")
    with connect(simulator, "bkua_grace") as hers:
        create(hers, branch="feature/two")
    clock.sleep(600)
    web.build(branch="main")
    clock.sleep(30)
    return api


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"branch": "main"}, [6, 4, 1]),
        ({"branch": "feature/*"}, [5, 2]),
        ({"branch": "*/t*"}, [5]),
        ({"branch": "mai."}, []),
        ([("state", "failed"), ("state", "running")], [6]),
        ({"branch[]": ["main", "other"]}, [6, 4, 3, 1]),
        ({"branch[]": "feature/*"}, []),
        ({"commit": "a" * 40}, [1]),
        ({"commit": "a" * 7}, []),
        ({"commit[]": ["a" * 40, "b" * 40]}, [2, 1]),
        ({"state": "passed"}, [5, 2, 1]),
        ({"state": "running"}, [6]),
        ({"state[]": ["not_run", "canceled"]}, [4, 3]),
        ({"state": "finished"}, [5, 4, 2, 1]),
        ({"state": "odd"}, []),
        ({"meta_data[os]": "linux"}, [2, 1]),
        ({"meta_data[os]": "linux", "meta_data[arch]": "arm"}, [1]),
        ({"created_from": "2026-01-05T09:10:00Z"}, [6, 5, 4, 3, 2]),
        ({"created_to": "2026-01-05T09:10:00.000Z"}, [1]),
        ({"created_from": "2026-01-05T10:10:00+01:00", "created_to": "2026-01-05T09:30:00"}, [3, 2]),
        ({"created_from": "2026-01-06"}, []),
        ({"finished_from": "2026-01-05T09:11:01.000Z"}, [5, 4, 3, 2]),
        ({"branch": "main", "state": "passed"}, [1]),
    ],
)
def test_builds_are_filtered(mixed: httpx.Client, query: Any, found: list[int]) -> None:
    assert numbers(mixed.get(LIST, params=query)) == found


def test_builds_are_filtered_by_their_creator(mixed: httpx.Client) -> None:
    grace = build(mixed, 5)["creator"]["id"]
    assert numbers(mixed.get(LIST, params={"creator": grace})) == [5]


@pytest.mark.parametrize("name", ["created_from", "created_to", "finished_from"])
def test_a_date_that_is_none_is_refused(mixed: httpx.Client, name: str) -> None:
    status, message = refusal(mixed.get(LIST, params={name: "yesterday"}))
    assert (status, name in message) == (400, True)


def test_the_organizations_list_has_all_pipelines_newest_first(simulator: Simulator, api: httpx.Client) -> None:
    web, other = simulator.pipeline("web").job("test"), simulator.pipeline("api").job("test")
    for pipeline in (web, other, web, other):
        pipeline.build()
        simulator.clock.sleep(10)
    for path in (f"{ORG}/builds", "/v2/builds"):
        found = [(item["pipeline"]["slug"], item["number"]) for item in api.get(path).json()]
        assert found == [("api", 2), ("web", 2), ("api", 1), ("web", 1)]


def test_lists_show_what_they_are_asked_for(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", exit_status=[1, 0], automatic_retries=1)
    create(api)
    simulator.clock.sleep(60)

    def first(**query: str) -> Any:
        return api.get(LIST, params=query).json()[0]

    assert len(first()["jobs"]) == 1
    assert len(first(include_retried_jobs="true")["jobs"]) == 2
    bare = first(exclude_jobs="true", exclude_pipeline="true")
    assert not {"jobs", "pipeline"} & set(bare)


def test_lists_are_as_fresh_as_single_builds(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", after=10, exit_status=[1, 0]).job("other", after=3)
    create(api)
    job = build(api)["jobs"][0]
    seen = []
    for step in range(40):
        simulator.clock.sleep(1)
        if step == 20:
            api.put(f"{WEB}/builds/1/jobs/{job['id']}/retry")
        single, listed = build(api), api.get(LIST).json()[0]
        for found in (single, listed):
            found.pop("job_state_counts", None)
            for shown in found["jobs"]:
                shown.pop("agent")
        assert listed == single
        seen.append(listed["state"])
    assert list(dict.fromkeys(seen)) == ["running", "failed", "passed"]


def test_builds_on_paused_queues_can_be_left_out(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("mac").job("test", queue="mac")
    simulator.pipeline("both").job("test").job("sign", queue="mac")
    queue = simulator.queue("mac")
    path = f"{ORG}/clusters/{queue.cluster.id}/queues/{queue.id}"
    paused = api.post(f"{path}/pause_dispatch", json={"dispatch_paused_note": "maintenance"}).json()
    assert (paused["dispatch_paused"], paused["dispatch_paused_note"]) == (True, "maintenance")
    assert api.post(f"{path}/pause_dispatch").status_code == 422
    create(api, "mac")
    create(api, "both")
    assert len(api.get("/v2/builds").json()) == 2
    left = api.get("/v2/builds", params={"include_paused": "false"}).json()
    assert [(item["pipeline"]["slug"], len(item["jobs"])) for item in left] == [("both", 1)]
    simulator.clock.sleep(60)
    assert build(api, 1, "mac")["state"] == "scheduled"
    assert api.post(f"{path}/resume_dispatch").status_code == 200
    assert api.post(f"{path}/resume_dispatch").status_code == 422
    simulator.clock.sleep(60)
    assert build(api, 1, "mac")["state"] == "passed"


def test_pipelines_are_listed_and_found(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web", name="The Web").job("test").wait().block("Go?").trigger("api")
    simulator.pipeline("api", name="Inside", repository="https://git.example/back.git")
    path = f"{ORG}/pipelines"

    def slugs(**query: str) -> list[str]:
        return [item["slug"] for item in api.get(path, params=query).json()]

    assert slugs() == ["web", "api"]
    assert slugs(name="wEb") == ["web"]
    assert slugs(repository="GIT.EXAMPLE") == ["api"]
    assert slugs(per_page="1", page="2") == ["api"]
    web = api.get(f"{path}/web").json()
    assert (web["name"], web["default_branch"], web["visibility"]) == ("The Web", "main", "private")
    assert [step["type"] for step in web["steps"]] == ["script", "waiter", "manual", "trigger"]


def test_a_slug_with_a_slash_keeps_it(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("a/b").job("test").history(40)
    response = api.get(f"{ORG}/pipelines/a%2Fb/builds")
    assert len(numbers(response)) == 30
    assert len(numbers(api.get(response.links["next"]["url"]))) == 10
    assert build(api, 1, "a%2Fb")["url"].endswith("/pipelines/a%2Fb/builds/1")
