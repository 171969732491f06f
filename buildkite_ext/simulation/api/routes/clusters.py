"""Routes of clusters and queues. https://buildkite.com/docs/apis/rest-api/clusters

The texts of refusals are not documented, apart from those of pauses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ...state.cluster_resources import INSTANCE_SHAPES
from ...state.clusters import Cluster, Queue
from ..fields import Attributes
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response, validation_failed
from ..views.clusters import cluster_view, queue_view

__all__ = ["HANDLERS", "actor_named", "cluster_of"]

_AFFINITIES = ("prefer-warmest", "prefer-different")
"""Values of a queue's `retry_agent_affinity`."""

_MAX_QUEUES = 50
"""Number of queues that a cluster may have."""


def _list_clusters(request: RoutedRequest) -> SimResponse:
    return request.page(request.organization.clusters, lambda item: _view(request, item))


def _get_cluster(request: RoutedRequest) -> SimResponse:
    return json_response(_view(request, cluster_of(request)))


def _create_cluster(request: RoutedRequest) -> SimResponse:
    """Create a cluster without queues.

    Its maintainers are those that the request names. Whether its creator is one besides is not documented.
    """
    given = Attributes(request.body())
    name = given.required("name")
    description, emoji, color = given.text("description"), given.text("emoji"), given.text("color")
    actors = [actor_named(request, each) for each in given.objects("maintainers") or ()]
    administration = request.engine.administration.clusters
    cluster = administration.create(name, request.user, description=description, emoji=emoji, color=color)
    for kind, actor_id in actors:
        administration.add_maintainer(cluster, kind, actor_id, request.user)
    return json_response(_view(request, cluster), status=201)


def _update_cluster(request: RoutedRequest) -> SimResponse:
    """Change a cluster. The settings of hosted agents are refused for a cluster without a queue of them."""
    cluster, given = cluster_of(request), Attributes(request.body())
    hosted = [name for name in ("hosted_git_mirror_enabled", "hosted_container_cache_enabled") if name in given]
    if hosted and not cluster.hosted:
        raise validation_failed(f"{hosted[0]} is for clusters with hosted agents")
    wanted = given.text("default_queue_id")
    default_queue = next((queue for queue in cluster.queues if queue.id == wanted), None)
    if wanted is not None and default_queue is None:
        raise validation_failed("Default queue must be a queue of the cluster")
    request.engine.administration.clusters.update(
        cluster,
        request.user,
        name=given.text("name", blank=False),
        description=given.text("description"),
        emoji=given.text("emoji"),
        color=given.text("color"),
        default_queue=default_queue,
        git_mirror=given.flag("hosted_git_mirror_enabled"),
        container_cache=given.flag("hosted_container_cache_enabled"),
    )
    return json_response(_view(request, cluster))


def _delete_cluster(request: RoutedRequest) -> SimResponse:
    """Delete a cluster with its queues and tokens.

    Which clusters can't be deleted is not documented. Here they are those that pipelines or connected agents use, and the
    last one.
    """
    cluster, organization = cluster_of(request), request.organization
    if any(pipeline.cluster_id == cluster.id for pipeline in organization.pipelines.values()):
        raise RefusedRequest(422, "The cluster can't be deleted: it has pipelines")
    for queue in cluster.queues:
        _check_unused(request, queue, "cluster")
    if len(organization.clusters) == 1:
        raise RefusedRequest(422, "The cluster can't be deleted: it is the last one")
    request.engine.administration.clusters.delete(cluster, request.user)
    return NO_CONTENT


def _list_queues(request: RoutedRequest) -> SimResponse:
    return request.page(cluster_of(request).queues, lambda item: queue_view(item, request.urls))


def _get_queue(request: RoutedRequest) -> SimResponse:
    return json_response(queue_view(_queue(request), request.urls))


def _create_queue(request: RoutedRequest) -> SimResponse:
    """Create a queue. An image of its hosted agents is ignored, as documented."""
    cluster, given = cluster_of(request), Attributes(request.body())
    key = given.required("key")
    if cluster.queue(key) is not None:
        raise validation_failed("Key has already been taken")
    if len(cluster.queues) >= _MAX_QUEUES:
        raise validation_failed(f"Cluster can't have more than {_MAX_QUEUES} queues")
    hosted = given.object("hostedAgents")
    queue = request.engine.administration.clusters.create_queue(
        cluster,
        key,
        request.user,
        description=given.text("description"),
        retry_agent_affinity=given.choice("retry_agent_affinity", _AFFINITIES),
        instance_shape=None if hosted is None else _shape(hosted),
    )
    return json_response(queue_view(queue, request.urls), status=201)


