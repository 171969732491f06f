"""Clusters and queues. https://buildkite.com/docs/apis/rest-api/clusters"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.clusters import Cluster, Queue
from ..handler import Call, Handler
from ..request import Refused, SimResponse, json_response
from ..views.clusters import cluster_view, queue_view


def list_clusters(call: Call) -> SimResponse:
    return call.listing(call.organization.clusters, lambda item: cluster_view(item, call.urls))


def get_cluster(call: Call) -> SimResponse:
    return json_response(cluster_view(_cluster(call), call.urls))


def list_queues(call: Call) -> SimResponse:
    return call.listing(_cluster(call).queues, lambda item: queue_view(item, call.urls))


def get_queue(call: Call) -> SimResponse:
    return json_response(queue_view(_queue(call), call.urls))


def pause_queue(call: Call) -> SimResponse:
    queue = _queue(call)
    if queue.paused:
        raise Refused(422, "Cluster queue is already paused")
    note = call.body().get("dispatch_paused_note")
    queue.pause(call.now, call.user, note if isinstance(note, str) else None)
    return json_response(queue_view(queue, call.urls))


def resume_queue(call: Call) -> SimResponse:
    queue = _queue(call)
    if not queue.paused:
        raise Refused(422, "Cluster queue is not paused")
    queue.resume()
    call.engine.dispatch()
    return json_response(queue_view(queue, call.urls))


def _cluster(call: Call) -> Cluster:
    for cluster in call.organization.clusters:
        if cluster.id == call.path["cluster_id"]:
            return cluster
    raise Refused(404, "No cluster found")


def _queue(call: Call) -> Queue:
    for queue in _cluster(call).queues:
        if queue.id == call.path["queue_id"]:
            return queue
    raise Refused(404, "No queue found")


HANDLERS: Mapping[str, Handler] = {
    "list_clusters": list_clusters,
    "get_cluster": get_cluster,
    "list_cluster_queues": list_queues,
    "get_cluster_queue": get_queue,
    "pause_cluster_queue": pause_queue,
    "resume_cluster_queue": resume_queue,
}
