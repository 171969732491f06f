"""Answers that clients of other languages depend on."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation import Simulator

from .helpers import ORG, WEB, build, connect, create, job_path, jobs, refusal

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_each_answer_has_the_id_of_its_request(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test")
    answers = [
        api.get("/v2/meta"),
        api.get("/v2/user", headers={"Authorization": "Bearer wrong"}),
        api.get("/v2/nothing"),
        api.post(f"{ORG}/jobs/1/vnc-session"),
        api.post(f"{WEB}/builds", json={}),
        api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"}),
        api.put(f"{WEB}/builds/1/cancel"),
        api.head(f"{ORG}/jobs/1/log"),
    ]
    simulator.fail_next(status=503)
    answers.append(api.get("/v2/user"))
    assert [answer.status_code for answer in answers] == [200, 401, 404, 501, 422, 201, 200, 404, 503]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(UUID.fullmatch(each) for each in ids)
    assert len(set(ids)) == len(ids)
    simulator.fail_next(status=503, headers={"x-request-id": "mine"})
    assert api.get("/v2/user").headers.get_list("X-Request-Id") == ["mine"]


def test_the_ids_of_requests_come_from_the_seed_and_change_no_other_id() -> None:
    def ids(seed: int, requests: int) -> tuple[list[str], str]:
        simulator = Simulator(seed=seed)
        simulator.pipeline("web").job("test")
        with connect(simulator) as api:
            seen = [api.get("/v2/user").headers["X-Request-Id"] for _ in range(requests)]
            return seen, create(api)["id"]

    assert ids(1, 3) == ids(1, 3)
    assert ids(1, 3)[0] != ids(2, 3)[0]
    assert ids(1, 3)[1] == ids(1, 5)[1]


def test_a_build_without_a_pull_request_has_null(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test").build()
    create(api)
    created = create(api, pull_request_id=7, pull_request_base_branch="main")
    assert created["pull_request"] == {"id": "7", "base": "main", "repository": None}
    assert [build(api, number)["pull_request"] for number in (1, 2)] == [None, None]
    listed = api.get(f"{WEB}/builds").json()
    assert [item["pull_request"] and item["pull_request"]["id"] for item in listed] == ["7", None, None]
    for number, expected in ((2, None), (3, created["pull_request"])):
        assert api.put(f"{WEB}/builds/{number}/rebuild").json()["pull_request"] == expected


def test_a_block_has_the_key_of_its_step(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").block("Ship it?", key="ship").block("Really?")
    create(api)
    found = jobs(api)
    assert [found[label]["step_key"] for label in ("Ship it?", "Really?")] == ["ship", None]
    path = job_path(found["Ship it?"])
    assert api.get(path).json()["step_key"] == "ship"
    assert [item["step_key"] for item in api.get(f"{WEB}/builds/1/jobs").json()["items"]] == ["ship", None]
    assert api.put(f"{path}/unblock").json()["step_key"] == "ship"


def test_unblocking_what_is_not_blocked_says_what_the_official_command_looks_for(
    simulator: Simulator, api: httpx.Client
) -> None:
    simulator.pipeline("web").job("test").wait().block("Go?")
    create(api)
    path = job_path(jobs(api)["Go?"])
    said = (422, "The job's state must be blocked")
    assert refusal(api.put(f"{path}/unblock")) == said  # it waits
    simulator.clock.sleep(60)
    assert api.put(f"{path}/unblock").status_code == 200
    assert refusal(api.put(f"{path}/unblock")) == said
    assert refusal(api.put(f"{ORG}/jobs/{path.rpartition('/')[2]}/unblock")) == said


def test_a_build_can_be_read_by_its_uuid(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", artifacts={"a.txt": b"a"})
    simulator.pipeline("api").job("test")
    create(api)
    other = create(api, "api")["id"]
    simulator.clock.sleep(60)
    found = build(api)
    path = f"{WEB}/builds/{found['id']}"
    assert api.get(path).json() == found
    assert api.get(path.upper().replace(WEB.upper(), WEB).replace("BUILDS", "builds")).json() == found
    for below in ("jobs", "artifacts", "annotations", f"jobs/{found['jobs'][0]['id']}"):
        by_uuid, by_number = api.get(f"{path}/{below}"), api.get(f"{WEB}/builds/1/{below}")
        assert (by_uuid.status_code, by_number.status_code) == (200, 200)
        if below != "jobs":  # its links name the path of the request
            assert by_uuid.json() == by_number.json()
    assert refusal(api.get(f"{WEB}/builds/{other}")) == (404, "No build found")
    # What is documented for the number alone changes nothing by the UUID.
    assert refusal(api.put(f"{path}/rebuild")) == (404, "No build found")


@pytest.mark.parametrize(
    "query",
    [
        {"per_page": "2"},
        {"state": "passed", "branch": "main", "per_page": "2", "include_retried_jobs": "true"},
        [("per_page", "2"), ("branch[]", "main"), ("state[]", "passed"), ("branch[]", "dev"), ("commit", "")],
        {"per_page": "2", "access_token": "bkua_simulator", "meta_data[os]": "linux"},
    ],
)
def test_the_queries_of_links_are_sorted(query: Any) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test").history(9, meta_data={"os": "linux"})
    with connect(simulator) as api:
        response = api.get(f"{WEB}/builds", params=query)
        assert len(response.json()) == 2
        for link in response.links.values():
            names = [name for name, _ in parse_qsl(urlsplit(link["url"]).query, keep_blank_values=True)]
            assert names == sorted(names)
            assert "page" in names
        second = api.get(response.links["next"]["url"])
        assert [item["number"] for item in second.json()] == [7, 6]
    assert "page=2&per_page=2" in response.links["next"]["url"]


@given(st.lists(st.tuples(st.sampled_from(["b[]", "a", "page", "per_page", "z[k]"]), st.text(max_size=3)), max_size=6))
def test_values_of_one_name_keep_their_order_in_links(pairs: list[tuple[str, str]]) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test").history(3)
    with connect(simulator) as api:
        sent = [*(pair for pair in pairs if pair[0] not in ("page", "per_page")), ("per_page", "1")]
        response = api.get(f"{WEB}/builds?{httpx.QueryParams(sent)}")
        found = parse_qsl(urlsplit(response.links["next"]["url"]).query, keep_blank_values=True)
        assert sorted([*sent, ("page", "2")], key=lambda pair: pair[0]) == found


def test_the_links_of_jobs_are_sorted_too(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", parallelism=5)
    create(api)
    links = api.get(f"{WEB}/builds/1/jobs", params={"state[]": "scheduled", "per_page": "2"}).json()["links"]
    for link in links.values():
        names = [name for name, _ in parse_qsl(urlsplit(link).query)]
        assert names == sorted(names)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"commit=HEAD&branch=main", "application/x-www-form-urlencoded"),
        (
            b"--x\r\nContent-Disposition: form-data; name=commit\r\n\r\nHEAD\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
        (b"commit HEAD of main", "text/plain"),
        (b"\xff\xfe\x00", "application/octet-stream"),
        (b"{'commit': 'HEAD'}", "application/json"),
        (b"[" * 100_000, "application/json"),
    ],
)
def test_a_body_that_is_no_json_is_refused_and_does_nothing(
    simulator: Simulator, api: httpx.Client, content: bytes, kind: str
) -> None:
    web = simulator.pipeline("web").job("test")
    response = api.post(f"{WEB}/builds", content=content, headers={"Content-Type": kind})
    assert refusal(response) == (400, "The request's body isn't JSON")
    assert web.builds == []


def test_json_is_read_with_the_content_type_that_curl_sends(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test")
    for kind in ("application/x-www-form-urlencoded", "text/plain", ""):
        content = b'{"commit": "HEAD", "branch": "main"}'
        headers = {"Content-Type": kind} if kind else {}
        assert api.post(f"{WEB}/builds", content=content, headers=headers).status_code == 201


def test_a_body_that_is_too_long_is_refused_whoever_sends_it(simulator: Simulator) -> None:
    web = simulator.pipeline("web").job("test")
    body = b'{"commit": "HEAD", "branch": "main", "message": "' + b"a" * 10 * 1024 * 1024 + b'"}'
    for token in (None, "wrong", simulator.token):
        with connect(simulator, token) as api:
            assert refusal(api.post(f"{WEB}/builds", content=body)) == (413, "The request's body is longer than 10 MiB")
    assert web.builds == []
    with connect(simulator) as api:
        assert api.post(f"{WEB}/builds", content=body.replace(b"a" * 1024, b"")).status_code == 201