def _update_queue(request: RoutedRequest) -> SimResponse:
    """Change a queue. Of hosted agents only the size of their machines and their image can change."""
    queue, given = _queue(request), Attributes(request.body())
    description, affinity = given.text("description"), given.choice("retry_agent_affinity", _AFFINITIES)
    hosted = given.object("hostedAgents")
    shape, image = None, None
    if hosted is not None:
        if queue.instance_shape is None:
            raise validation_failed("hostedAgents is for queues with hosted agents")
        shape, image = _shape(hosted), hosted.text("agentImageRef")
        if _machine(shape) != _machine(queue.instance_shape):
            raise validation_failed("instanceShape can't change the machine type or the architecture")
        if image and _machine(shape)[0] != "LINUX":
            raise validation_failed("agentImageRef is for Linux")
    request.engine.administration.clusters.update_queue(
        queue,
        request.user,
        description=description,
        retry_agent_affinity=affinity,
        instance_shape=shape,
        agent_image_ref=image,
    )
    return json_response(queue_view(queue, request.urls))


def _delete_queue(request: RoutedRequest) -> SimResponse:
    """Delete a queue.

    Which queues can't be deleted is not documented. Here they are those with connected agents or unfinished jobs.
    """
    queue = _queue(request)
    _check_unused(request, queue, "queue")
    request.engine.administration.clusters.delete_queue(queue, request.user)
    return NO_CONTENT


def _pause_queue(request: RoutedRequest) -> SimResponse:
    queue = _queue(request)
    if queue.paused:
        raise RefusedRequest(422, "Cluster queue is already paused")
    note = request.body().get("dispatch_paused_note")
    request.engine.administration.clusters.pause_queue(queue, request.user, note if isinstance(note, str) else None)
    return json_response(queue_view(queue, request.urls))


def _resume_queue(request: RoutedRequest) -> SimResponse:
    queue = _queue(request)
    if not queue.paused:
        raise RefusedRequest(422, "Cluster queue is not paused")
    request.engine.administration.clusters.resume_queue(queue, request.user)
    request.engine.dispatch()
    return json_response(queue_view(queue, request.urls))


def cluster_of(request: RoutedRequest) -> Cluster:
    """Return the cluster that the path names.

    Raises:
        RefusedRequest: there is none.
    """
    for cluster in request.organization.clusters:
        if cluster.id == request.path["cluster_id"]:
            return cluster
    raise RefusedRequest(404, "No cluster found")


def actor_named(request: RoutedRequest, given: Attributes) -> tuple[Literal["user", "team"], str]:
    """Return the kind and the id of the user or the team that a body names, exactly one of the two.

    Raises:
        RefusedRequest: it names both or none, or the organization has no such user or team.
    """
    user, team = given.text("user"), given.text("team")
    if (user is None) == (team is None):
        raise validation_failed("Give either a user or a team")
    if user is not None and user in request.organization.users:
        return "user", user
    if team is not None and team in request.organization.teams:
        return "team", team
    raise validation_failed("User must exist" if team is None else "Team must exist")


def _queue(request: RoutedRequest) -> Queue:
    for queue in cluster_of(request).queues:
        if queue.id == request.path["queue_id"]:
            return queue
    raise RefusedRequest(404, "No queue found")


def _check_unused(request: RoutedRequest, queue: Queue, what: str) -> None:
    if any(agent.queue is queue for agent in request.organization.connected_agents.values()):
        raise RefusedRequest(422, f"The {what} can't be deleted: it has connected agents")
    if any(job.queue is queue and not job.over for job in request.organization.jobs.values()):
        raise RefusedRequest(422, f"The {what} can't be deleted: it has unfinished jobs")


def _shape(hosted: Attributes) -> str:
    shape = hosted.choice("instanceShape", INSTANCE_SHAPES)
    if shape is None:
        raise validation_failed("instanceShape can't be blank")
    return shape


def _machine(shape: str) -> tuple[str, str]:
    system, architecture, *_ = shape.split("_")
    return system, architecture


def _view(request: RoutedRequest, cluster: Cluster) -> dict[str, object]:
    return cluster_view(cluster, request.urls, request.organization)


HANDLERS: Mapping[str, Handler] = {
    "list_clusters": _list_clusters,
    "get_cluster": _get_cluster,
    "create_cluster": _create_cluster,
    "update_cluster": _update_cluster,
    "delete_cluster": _delete_cluster,
    "list_cluster_queues": _list_queues,
    "get_cluster_queue": _get_queue,
    "create_cluster_queue": _create_queue,
    "update_cluster_queue": _update_queue,
    "delete_cluster_queue": _delete_queue,
    "pause_cluster_queue": _pause_queue,
    "resume_cluster_queue": _resume_queue,
}
