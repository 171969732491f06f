"""Routes of clusters and queues. https://buildkite.com/docs/apis/rest-api/clusters"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.clusters import Cluster, Queue
from ..handler import Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response
from ..views.clusters import cluster_view, queue_view

__all__ = ["HANDLERS"]


def _list_clusters(request: RoutedRequest) -> SimResponse:
    return request.page(request.organization.clusters, lambda item: cluster_view(item, request.urls))


def _get_cluster(request: RoutedRequest) -> SimResponse:
    return json_response(cluster_view(_cluster(request), request.urls))


def _list_queues(request: RoutedRequest) -> SimResponse:
    return request.page(_cluster(request).queues, lambda item: queue_view(item, request.urls))


def _get_queue(request: RoutedRequest) -> SimResponse:
    return json_response(queue_view(_queue(request), request.urls))


def _pause_queue(request: RoutedRequest) -> SimResponse:
    queue = _queue(request)
    if queue.paused:
        raise RefusedRequest(422, "Cluster queue is already paused")
    note = request.body().get("dispatch_paused_note")
    queue.pause(request.now, request.user, note if isinstance(note, str) else None)
    return json_response(queue_view(queue, request.urls))


def _resume_queue(request: RoutedRequest) -> SimResponse:
    queue = _queue(request)
    if not queue.paused:
        raise RefusedRequest(422, "Cluster queue is not paused")
    queue.resume()
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
    "list_cluster_queues": _list_queues,
    "get_cluster_queue": _get_queue,
    "pause_cluster_queue": _pause_queue,
    "resume_cluster_queue": _resume_queue,
}
