"""Clusters and queues: what can be changed in them, and by which verb."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from buildkite_api.operations import OPERATIONS

from buildkite_ext.simulation import Simulator

from .helpers import ORG, build, create, jobs, refusal


@pytest.fixture
def cluster(simulator: Simulator) -> str:
    return f"{ORG}/clusters/{simulator.queue('mac').cluster.id}"


@pytest.fixture
def queue(simulator: Simulator, cluster: str) -> str:
    return f"{cluster}/queues/{simulator.queue('mac').id}"


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
def test_a_cluster_is_changed_by_either_verb(api: httpx.Client, cluster: str, verb: str) -> None:
    before = api.get(cluster).json()
    change = {"description": "Builds", "emoji": ":mac:", "color": "#FF0000", "name": "Macs"}
    answer = api.request(verb, cluster, json=change)
    assert answer.status_code == 200
    assert answer.json() == api.get(cluster).json() == {**before, **change}
    assert api.request(verb, cluster, json={"description": "Tests"}).json()["name"] == "Macs"


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
def test_a_queue_is_changed_by_either_verb(api: httpx.Client, queue: str, verb: str) -> None:
    change = {"description": "Minis", "retry_agent_affinity": "prefer-different"}
    answer = api.request(verb, queue, json=change)
    assert answer.status_code == 200
    assert answer.json() == api.get(queue).json()
    assert change.items() <= answer.json().items()


def test_jobs_go_to_the_default_queue_that_was_chosen(
    simulator: Simulator, api: httpx.Client, cluster: str, queue: str
) -> None:
    simulator.pipeline("web").job("test")
    wanted = queue.rpartition("/")[2]
    assert api.patch(cluster, json={"default_queue_id": wanted}).json()["default_queue_id"] == wanted
    create(api)
    assert jobs(api)["test"]["cluster_queue_id"] == wanted
    simulator.clock.sleep(60)
    assert build(api)["state"] == "passed"


@pytest.mark.parametrize("queue", ["gpu", "${QUEUE:-gpu}"])
def test_a_queue_that_only_a_step_names_is_not_the_default_one(
    simulator: Simulator, api: httpx.Client, queue: str
) -> None:
    cluster = f"{ORG}/clusters/{api.post(f'{ORG}/clusters', json={'name': 'new'}).json()['id']}"
    steps = f"steps: [{{label: plain, command: x}}, {{label: gpu, command: y, agents: {{queue: '{queue}'}}}}]"
    pipeline = {"name": "web", "repository": "git@x:y.git", "cluster_id": cluster.rpartition("/")[2]}
    assert api.post(f"{ORG}/pipelines", json={**pipeline, "configuration": steps}).status_code == 201
    for number in (1, 2):
        create(api)
        simulator.clock.sleep(60)
        assert api.get(cluster).json()["default_queue_id"] is None
        made = {job.step.label: job for job in simulator.pipeline("web").builds[number - 1].jobs}
        assert (made["plain"].queue, made["plain"].state) == (None, "scheduled")
        assert made["gpu"].queue is not None
        assert (made["gpu"].queue.key, made["gpu"].state) == ("gpu", "passed")
    (gpu,) = api.get(f"{cluster}/queues").json()
    assert api.patch(cluster, json={"default_queue_id": gpu["id"]}).json()["default_queue_id"] == gpu["id"]
    create(api)
    simulator.clock.sleep(60)
    assert {job.state for job in simulator.pipeline("web").builds[2].jobs} == {"passed"}


def test_a_queue_that_a_step_has_named_is_the_default_one_if_a_user_adds_it_too() -> None:
    simulator = Simulator(agents=0)
    simulator.pipeline("web").job("test", queue="gpu")
    (cluster,) = simulator.state.clusters
    with simulator.client() as client:
        default = client.clusters.get(cluster.id).default_queue_id
        client.request("DELETE", f"{ORG}/clusters/{cluster.id}/queues/{default}")
        assert client.clusters.get(cluster.id).default_queue_id is None
        gpu = simulator.queue("gpu")
        assert client.clusters.get(cluster.id).default_queue_id == gpu.id


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": 5},
        {"emoji": ["x"]},
        {"default_queue_id": "0" * 36},
        {"hosted_git_mirror_enabled": True},
    ],
)
def test_a_wrong_change_of_a_cluster_is_refused(api: httpx.Client, cluster: str, change: dict[str, Any]) -> None:
    before = api.get(cluster).json()
    status, message = refusal(api.patch(cluster, json={"description": "new", **change}))
    assert (status, message.startswith("Validation failed: ")) == (422, True)
    assert api.get(cluster).json() == before


@pytest.mark.parametrize(
    "change",
    [
        {"description": 5},
        {"retry_agent_affinity": "prefer-odd"},
        {"hostedAgents": {"instanceShape": "LINUX_AMD64_2X4"}},
    ],
)
def test_a_wrong_change_of_a_queue_is_refused(api: httpx.Client, queue: str, change: dict[str, Any]) -> None:
    before = api.get(queue).json()
    status, message = refusal(api.patch(queue, json=change))
    assert (status, message.startswith("Validation failed: ")) == (422, True)
    assert api.get(queue).json() == before


@pytest.mark.parametrize(
    "name",
    ["update_cluster", "update_cluster_queue", "update_cluster_token", "update_pipeline_schedule", "update_registry"],
)
def test_the_official_clients_patch_is_the_documented_update(
    simulator: Simulator, api: httpx.Client, name: str
) -> None:
    operation = OPERATIONS[name]
    path = re.sub(r"{\w+}", "1", operation.path.replace("{org_slug}", "acme"))
    documented, patched = api.request(operation.method, path, json={}), api.patch(path, json={})
    assert operation.method != "PATCH"
    assert refusal(documented) == refusal(patched)
    assert [request.operation for request in simulator.requests] == [name, name]


def test_no_other_put_takes_a_patch(api: httpx.Client) -> None:
    for path in (f"{ORG}/pipelines/web/builds/1/cancel", f"{ORG}/portals/web", f"{ORG}/jobs/1/retry"):
        assert refusal(api.patch(path)) == (404, "Not Found")
