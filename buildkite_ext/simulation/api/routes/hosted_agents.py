"""Routes of what Buildkite hosted agents have: images, networks, cache volumes, and sessions in their jobs.

A cluster is one of hosted agents here when it has a queue of them. https://buildkite.com/docs/agent/buildkite-hosted
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...state.cluster_resources import AgentImage
from ...state.clusters import Cluster
from ..fields import Attributes
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response, validation_failed
from ..views.clusters import agent_image_view, cache_volume_view
from .clusters import cluster_of

__all__ = ["HANDLERS"]

_FROM = re.compile(r"^\s*FROM\s", re.MULTILINE | re.IGNORECASE)

_NETWORK_RANGES = [{"cidr_range": "203.0.113.0/29", "kind": "NAMESPACE_MANAGED"}]
"""Networks of hosted agents."""


def _list_images(request: RoutedRequest) -> SimResponse:
    cluster = cluster_of(request)
    images = sorted(cluster.agent_images.values(), key=lambda image: image.name)
    return json_response([agent_image_view(image, cluster, request.urls) for image in images])


def _get_image(request: RoutedRequest) -> SimResponse:
    cluster, image = _image(request)
    return json_response(agent_image_view(image, cluster, request.urls))


def _create_image(request: RoutedRequest) -> SimResponse:
    """Create an image, which is `READY` or `FAILED` after half a minute.

    It fails with the line `RUN false`, or `RUN exit` with another status than 0: the simulator builds nothing. The texts of
    422 are not documented.
    """
    cluster, given = cluster_of(request), Attributes(request.body())
    if not cluster.hosted:
        raise RefusedRequest(422, "This cluster has no hosted agents")
    name, dockerfile = given.required("name"), given.text("dockerfile") or ""
    if _FROM.search(dockerfile):
        raise validation_failed("Dockerfile can't contain a FROM instruction")
    if any(image.name == name for image in cluster.agent_images.values()):
        raise RefusedRequest(409, f'an agent image named "{name}" already exists in this cluster')
    image = request.engine.administration.clusters.create_image(cluster, name, dockerfile, request.user)
    return json_response(agent_image_view(image, cluster, request.urls), status=201)


def _delete_image(request: RoutedRequest) -> SimResponse:
    cluster, image = _image(request)
    used = image.reference
    if used is not None and any(queue.agent_image_ref == used for queue in cluster.queues):
        raise RefusedRequest(
            409, "this agent image is in use by one or more queues; reassign those queues before deleting it"
        )
    request.engine.administration.clusters.delete_image(cluster, image, request.user)
    return NO_CONTENT


def _image(request: RoutedRequest) -> tuple[Cluster, AgentImage]:
    cluster = cluster_of(request)
    image = cluster.agent_images.get(request.path["image_id"])
    if image is None:
        raise RefusedRequest(404, "No agent image found with the given ID.")
    return cluster, image


def _list_network_ranges(request: RoutedRequest) -> SimResponse:
    return json_response(_NETWORK_RANGES if cluster_of(request).hosted else [])


def _list_cache_volumes(request: RoutedRequest) -> SimResponse:
    cluster = cluster_of(request)
    volumes = cluster.cache_volumes.values() if cluster.hosted else ()
    return json_response([cache_volume_view(volume, cluster) for volume in volumes])


def _delete_cache_volume(request: RoutedRequest) -> SimResponse:
    cluster = cluster_of(request)
    tag = request.body().get("tag")
    if not isinstance(tag, str) or not tag:
        raise RefusedRequest(400, "`tag` must be a non-empty string")
    if not cluster.hosted:
        raise RefusedRequest(404, "This cluster has no hosted cache volumes")
    volume = cluster.cache_volumes.get(tag)
    if volume is None:
        raise RefusedRequest(404, f"No cache volume found for tag: {tag}")
    request.engine.administration.clusters.delete_cache_volume(cluster, volume, request.user)
    return NO_CONTENT


def _create_session(request: RoutedRequest) -> SimResponse:
    """Refuse a session in a job.

    Jobs that don't run on hosted macOS agents are documented to be refused with 422. For those that do, the simulator has
    no machine to connect to, which is the documented 503. Both texts are its own.
    """
    job = request.job()
    shape = None if job.queue is None else job.queue.instance_shape
    if job.type != "script" or job.state != "running" or shape is None or not shape.startswith("MACOS"):
        raise RefusedRequest(422, "The job isn't a running command job on a macOS hosted agent")
    raise RefusedRequest(
        503, "The provider of the remote access can't be reached: jobs of the simulator have no machine"
    )


HANDLERS: Mapping[str, Handler] = {
    "list_agent_images": _list_images,
    "get_agent_image": _get_image,
    "create_agent_image": _create_image,
    "delete_agent_image": _delete_image,
    "list_network_ranges": _list_network_ranges,
    "list_cache_volumes": _list_cache_volumes,
    "delete_cache_volume": _delete_cache_volume,
    "create_job_vnc_session": _create_session,
    "create_job_ssh_session": _create_session,
}
