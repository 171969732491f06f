"""Artifacts: listed, fetched, downloaded from another origin, deleted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from buildkite_ext.simulation import Simulator

from .helpers import ORG, WEB, connect, create, job_path, jobs, refusal

FILES = {"dist/web-1.0.whl": b"wheel" * 50_000, "dist/a b/é.txt": b"text", "log.txt": b""}


@pytest.fixture
def job(simulator: Simulator, api: httpx.Client) -> Any:
    """Return a job that has passed and uploaded three files. Another job uploaded one."""
    simulator.pipeline("web").job("build", artifacts=FILES, after=10).job("other", artifacts={"x.png": b"x"}, after=10)
    create(api)
    simulator.clock.sleep(60)
    return jobs(api)["build"]


def paths(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [item["path"] for item in response.json()]


def test_artifacts_are_listed_by_build_and_by_job(api: httpx.Client, job: dict[str, Any]) -> None:
    assert paths(api.get(f"{WEB}/builds/1/artifacts")) == [*FILES, "x.png"]
    assert paths(api.get(f"{job_path(job)}/artifacts")) == list(FILES)
    assert paths(api.get(f"{ORG}/jobs/{job['id']}/artifacts")) == list(FILES)
    first = api.get(f"{WEB}/builds/1/artifacts", params={"per_page": "2"})
    assert paths(api.get(first.links["next"]["url"])) == ["log.txt", "x.png"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"path": "dist/*"}, ["dist/web-1.0.whl", "dist/a b/é.txt"]),
        ({"path": "*.txt"}, ["dist/a b/é.txt", "log.txt"]),
        ({"path": "log.txt"}, ["log.txt"]),
        ({"path": "log?txt"}, []),
        ({"state": "finished"}, [*FILES, "x.png"]),
        ({"state": "new"}, []),
        ({"state": "deleted"}, []),
    ],
)
@pytest.mark.usefixtures("job")
def test_artifacts_are_filtered(api: httpx.Client, query: dict[str, str], found: list[str]) -> None:
    assert paths(api.get(f"{WEB}/builds/1/artifacts", params=query)) == found


def test_a_hostile_filter_ends(simulator: Simulator, api: httpx.Client) -> None:
    path = "a" * 2_000
    simulator.pipeline("web").job("build", artifacts={path: b""}, after=10)
    api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": path})
    simulator.clock.sleep(60)
    hostile = "*a" * 20 + "*x"
    for filtered in ("builds", f"{ORG}/builds"):
        address = filtered if filtered.startswith(ORG) else f"{WEB}/{filtered}"
        assert api.get(address, params={"branch": hostile}).json() == []
        assert len(api.get(address, params={"branch": "*a" * 20 + "*"}).json()) == 1
    assert paths(api.get(f"{WEB}/builds/1/artifacts", params={"path": hostile})) == []
    assert paths(api.get(f"{WEB}/builds/1/artifacts", params={"path": "*a" * 20})) == [path]


@pytest.mark.usefixtures("job")
def test_an_unknown_state_is_refused(api: httpx.Client) -> None:
    assert api.get(f"{WEB}/builds/1/artifacts", params={"state": "odd"}).status_code == 422


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_an_artifact_is_described(api: httpx.Client, job: dict[str, Any], twin: str) -> None:
    listed = api.get(f"{WEB}/builds/1/artifacts").json()[0]
    path = job_path(job) if twin == "build" else f"{ORG}/jobs/{job['id']}"
    artifact = api.get(f"{path}/artifacts/{listed['id']}").json()
    assert artifact == listed
    assert (artifact["dirname"], artifact["filename"], artifact["file_size"]) == ("dist", "web-1.0.whl", 250_000)
    assert (artifact["state"], len(artifact["sha1sum"]), artifact["job_id"]) == ("finished", 40, job["id"])
    other = jobs(api)["other"]
    assert refusal(api.get(f"{job_path(other)}/artifacts/{listed['id']}")) == (404, "No artifact found")


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_bytes_come_from_another_origin(
    simulator: Simulator, api: httpx.Client, job: dict[str, Any], twin: str
) -> None:
    path = job_path(job) if twin == "build" else f"{ORG}/jobs/{job['id']}"
    with httpx.Client(transport=simulator.transport()) as outside:
        for artifact in api.get(f"{WEB}/builds/1/artifacts").json()[:3]:
            response = api.get(f"{path}/artifacts/{artifact['id']}/download")
            url = httpx.URL(response.headers["Location"])
            assert (response.status_code, response.json()) == (302, {"url": str(url)})
            assert url.host != httpx.URL(simulator.base_url).host
            fetched = outside.get(url)
            assert (fetched.status_code, fetched.content) == (200, FILES[artifact["path"]])
            assert fetched.headers["Content-Length"] == str(artifact["file_size"])
    assert len(simulator.artifact_requests) == 3


def link(api: httpx.Client, number: int = 0) -> str:
    artifact = api.get(f"{WEB}/builds/1/artifacts").json()[number]
    return api.get(artifact["download_url"]).headers["Location"]


@pytest.mark.usefixtures("job")
def test_the_other_origin_refuses_tokens_and_records_that_they_came(simulator: Simulator, api: httpx.Client) -> None:
    response = api.get(link(api))
    assert response.status_code == 400
    assert simulator.artifact_requests[0].headers["authorization"] == "[redacted]"


@pytest.mark.usefixtures("job")
def test_a_link_is_good_for_a_minute_and_for_one_artifact(simulator: Simulator, api: httpx.Client) -> None:
    url, other = link(api), link(api, 1)
    with httpx.Client(transport=simulator.transport()) as outside:
        simulator.clock.sleep(59)
        assert outside.get(url).status_code == 200
        assert outside.head(url).status_code == 403
        assert outside.get(url.partition("?")[0]).status_code == 403
        assert outside.get(f"{url.partition('?')[0]}?{other.partition('?')[2]}").status_code == 403
        assert outside.get(url.replace("Expires=1", "Expires=9")).status_code == 403
        simulator.clock.sleep(1)
        assert outside.get(url).status_code == 403
        assert outside.get(link(api)).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [
        ("bytes=0-3", 206, b"text"),
        ("bytes=1-2", 206, b"ex"),
        ("bytes=2-", 206, b"xt"),
        ("bytes=-3", 206, b"ext"),
        ("bytes=2-99", 206, b"xt"),
        ("bytes=4-", 416, b""),
        ("bytes=-", 200, b"text"),
        ("odd", 200, b"text"),
    ],
)
@pytest.mark.usefixtures("job")
def test_parts_of_the_bytes_can_be_had(
    simulator: Simulator, api: httpx.Client, wanted: str, status: int, content: bytes
) -> None:
    with httpx.Client(transport=simulator.transport()) as outside:
        response = outside.get(link(api, 1), headers={"Range": wanted})
    assert (response.status_code, response.content) == (status, content)


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_a_deleted_artifact_is_gone(api: httpx.Client, job: dict[str, Any], twin: str) -> None:
    artifact = api.get(f"{job_path(job)}/artifacts").json()[0]
    base = job_path(job) if twin == "build" else f"{ORG}/jobs/{job['id']}"
    path = f"{base}/artifacts/{artifact['id']}"
    assert api.delete(path).status_code == 204
    assert [api.get(path).status_code, api.get(f"{path}/download").status_code, api.delete(path).status_code] == [
        404
    ] * 3
    assert artifact["path"] not in paths(api.get(f"{WEB}/builds/1/artifacts"))


def test_artifacts_are_new_before_they_are_finished_and_lost_by_a_cancellation() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("build", artifacts=FILES, after=100)
    with connect(simulator) as api:
        create(api)
        create(api)
        simulator.clock.sleep(50)
        assert paths(api.get(f"{WEB}/builds/1/artifacts")) == []
        simulator.clock.sleep(45)
        new = api.get(f"{WEB}/builds/1/artifacts").json()
        assert {item["state"] for item in new} == {"new"}
        assert api.get(new[0]["download_url"]).status_code == 404
        api.put(f"{WEB}/builds/2/cancel")
        simulator.clock.sleep(60)
        states = [{item["state"] for item in api.get(f"{WEB}/builds/{n}/artifacts").json()} for n in (1, 2)]
        assert states == [{"finished"}, {"error"}]
