"""Clusters, queues and agents."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from buildkite_ext.simulation import Simulator, Timing

from .helpers import ORG, build, connect, create, jobs, refusal

AGENTS = f"{ORG}/agents"


def agents(api: httpx.Client, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(AGENTS, params=query).json()
    return found


def test_clusters_and_their_queues(simulator: Simulator, api: httpx.Client) -> None:
    simulator.queue("mac")
    cluster = api.get(f"{ORG}/clusters").json()[0]
    assert api.get(f"{ORG}/clusters/{cluster['id']}").json() == cluster
    path = f"{ORG}/clusters/{cluster['id']}/queues"
    default, mac = api.get(path).json()
    assert (default["key"], mac["key"], cluster["default_queue_id"]) == ("default", "mac", default["id"])
    assert api.get(f"{path}/{mac['id']}").json() == mac
    assert mac["retry_agent_affinity"] == "prefer-warmest"
    assert refusal(api.get(f"{path}/x")) == (404, "No queue found")
    assert refusal(api.get(f"{ORG}/clusters/x")) == (404, "No cluster found")


def test_agents_are_listed_with_the_job_they_run(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", after=60)
    create(api)
    assert [agent["job"] for agent in agents(api)] == [None, None, None]
    simulator.clock.sleep(2)
    busy = agents(api)[0]
    assert (busy["job"]["name"], busy["job"]["script_path"], busy["connection_state"]) == (
        "test",
        "make test",
        "connected",
    )
    simulator.clock.sleep(60)
    idle = api.get(f"{AGENTS}/{busy['id']}").json()
    assert (idle["job"], idle["last_job_finished_at"]) == (None, "2026-01-05T09:01:01.000Z")
    assert refusal(api.get(f"{AGENTS}/x")) == (404, "No agent found")


def test_agents_are_filtered(simulator: Simulator, api: httpx.Client) -> None:
    mac = simulator.agent("mini", queue="mac")
    for query in ({"name": "mini"}, {"hostname": "mini.acme.example"}, {"cluster_queue_id": mac.queue.id}):
        assert [agent["name"] for agent in agents(api, **query)] == ["mini"]
    assert agents(api, version="0.0") == []
    assert len(agents(api, version=mac.version)) == 4


def test_there_are_as_many_agents_as_are_needed(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", parallelism=10)
    create(api)
    simulator.clock.sleep(2)
    assert len(agents(api)) == 10
    simulator.clock.sleep(60)
    create(api)
    simulator.clock.sleep(2)
    assert len(agents(api)) == 10


def test_a_fixed_number_of_agents_takes_jobs_in_turn_and_others_expire() -> None:
    simulator = Simulator(agents=1, timing=Timing(expiry=25))
    simulator.pipeline("web").job("test", parallelism=4, after=20)
    with connect(simulator) as api:
        create(api)
        simulator.clock.sleep(2)
        assert [job["state"] for job in build(api)["jobs"]] == ["running", "scheduled", "scheduled", "scheduled"]
        simulator.clock.sleep(20)
        assert [job["state"] for job in build(api)["jobs"]] == ["passed", "running", "scheduled", "scheduled"]
        simulator.clock.sleep(100)
        assert [job["state"] for job in build(api)["jobs"]] == ["passed", "passed", "expired", "expired"]
        assert build(api)["state"] == "failed"
        retried = api.put(f"{ORG}/pipelines/web/builds/1/retry_failed_jobs", json={"states": "expired"})
        assert retried.json()["retried_jobs_count"] == 2


def test_an_agent_is_stopped_with_its_build(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", after=60)
    create(api)
    simulator.clock.sleep(5)
    agent = agents(api)[0]
    assert api.put(f"{AGENTS}/{agent['id']}/stop").status_code == 204
    assert agents(api)[0]["connection_state"] == "stopping"
    simulator.clock.sleep(5)
    assert build(api)["state"] == "canceled"
    assert agent["id"] not in [item["id"] for item in agents(api)]
    gone = api.get(f"{AGENTS}/{agent['id']}").json()
    assert (gone["connection_state"], gone["stopped_at"]) == ("stopped", "2026-01-05T09:00:06.000Z")
    assert refusal(api.put(f"{AGENTS}/{agent['id']}/stop")) == (400, "Can only stop connected agents")


@pytest.mark.parametrize("force", [True, False])
def test_a_build_that_is_read_again_shows_the_connections_of_its_agents_as_they_are(
    simulator: Simulator, api: httpx.Client, force: bool
) -> None:
    simulator.pipeline("web").job("test", after=60)
    create(api)
    simulator.clock.sleep(5)

    def connection() -> str:
        shown = build(api)
        assert shown == build(api)
        return shown["jobs"][0]["agent"]["connection_state"]

    before = connection()
    agent = next(each for each in agents(api) if each["job"])
    assert api.put(f"{AGENTS}/{agent['id']}/stop", json={"force": force}).status_code == 204
    stopping = connection()
    simulator.clock.sleep(100)
    assert (before, stopping, connection()) == ("connected", "stopping", "stopped")


def test_two_clients_with_other_questions_read_a_build_each_in_its_own_form(
    simulator: Simulator, api: httpx.Client
) -> None:
    simulator.pipeline("web").job("test")
    create(api)
    for _ in range(2):
        assert "jobs" not in build(api, exclude_jobs="true")
        assert len(build(api)["jobs"]) == 1
        simulator.clock.sleep(100)
    assert build(api)["state"] == build(api, exclude_jobs="true")["state"] == "passed"


def test_an_agent_may_finish_its_job_before_it_stops(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", after=60)
    create(api)
    simulator.clock.sleep(5)
    busy, idle, _ = agents(api)
    assert api.put(f"{AGENTS}/{busy['id']}/stop", json={"force": False}).status_code == 204
    assert api.put(f"{AGENTS}/{idle['id']}/stop", json={"force": False}).status_code == 204
    assert [agent["connection_state"] for agent in agents(api)] == ["stopping", "connected"]
    simulator.clock.sleep(60)
    assert build(api)["state"] == "passed"
    assert len(agents(api)) == 1


@pytest.mark.parametrize("wake", ["resume", "timeout"])
def test_a_paused_agent_takes_no_jobs(wake: str) -> None:
    simulator = Simulator(agents=1)
    simulator.pipeline("web").job("test", after=10)
    with connect(simulator) as api:
        path = f"{AGENTS}/{agents(api)[0]['id']}"
        assert refusal(api.put(f"{path}/resume", json={})) == (422, "Agent is not paused")
        assert api.put(f"{path}/pause", json={"note": "disk", "timeout_in_minutes": 2}).status_code == 204
        assert api.put(f"{path}/pause").status_code == 422
        paused = api.get(path).json()
        assert (paused["paused"], paused["paused_note"], paused["paused_timeout_in_minutes"]) == (True, "disk", 2)
        create(api)
        simulator.clock.sleep(60)
        assert jobs(api)["test"]["state"] == "scheduled"
        if wake == "resume":
            assert api.put(f"{path}/resume", json={}).status_code == 204
        else:
            simulator.clock.sleep(60)
        assert api.get(path).json()["paused"] is False
        simulator.clock.sleep(20)
        assert build(api)["state"] == "passed"


def test_a_stopped_agent_cannot_be_paused(simulator: Simulator, api: httpx.Client) -> None:
    path = f"{AGENTS}/{agents(api)[0]['id']}"
    api.put(f"{path}/stop")
    assert api.put(f"{path}/pause").status_code == 422
    assert simulator.requests[-1].operation == "pause_agent"
