"""Every simulated operation answers as the description says, without keys that it doesn't contain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from buildkite_api.operations import OPERATIONS

from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.api.routes import HANDLERS

from .administration import administrate
from .administration_walks import walk_administration
from .described import Described
from .helpers import ORG, WEB, create

SIMULATED = {operation.id for operation in OPERATIONS.values() if operation.row in HANDLERS}

PROMISED = {
    "list_organizations", "get_organization", "list_pipelines", "get_pipeline", "create_build", "list_pipeline_builds",
    "list_organization_builds", "list_builds", "get_build", "cancel_build", "rebuild_build", "retry_failed_jobs",
    "list_build_jobs", "get_build_job", "get_job", "retry_build_job", "retry_job", "unblock_build_job", "unblock_job",
    "reprioritize_build_job", "reprioritize_job", "get_build_job_log", "get_job_log", "get_build_job_log_text",
    "get_job_log_text", "get_build_job_log_html", "get_job_log_html", "head_build_job_log", "head_job_log",
    "delete_build_job_log", "delete_job_log", "get_build_job_env", "get_job_env", "get_build_job_env_text", "get_job_env_text", "list_build_artifacts",
    "list_build_job_artifacts", "list_job_artifacts", "get_build_job_artifact", "get_job_artifact",
    "download_build_job_artifact", "download_job_artifact", "delete_build_job_artifact", "delete_job_artifact",
    "list_build_annotations", "create_build_annotation", "delete_build_annotation", "list_build_job_annotations",
    "create_build_job_annotation", "delete_build_job_annotation", "list_job_annotations", "create_job_annotation",
    "delete_job_annotation", "list_clusters", "get_cluster", "list_cluster_queues", "get_cluster_queue", "list_agents",
    "get_agent", "stop_agent", "pause_agent", "resume_agent", "list_emojis", "get_current_user", "get_access_token",
    "get_meta",
}  # fmt: skip


@pytest.fixture
def described(simulator: Simulator) -> Described:
    return Described(simulator.transport())


@pytest.fixture
def api(simulator: Simulator, described: Described) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {simulator.token}"}
    with httpx.Client(transport=described, base_url=simulator.base_url, headers=headers) as client:
        yield client


def test_every_handler_is_for_an_operation() -> None:
    assert set(HANDLERS) <= set(OPERATIONS)
    assert PROMISED <= SIMULATED


def test_every_simulated_operation_answers_as_described(
    simulator: Simulator, described: Described, api: httpx.Client
) -> None:
    web = simulator.pipeline("web", description="Front", env={"A": "b"})
    web.job("lint", log="--- Lint\nok\n", after=4, exit_status=[1, 0], automatic_retries=1, key="lint", group="checks")
    web.job(
        "test", log="\x1b[31mboom\x1b[0m\n", after=9, exit_status=[3, 0], parallelism=2, artifacts={"a/b.txt": b"hi"}
    )
    web.job("soft", exit_status=1, soft_fail=True, env={"X": "y"}).job("old", skip=True).job("off", branches="release")
    web.wait().block("Ship?", ["version"], key="ship").trigger("deploy", label="Deploy").job("end", timeout=2)
    simulator.pipeline("deploy").job("go", after=30)
    simulator.pipeline("web2").job("slow", after=600).history(3)

    author = {"name": "Ada", "email": "ada@acme.example"}
    create(api, message="m", env={"E": "f"}, meta_data={"os": "linux"}, author=author, pull_request_id=4)
    for step in range(8):
        simulator.clock.sleep(2)
        walk(api, 1, detail=step % 4 == 0)
    failed = [job for job in look(api, 1)["jobs"] if job.get("name") == "test"]
    assert api.put(f"{WEB}/builds/1/jobs/{failed[0]['id']}/retry").status_code == 200
    assert api.put(f"{ORG}/jobs/{failed[1]['id']}/retry").status_code == 200
    simulator.clock.sleep(1.5)
    walk(api, 1)
    simulator.clock.sleep(20)
    block = next(job for job in look(api, 1)["jobs"] if job["type"] == "manual")
    assert look(api, 1)["blocked"]
    answer = api.put(f"{WEB}/builds/1/jobs/{block['id']}/unblock", json={"fields": {"version": "1"}})
    assert answer.status_code == 200
    simulator.clock.sleep(5)
    walk(api, 1, detail=True)
    simulator.clock.sleep(120)
    walk(api, 1)
    assert look(api, 1)["state"] == "failed"  # the last job is timed out
    assert api.put(f"{WEB}/builds/1/retry_failed_jobs", json={"states": "timed_out"}).status_code == 202

    assert api.put(f"{WEB}/builds/1/rebuild").status_code == 200
    simulator.clock.sleep(60)
    second = next(job for job in look(api, 2)["jobs"] if job.get("name") == "test")
    for path in (f"{WEB}/builds/2/jobs/{second['id']}", f"{ORG}/jobs/{second['id']}"):
        assert api.put(f"{path}/reprioritize", json={"priority": 2}).status_code == 200
    failing = next(job for job in look(api, 2)["jobs"] if job["type"] == "manual")
    assert api.put(f"{ORG}/jobs/{failing['id']}/unblock").status_code == 422
    assert api.put(f"{WEB}/builds/2/cancel").status_code == 422
    create(api, "web2")
    assert api.put(f"{ORG}/pipelines/web2/builds/4/cancel").status_code == 200
    agents_and_queues(simulator, api)
    lists(api)
    annotated(api, second["id"])
    administrate(simulator, api)
    walk_administration(simulator, api)
    leftovers(api, second["id"])
    assert described.operations == SIMULATED
    assert len(SIMULATED) >= 150


def look(api: httpx.Client, number: int) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{WEB}/builds/{number}", params={"include_test_engine": "true"}).json()
    return found


def walk(api: httpx.Client, number: int, *, detail: bool = False) -> None:
    """Read a build and all that belongs to it, by all routes."""
    path = f"{WEB}/builds/{number}"
    page = api.get(f"{path}/jobs", params={"per_page": "5"}).json()
    jobs = page["items"]
    while "next" in page["links"]:
        page = api.get(page["links"]["next"]).json()
        jobs += page["items"]
    api.get(f"{ORG}/agents")
    assert {job["id"] for job in look(api, number)["jobs"]} <= {job["id"] for job in jobs}
    api.get(f"{path}/artifacts", params={"state": "finished", "path": "a/*"})
    for job in jobs if detail else []:
        for base in (f"{path}/jobs/{job['id']}", f"{ORG}/jobs/{job['id']}"):
            assert api.get(base).json()["id"] == job["id"]
            statuses = {api.get(f"{base}/{end}").status_code for end in ("log", "log.txt", "log.html")}
            assert statuses == ({200} if job["type"] == "script" else {404})
            api.head(f"{base}/log")
            api.get(f"{base}/env")
            api.get(f"{base}/env.txt")
            for artifact in api.get(f"{base}/artifacts").json():
                api.get(f"{base}/artifacts/{artifact['id']}")
                api.get(f"{base}/artifacts/{artifact['id']}/download")


def agents_and_queues(simulator: Simulator, api: httpx.Client) -> None:
    first, second, *_ = api.get(f"{ORG}/agents", params={"version": "3.112.0"}).json()
    assert api.put(f"{ORG}/agents/{first['id']}/pause", json={"note": "n", "timeout_in_minutes": 3}).status_code == 204
    api.get(f"{ORG}/agents/{first['id']}")
    assert api.put(f"{ORG}/agents/{first['id']}/resume").status_code == 204
    assert api.put(f"{ORG}/agents/{second['id']}/stop", json={"force": True}).status_code == 204
    api.get(f"{ORG}/agents/{second['id']}")
    for cluster in api.get(f"{ORG}/clusters").json():
        path = f"{ORG}/clusters/{cluster['id']}"
        api.get(path)
        assert api.put(path, json={"name": "n", "description": "d", "emoji": ":x:", "color": "#fff"}).status_code == 200
        for queue in api.get(f"{path}/queues").json():
            for verb, body in (("pause_dispatch", {"dispatch_paused_note": "n"}), ("resume_dispatch", None)):
                assert api.post(f"{path}/queues/{queue['id']}/{verb}", json=body).status_code == 200
                change = {"description": "d", "retry_agent_affinity": "prefer-different"}
                assert api.put(f"{path}/queues/{queue['id']}", json=change).status_code == 200
                api.get(f"{path}/queues/{queue['id']}")
    assert simulator.requests


def lists(api: httpx.Client) -> None:
    query = {
        "branch[]": ["main", "dev"], "state": "finished", "commit": "HEAD", "created_from": "2020-01-01T00:00:00Z",
        "created_to": "2030-01-01T00:00:00Z", "finished_from": "2020-01-01T00:00:00Z", "meta_data[os]": "linux",
        "include_retried_jobs": "true", "include_paused": "false", "per_page": "1", "page": "1",
    }  # fmt: skip
    for path in ("/v2/builds", f"{ORG}/builds", f"{WEB}/builds"):
        assert api.get(path, params=query).json()
        assert api.get(path, params={"exclude_jobs": "true", "exclude_pipeline": "true", "creator": "x"}).json() == []
        assert api.get(path).json()
    api.get(f"{ORG}/pipelines", params={"name": "web", "repository": "acme"})
    api.get(WEB)
    for path in (
        "/v2/organizations",
        ORG,
        f"{ORG}/rate_limit",
        f"{ORG}/emojis",
        "/v2/user",
        "/v2/access-token",
        "/v2/meta",
    ):
        assert api.get(path).status_code == 200


def annotated(api: httpx.Client, job_id: str) -> None:
    build, job, short = (
        f"{WEB}/builds/2/annotations", f"{WEB}/builds/2/jobs/{job_id}/annotations", f"{ORG}/jobs/{job_id}/annotations",
    )  # fmt: skip
    for path in (build, job, short):
        made = api.post(path, json={"body": "b", "style": "warning", "priority": 4, "context": "c", "append": True})
        assert made.status_code == 201
        assert len(api.get(path).json()) == 1
        assert api.delete(f"{path}/{made.json()['id']}").status_code == 204
    assert api.get(build, params={"scope": "all", "omit_body": "true"}).json() == []
    # The description lists what can be asked for; this is refused.
    raw = httpx.Request("POST", api.base_url.join(build), headers=api.headers, content=b"{}")
    with pytest.raises(AssertionError, match="'body' is a required property"):
        api.send(raw)


def leftovers(api: httpx.Client, job_id: str) -> None:
    long, short = f"{WEB}/builds/2/jobs/{job_id}", f"{ORG}/jobs/{job_id}"
    artifact = api.get(f"{short}/artifacts").json()[0]["id"]
    for part in ("log", f"artifacts/{artifact}"):
        assert api.delete(f"{long}/{part}").status_code == 204
        assert api.delete(f"{short}/{part}").status_code == 404
    assert api.delete("/v2/access-token").status_code == 204
    assert api.get("/v2/user").status_code == 401


def test_refusals_are_described_too() -> None:
    simulator = Simulator(scopes={"read_builds", "read_organizations"}, user_rate_limit=5)
    simulator.pipeline("web").job("test").build()
    headers = {"Authorization": f"Bearer {simulator.token}"}
    transport = Described(simulator.transport())
    with httpx.Client(transport=transport, base_url=simulator.base_url, headers=headers) as api:
        assert api.get("/v2/user").status_code == 403
        assert api.get(f"{WEB}/builds/9").status_code == 404
        assert api.get(f"{WEB}/builds/1/jobs", params={"per_page": "0"}).status_code == 400
        assert api.post(f"{WEB}/archive").status_code == 403
        assert api.get(f"{WEB}/builds/1", headers={"Authorization": "Bearer x"}).status_code == 401
        simulator.fail_next(status=503)
        assert api.get(ORG).status_code == 503
        assert [api.get(ORG).status_code for _ in range(2)] == [200, 429]


def test_the_check_itself_notices_what_is_not_described(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test")
    headers = {"Authorization": f"Bearer {simulator.token}"}
    with httpx.Client(transport=Described(simulator.transport()), base_url=simulator.base_url, headers=headers) as api:
        for body in ({"message": "x", "odd": 1}, [1], {"message": 5}):
            simulator.fail_next(status=500, body=body)
            with pytest.raises(AssertionError):
                api.get("/v2/user")
        simulator.answer_next(status=200, body={"id": 5})
        with pytest.raises(AssertionError):
            api.get("/v2/user")
        with pytest.raises(AssertionError, match="no query parameter"):
            api.get("/v2/user", params={"page": "2"})
        with pytest.raises(AssertionError, match="is no operation"):
            api.get("/v2/odd")
        with pytest.raises(AssertionError, match="odd"):
            api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main", "odd": True})
