"""Routes of clusters and queues. https://buildkite.com/docs/apis/rest-api/clusters"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.clusters import Cluster, Queue
from ..handler import Handler, RoutedRequest
from ..request import Json, RefusedRequest, SimResponse, json_response
from ..views.clusters import cluster_view, queue_view

__all__ = ["HANDLERS"]

_AFFINITIES = ("prefer-warmest", "prefer-different")
"""Values of a queue's `retry_agent_affinity`."""


def _list_clusters(request: RoutedRequest) -> SimResponse:
    return request.page(request.organization.clusters, lambda item: cluster_view(item, request.urls))


def _get_cluster(request: RoutedRequest) -> SimResponse:
    return json_response(cluster_view(_cluster(request), request.urls))


def _list_queues(request: RoutedRequest) -> SimResponse:
    return request.page(_cluster(request).queues, lambda item: queue_view(item, request.urls))


def _get_queue(request: RoutedRequest) -> SimResponse:
    return json_response(queue_view(_queue(request), request.urls))


def _update_cluster(request: RoutedRequest) -> SimResponse:
    """Change a cluster.

    The texts of the refusals are not documented.
    """
    cluster, body = _cluster(request), request.body()
    if hosted := [name for name in ("hosted_git_mirror_enabled", "hosted_container_cache_enabled") if name in body]:
        raise RefusedRequest(422, f"Validation failed: {hosted[0]} is for clusters with hosted agents")
    name, wanted = _text(body, "name"), _text(body, "default_queue_id")
    if name is not None and not name.strip():
        raise RefusedRequest(422, "Validation failed: Name can't be blank")
    default_queue = next((queue for queue in cluster.queues if queue.id == wanted), None)
    if wanted is not None and default_queue is None:
        raise RefusedRequest(422, "Validation failed: Default queue must be a queue of the cluster")
    request.engine.administration.update_cluster(
        cluster,
        name=name,
        description=_text(body, "description"),
        emoji=_text(body, "emoji"),
        color=_text(body, "color"),
        default_queue=default_queue,
    )
    return json_response(cluster_view(cluster, request.urls))


def _update_queue(request: RoutedRequest) -> SimResponse:
    """Change a queue, which has no hosted agents here.

    The texts of the refusals are not documented.
    """
    queue, body = _queue(request), request.body()
    if "hostedAgents" in body:
        raise RefusedRequest(422, "Validation failed: hostedAgents is for queues with hosted agents")
    affinity = _text(body, "retry_agent_affinity")
    if affinity is not None and affinity not in _AFFINITIES:
        raise RefusedRequest(422, f"Validation failed: retry_agent_affinity must be {' or '.join(_AFFINITIES)}")
    request.engine.administration.update_queue(
        queue, description=_text(body, "description"), retry_agent_affinity=affinity
    )
    return json_response(queue_view(queue, request.urls))


def _text(body: Json, name: str) -> str | None:
    """Return a text of a body; None where it is left out."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise RefusedRequest(422, f"Validation failed: {name} must be a string")
    return value


def _pause_queue(request: RoutedRequest) -> SimResponse:
    queue = _queue(request)
    if queue.paused:
        raise RefusedRequest(422, "Cluster queue is already paused")
    note = request.body().get("dispatch_paused_note")
    request.engine.administration.pause_queue(queue, request.user, note if isinstance(note, str) else None)
    return json_response(queue_view(queue, request.urls))


def _resume_queue(request: RoutedRequest) -> SimResponse:
    queue = _queue(request)
    if not queue.paused:
        raise RefusedRequest(422, "Cluster queue is not paused")
    request.engine.administration.resume_queue(queue)
    request.engine.dispatch()
    return json_response(queue_view(queue, request.urls))


def _cluster(request: RoutedRequest) -> Cluster:
    for cluster in request.organization.clusters:
        if cluster.id == request.path["cluster_id"]:
            return cluster
    raise RefusedRequest(404, "No cluster found")


def _queue(request: RoutedRequest) -> Queue:
    for queue in _cluster(request).queues:
        if queue.id == request.path["queue_id"]:
            return queue
    raise RefusedRequest(404, "No queue found")


HANDLERS: Mapping[str, Handler] = {
    "list_clusters": _list_clusters,
    "get_cluster": _get_cluster,
    "update_cluster": _update_cluster,
    "list_cluster_queues": _list_queues,
    "get_cluster_queue": _get_queue,
    "update_cluster_queue": _update_queue,
    "pause_cluster_queue": _pause_queue,
    "resume_cluster_queue": _resume_queue,
}
