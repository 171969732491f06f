"""Clusters, queues, agent tokens, maintainers and secrets: created, changed and deleted as users do."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from buildkite_api.models import InstanceShapeName

from buildkite_ext import AccessDenied, BuildkiteClient, InvalidRequest, NotFound
from buildkite_ext.simulation import ClusterChanged, QueueChanged, ResourceChanged, Simulator
from buildkite_ext.simulation.engine.changes import Change
from buildkite_ext.simulation.state.cluster_resources import INSTANCE_SHAPES

from .helpers import ORG, connect, refusal


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BuildkiteClient]:
    with simulator.client(retry=None) as made:
        yield made


@pytest.fixture
def cluster(client: BuildkiteClient) -> str:
    return client.clusters.create(name="Macs", description="Minis").id


def test_a_cluster_is_created_listed_and_deleted(simulator: Simulator, client: BuildkiteClient) -> None:
    changes: list[Change] = []
    simulator.on_change(changes.append)
    user = next(iter(simulator.state.users.values()))
    made = client.clusters.create(
        name="Macs", description="Minis", emoji=":mac:", color="#FF0000", maintainers=[{"user": user.id}]
    )
    assert (made.name, made.emoji, made.default_queue_id) == ("Macs", ":mac:", None)
    assert made.maintainers is not None
    assert [each.actor.name for each in made.maintainers.users if each.actor] == ["Ada Byron"]
    assert made == client.clusters.get(made.id)
    assert [each.name for each in client.clusters.list()] == ["Default cluster", "Macs"]
    queue = client.queues.create(made.id, key="mini")
    client.clusters.delete(made.id)
    assert [each.name for each in client.clusters.list()] == ["Default cluster"]
    with pytest.raises(NotFound):
        client.queues.get(made.id, queue.id)
    found = [(type(each).__name__, each.before, each.after) for each in changes]
    assert found == [
        ("ClusterChanged", None, "Macs"),
        ("ResourceChanged", None, "user"),
        ("QueueChanged", None, "dispatching"),
        ("QueueChanged", "dispatching", None),
        ("ClusterChanged", "Macs", None),
    ]
    assert all(isinstance(each, ClusterChanged | QueueChanged | ResourceChanged) for each in changes)


def test_a_cluster_in_use_is_not_deleted(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    (default, *_) = client.clusters.list()
    with pytest.raises(InvalidRequest, match="has connected agents"):
        client.clusters.delete(default.id)
    simulator.pipeline("web").job("test")
    with pytest.raises(InvalidRequest, match="has pipelines"):
        client.clusters.delete(default.id)
    client.clusters.delete(cluster)
    empty = Simulator(agents=0)
    with empty.client() as buildkite, pytest.raises(InvalidRequest, match="is the last one"):
        buildkite.clusters.delete(empty.state.clusters[0].id)


@pytest.mark.parametrize("body", [{}, {"name": " "}, {"name": "x", "maintainers": [{}]}, {"name": 4}])
def test_a_wrong_cluster_is_refused(simulator: Simulator, api: httpx.Client, body: dict[str, object]) -> None:
    status, message = refusal(api.post(f"{ORG}/clusters", json=body))
    assert (status, message.startswith("Validation failed: ")) == (422, True)
    assert len(simulator.state.clusters) == 1


def test_a_queue_of_hosted_agents_is_as_documented(client: BuildkiteClient, cluster: str) -> None:
    queue = client.queues.create(cluster, key="linux", hosted_agents={"instanceShape": "LINUX_AMD64_2X4"})
    assert queue.hosted
    assert queue.hosted_agents is not None
    shape = queue.hosted_agents.instance_shape
    assert shape is not None
    assert (shape.machine_type, shape.architecture, shape.cpu, shape.memory) == ("linux", "amd64", 2, 4)
    larger = client.queues.update(
        cluster, queue.id, hosted_agents={"instanceShape": "LINUX_AMD64_4X16", "agentImageRef": "registry/x:v1"}
    )
    assert larger.hosted_agents is not None
    assert larger.hosted_agents.platform_settings is not None
    assert larger.hosted_agents.platform_settings.linux is not None
    assert larger.hosted_agents.platform_settings.linux.agent_image_ref == "registry/x:v1"
    for other in ("LINUX_ARM64_2X4", "MACOS_ARM64_M4_6X28", "LINUX"):
        with pytest.raises(InvalidRequest):
            client.queues.update(cluster, queue.id, hosted_agents={"instanceShape": other})


def test_all_documented_machines_are_known() -> None:
    assert set(INSTANCE_SHAPES) == {str(name) for name in InstanceShapeName}


def test_a_new_queue_runs_jobs(simulator: Simulator, client: BuildkiteClient) -> None:
    (default, *_) = client.clusters.list()
    client.queues.create(default.id, key="gpu")
    simulator.pipeline("web").job("train", queue="gpu")
    build = client.builds.create("web", commit="HEAD", branch="main")
    assert client.builds.wait("web", build.number).outcome == "passed"
    queue = next(each for each in client.queues.list(default.id) if each.key == "gpu")
    with pytest.raises(InvalidRequest, match="connected agents"):
        client.queues.delete(default.id, queue.id)
    for agent in client.agents.list(cluster_queue_id=queue.id):
        client.agents.stop(agent.id)
    client.queues.delete(default.id, queue.id)
    build = client.builds.create("web", commit="HEAD", branch="main")
    simulator.clock.sleep(600)
    assert client.builds.get("web", build.number).state == "scheduled"  # no queue has its key any more


def test_a_queue_with_unfinished_jobs_is_not_deleted(client: BuildkiteClient) -> None:
    simulator = Simulator(agents=0)
    simulator.pipeline("web").job("test", queue="gpu").build()
    with simulator.client() as buildkite, pytest.raises(InvalidRequest, match="unfinished jobs"):
        buildkite.queues.delete(simulator.state.clusters[0].id, simulator.queue("gpu").id)


def test_a_cluster_has_at_most_50_queues(client: BuildkiteClient, cluster: str) -> None:
    for number in range(50):
        client.queues.create(cluster, key=f"q{number}")
    with pytest.raises(InvalidRequest, match="more than 50"):
        client.queues.create(cluster, key="q50")
    with pytest.raises(InvalidRequest, match="already been taken"):
        client.queues.create(cluster, key="q0")


def test_the_value_of_an_agent_token_is_shown_once(
    simulator: Simulator, client: BuildkiteClient, cluster: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    changes: list[Change] = []
    simulator.on_change(changes.append)
    made = client.clusters.tokens.create(cluster, description="Minis", allowed_ip_addresses="10.0.0.0/8")
    token = simulator.state.clusters[1].tokens[made.id]
    secret = token.value
    assert made.token is not None
    assert made.token.reveal() == secret
    assert client.clusters.tokens.get(cluster, made.id).token is None
    changed = client.clusters.tokens.update(cluster, made.id, description="Macs")
    assert (changed.description, changed.allowed_ip_addresses) == ("Macs", "10.0.0.0/8")
    assert [each.description for each in client.clusters.tokens.list(cluster)] == ["Macs"]
    client.clusters.tokens.revoke(cluster, made.id)
    assert list(client.clusters.tokens.list(cluster)) == []
    assert [each.action for each in changes if isinstance(each, ResourceChanged)] == ["created", "updated", "deleted"]
    assert secret not in f"{token!r} {changes!r} {list(simulator.state.audit_log)!r} {caplog.text}"


def test_the_value_of_a_secret_is_shown_never(
    simulator: Simulator, client: BuildkiteClient, cluster: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    changes: list[Change] = []
    simulator.on_change(changes.append)
    made = client.clusters.secrets.create(cluster, key="PASSWORD", value="hunter2", policy="- pipeline_slug: web")
    changed = client.clusters.secrets.update(cluster, made.id, description="d")
    assert (changed.policy, changed.updated_by and changed.updated_by.name) == ("- pipeline_slug: web", "Ada Byron")
    renewed = client.clusters.secrets.update_value(cluster, made.id, value="swordfish")
    secret = simulator.state.clusters[1].secrets[made.id]
    assert secret.value == "swordfish"
    shown = [repr(each) for each in (made, changed, renewed, secret, *client.clusters.secrets.list(cluster))]
    with connect(simulator) as api:
        shown.append(api.get(f"{ORG}/clusters/{cluster}/secrets").text)
    shown += [repr(changes), repr(list(simulator.state.audit_log)), repr(simulator.requests), caplog.text]
    assert not [text for text in shown if "hunter2" in text or "swordfish" in text]
    client.clusters.secrets.delete(cluster, made.id)
    with pytest.raises(NotFound):
        client.clusters.secrets.get(cluster, made.id)


@pytest.mark.parametrize(
    "body",
    [
        {"value": "x"},
        {"key": "X"},
        {"key": "X", "value": " "},
        {"key": "X", "value": "x" * 8192},
        {"key": "9X", "value": "x"},
        {"key": "BuildKite_X", "value": "x"},
        {"key": "bk", "value": "x"},
        {"key": "A-B", "value": "x"},
        {"key": "A" * 256, "value": "x"},
        {"key": "TAKEN", "value": "x"},
    ],
)
def test_a_wrong_secret_is_refused(api: httpx.Client, cluster: str, body: dict[str, str]) -> None:
    path = f"{ORG}/clusters/{cluster}/secrets"
    assert api.post(path, json={"key": "TAKEN", "value": "x" * 8191}).status_code == 201
    status, message = refusal(api.post(path, json=body))
    assert (status, message.startswith("Validation failed: ")) == (422, True)
    assert len(api.get(path).json()) == 1


def test_the_key_and_the_value_of_a_secret_are_not_updated(api: httpx.Client, cluster: str) -> None:
    path = f"{ORG}/clusters/{cluster}/secrets"
    made = api.post(path, json={"key": "X", "value": "x"}).json()
    for name, said in (
        ("key", "The key parameter cannot be updated."),
        ("value", "The value parameter cannot be updated on this endpoint."),
    ):
        assert refusal(api.put(f"{path}/{made['id']}", json={name: "y"})) == (422, said)


def test_maintainers_come_and_go(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    simulator.add_token("bkua_grace", user="Grace Hopper")
    grace = next(user for user in simulator.state.users.values() if user.name == "Grace Hopper")
    made = client.clusters.maintainers.create(cluster, user=grace.id)
    assert made.actor is not None
    assert (made.actor.name, str(made.actor.type)) == ("Grace Hopper", "user")
    assert made == client.clusters.maintainers.get(cluster, made.id)
    assert [made] == list(client.clusters.maintainers.list(cluster))
    with pytest.raises(InvalidRequest, match="already been taken"):
        client.clusters.maintainers.create(cluster, user=grace.id)
    client.clusters.maintainers.remove(cluster, made.id)
    assert list(client.clusters.maintainers.list(cluster)) == []


def test_a_team_maintains_a_cluster(client: BuildkiteClient, cluster: str) -> None:
    team = client.teams.create(
        name="Developers",
        description="",
        privacy="visible",
        is_default_team=False,
        default_member_role="member",
        members_can_create_pipelines=False,
        members_can_create_suites=False,
        members_can_create_registries=False,
        members_can_destroy_registries=False,
        members_can_destroy_packages=False,
    )
    made = client.clusters.maintainers.create(cluster, team=team.id)
    assert made.actor is not None
    assert (made.actor.slug, str(made.actor.type), made.actor.email) == ("developers", "team", None)
    maintainers = client.clusters.get(cluster).maintainers
    assert maintainers is not None
    assert maintainers.teams == [made]
    assert maintainers.users == []


@pytest.mark.parametrize("body", [{}, {"user": "u", "team": "t"}, {"user": "u"}, {"team": "t"}])
def test_a_wrong_maintainer_is_refused(api: httpx.Client, cluster: str, body: dict[str, str]) -> None:
    assert refusal(api.post(f"{ORG}/clusters/{cluster}/maintainers", json=body))[0] == 422


@pytest.mark.parametrize("scope", ["read_clusters", "write_clusters", "read_secret_details", "write_secrets"])
def test_each_operation_asks_for_its_scope(scope: str) -> None:
    simulator = Simulator(scopes={scope})
    cluster = simulator.state.clusters[0].id
    attempts = {
        "read_clusters": lambda client: client.clusters.tokens.list(cluster).all(),
        "write_clusters": lambda client: client.clusters.tokens.create(cluster, description="x"),
        "read_secret_details": lambda client: client.clusters.secrets.list(cluster).all(),
        "write_secrets": lambda client: client.clusters.secrets.create(cluster, key="X", value="x"),
    }
    with simulator.client() as client:
        for needed, attempt in attempts.items():
            if needed == scope:
                attempt(client)
            else:
                with pytest.raises(AccessDenied):
                    attempt(client)


def test_a_body_without_a_content_type_is_read(simulator: Simulator, api: httpx.Client, cluster: str) -> None:
    path = f"{ORG}/clusters/{cluster}/tokens"
    made = api.post(path, content=json.dumps({"description": "x"}), headers={"Content-Type": ""})
    assert made.status_code == 201
    assert api.patch(f"{path}/{made.json()['id']}/", content=b'{"description": "y"}').json()["description"] == "y"
    assert refusal(api.post(path, json={"description": "x", "expires_at": "soon"}))[0] == 422


@pytest.mark.parametrize("kind", ["tokens", "maintainers", "secrets", "queues", "agent-images"])
def test_what_does_not_exist_is_not_found(api: httpx.Client, cluster: str, kind: str) -> None:
    for method in ("GET", "DELETE"):
        assert api.request(method, f"{ORG}/clusters/{cluster}/{kind}/none").status_code == 404
    assert refusal(api.get(f"{ORG}/clusters/none/{kind}")) == (404, "No cluster found")
