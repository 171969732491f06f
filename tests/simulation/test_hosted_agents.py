"""What hosted agents have: images, networks, cache volumes, and sessions in their jobs."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from buildkite_ext import ApiError, BuildkiteClient, InvalidRequest, NotFound, ServiceUnavailable
from buildkite_ext.simulation import Simulator

from .helpers import ORG, refusal


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BuildkiteClient]:
    with simulator.client(retry=None) as made:
        yield made


@pytest.fixture
def cluster(client: BuildkiteClient) -> str:
    made = client.clusters.create(name="Hosted")
    client.queues.create(made.id, key="linux", hosted_agents={"instanceShape": "LINUX_AMD64_2X4"})
    return made.id


@pytest.mark.parametrize(
    ("dockerfile", "status"),
    [
        ("RUN apt-get install -y curl", "READY"),
        ("", "READY"),
        ("USER root\nRUN false\n", "FAILED"),
        ("run exit 3", "FAILED"),
    ],
)
def test_an_image_is_built_in_a_while(
    simulator: Simulator, client: BuildkiteClient, cluster: str, dockerfile: str, status: str
) -> None:
    image = client.agent_images.create(cluster, name="tools", dockerfile=dockerfile)
    assert (image.status, image.image_ref) == ("BUILDING", None)
    simulator.clock.sleep(29)
    assert client.agent_images.get(cluster, image.id).status == "BUILDING"
    simulator.clock.sleep(1)
    built = client.agent_images.get(cluster, image.id)
    assert (built.status, built.image_ref is None, built.last_build_error is None) == (
        status,
        status == "FAILED",
        status == "READY",
    )
    assert built.composed_dockerfile == f"{built.base_image}\n{dockerfile}"


def test_an_image_in_use_is_not_deleted(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    image = client.agent_images.create(cluster, name="tools", dockerfile="RUN true")
    with pytest.raises(ApiError, match="already exists") as taken:
        client.agent_images.create(cluster, name="tools", dockerfile="")
    assert taken.value.status == 409
    simulator.clock.sleep(30)
    reference = client.agent_images.get(cluster, image.id).image_ref
    assert reference is not None
    (queue,) = client.queues.list(cluster)
    shape = "LINUX_AMD64_2X4"
    client.queues.update(cluster, queue.id, hosted_agents={"instanceShape": shape, "agentImageRef": reference})
    with pytest.raises(ApiError, match="in use by one or more queues") as used:
        client.agent_images.delete(cluster, image.id)
    assert used.value.status == 409
    client.queues.update(cluster, queue.id, hosted_agents={"instanceShape": shape, "agentImageRef": ""})
    client.agent_images.delete(cluster, image.id)
    assert list(client.agent_images.list(cluster)) == []


def test_images_are_listed_by_name(client: BuildkiteClient, cluster: str) -> None:
    for name in ("b", "c", "a"):
        client.agent_images.create(cluster, name=name, dockerfile="")
    assert [image.name for image in client.agent_images.list(cluster)] == ["a", "b", "c"]
    with pytest.raises(InvalidRequest, match="FROM"):
        client.agent_images.create(cluster, name="d", dockerfile="from ubuntu")


def test_a_cluster_of_own_agents_has_none_of_it(simulator: Simulator, client: BuildkiteClient) -> None:
    cluster = simulator.state.clusters[0].id
    simulator.cache_volume("web/cache")
    assert list(client.agent_images.list(cluster)) == []
    assert list(client.network_ranges.list(cluster)) == []
    assert list(client.cache_volumes.list(cluster)) == []
    with pytest.raises(InvalidRequest):
        client.agent_images.create(cluster, name="x", dockerfile="")
    with pytest.raises(NotFound, match="no hosted cache volumes"):
        client.cache_volumes.delete(cluster, tag="web/cache")


def test_cache_volumes_are_deleted_by_tag(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    simulator.cache_volume("web/node;modules", size_mb=512, cluster="Hosted")
    (volume,) = client.cache_volumes.list(cluster)
    assert (volume.tag, volume.size_mb, volume.cluster_id) == ("web/node;modules", 512, cluster)
    assert [str(each.cidr_range) for each in client.network_ranges.list(cluster)] == ["203.0.113.0/29"]
    client.cache_volumes.delete(cluster, tag=volume.tag)
    with pytest.raises(NotFound, match="No cache volume found for tag: web/node;modules"):
        client.cache_volumes.delete(cluster, tag=volume.tag)


@pytest.mark.parametrize("body", [{}, {"tag": ""}, {"tag": 5}])
def test_a_volume_without_a_tag_is_refused(api: httpx.Client, cluster: str, body: dict[str, object]) -> None:
    answer = api.request("DELETE", f"{ORG}/clusters/{cluster}/cache_volumes", json=body)
    assert refusal(answer) == (400, "`tag` must be a non-empty string")


def test_an_unknown_cluster_or_size_of_a_volume_is_an_error(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="cluster"):
        simulator.cache_volume("x", cluster="Nowhere")
    with pytest.raises(ValueError, match="size_mb"):
        simulator.cache_volume("x", size_mb=-1)


@pytest.mark.parametrize("kind", ["create_vnc_session", "create_ssh_session"])
def test_sessions_are_refused_as_documented(simulator: Simulator, client: BuildkiteClient, kind: str) -> None:
    default = simulator.state.clusters[0].id
    client.queues.create(default, key="mac", hosted_agents={"instanceShape": "MACOS_ARM64_M4_6X28"})
    simulator.pipeline("web").job("mac", queue="mac", after=600).job("own", after=600)
    build = client.builds.create("web", commit="HEAD", branch="main")
    simulator.clock.sleep(60)
    mac, own = (job.id for job in client.builds.get("web", build.number).jobs)
    create = getattr(client.jobs, kind)
    with pytest.raises(InvalidRequest, match="macOS hosted agent"):
        create(own)
    with pytest.raises(ServiceUnavailable, match="no machine"):
        create(mac)
