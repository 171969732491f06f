"""Views of clusters and queues."""

from __future__ import annotations

from ....timestamps import format_optional_time, format_time
from ...state.clusters import Cluster, Queue
from ..request import Json
from .urls import Urls, graphql_id
from .users import user_or_none, user_view

__all__ = ["cluster_view", "queue_view"]


def cluster_view(cluster: Cluster, urls: Urls) -> Json:
    """Return a cluster."""
    default = cluster.default_queue
    maintainer = cluster.created_by
    return {
        "id": cluster.id,
        "graphql_id": graphql_id("Cluster", cluster.id),
        "default_queue_id": default.id if default else None,
        "name": cluster.name,
        "description": cluster.description,
        "emoji": cluster.emoji,
        "color": cluster.color,
        "maintainers": {
            "users": [
                {
                    "id": maintainer.id,
                    "actor": {
                        "id": maintainer.id,
                        "graphql_id": graphql_id("User", maintainer.id),
                        "name": maintainer.name,
                        "email": maintainer.email,
                        "type": "user",
                    },
                }
            ],
            "teams": [],
        },
        "url": urls.cluster(cluster),
        "web_url": urls.cluster_web(cluster),
        "default_queue_url": urls.queue(default) if default else None,
        "queues_url": f"{urls.cluster(cluster)}/queues",
        "created_at": format_time(cluster.created_at),
        "created_by": user_view(cluster.created_by),
    }


def queue_view(queue: Queue, urls: Urls) -> Json:
    """Return a self-hosted queue."""
    return {
        "id": queue.id,
        "graphql_id": graphql_id("ClusterQueue", queue.id),
        "key": queue.key,
        "description": queue.description,
        "url": urls.queue(queue),
        "web_url": urls.queue_web(queue),
        "cluster_url": urls.cluster(queue.cluster),
        "retry_agent_affinity": queue.retry_agent_affinity,
        "dispatch_paused": queue.paused,
        "dispatch_paused_by": user_or_none(queue.paused_by),
        "dispatch_paused_at": format_optional_time(queue.paused_at),
        "dispatch_paused_note": queue.paused_note,
        "created_at": format_time(queue.created_at),
        "created_by": user_view(queue.created_by),
    }
