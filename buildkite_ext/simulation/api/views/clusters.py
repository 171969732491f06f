"""Views of clusters and of what belongs to them."""

from __future__ import annotations

import re

from ....timestamps import format_optional_time, format_time
from ...state.cluster_resources import AgentImage, CacheVolume, ClusterSecret, ClusterToken, Maintainer
from ...state.clusters import Cluster, Queue
from ...state.organization import Organization
from ...state.users import User
from ..request import Json
from .urls import Urls, graphql_id
from .users import organization_reference, user_or_none, user_view

__all__ = [
    "agent_image_view",
    "cache_volume_view",
    "cluster_view",
    "maintainer_view",
    "queue_view",
    "secret_view",
    "token_view",
]

_BASE_IMAGE = f"FROM docker.io/buildkite/hosted-agent-base:ubuntu-v1.0.1@sha256:{'0' * 64}"
"""The line that Buildkite puts before the Dockerfile of an agent image."""

_SHAPE = re.compile(r"(LINUX|MACOS)_(AMD64|ARM64)_(?:M4_)?([0-9]+)X([0-9]+)")


def cluster_view(cluster: Cluster, urls: Urls, organization: Organization) -> Json:
    """Return a cluster. The settings of hosted agents are only in a cluster that has some."""
    default = cluster.default_queue
    maintainers = cluster.maintainers.values()
    view: Json = {
        "id": cluster.id,
        "graphql_id": graphql_id("Cluster", cluster.id),
        "default_queue_id": default.id if default else None,
        "name": cluster.name,
        "description": cluster.description,
        "emoji": cluster.emoji,
        "color": cluster.color,
        "maintainers": {
            f"{kind}s": [maintainer_view(each, organization) for each in maintainers if each.kind == kind]
            for kind in ("user", "team")
        },
        "url": urls.cluster(cluster),
        "web_url": urls.cluster_web(cluster),
        "default_queue_url": urls.queue(default) if default else None,
        "queues_url": f"{urls.cluster(cluster)}/queues",
        "created_at": format_time(cluster.created_at),
        "created_by": user_view(cluster.created_by),
    }
    if cluster.hosted:
        view["hosted_git_mirror_enabled"] = cluster.git_mirror
        view["hosted_container_cache_enabled"] = cluster.container_cache
    return view


def maintainer_view(maintainer: Maintainer, organization: Organization) -> Json:
    """Return a maintainer of a cluster. Of one that has left the organization only the id is known."""
    actor: Json = {"id": maintainer.actor_id, "graphql_id": graphql_id(maintainer.kind.title(), maintainer.actor_id)}
    user = organization.users.get(maintainer.actor_id)
    if user is not None:
        actor |= {"name": user.name, "email": user.email}
    team = organization.teams.get(maintainer.actor_id)
    if team is not None:
        actor |= {"name": team.name, "slug": team.slug}
    return {"id": maintainer.id, "actor": {**actor, "type": maintainer.kind}}


def queue_view(queue: Queue, urls: Urls) -> Json:
    """Return a queue. In the documented samples one of hosted agents has no `retry_agent_affinity`."""
    view: Json = {
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
    shape = None if queue.instance_shape is None else _SHAPE.fullmatch(queue.instance_shape)
    if shape is not None:
        del view["retry_agent_affinity"]
        machine = shape[1].lower()
        view["hosted"] = True
        view["hosted_agents"] = {
            "instance_shape": {
                "machine_type": machine,
                "architecture": shape[2].lower(),
                "cpu": int(shape[3]),
                "memory": int(shape[4]),
                "name": queue.instance_shape,
            },
            "platform_settings": {"linux": {"agent_image_ref": queue.agent_image_ref}} if machine == "linux" else {},
        }
    return view


def token_view(token: ClusterToken, cluster: Cluster, urls: Urls, *, with_value: bool = False) -> Json:
    """Return an agent token: with its value only in the answer to its creation."""
    view: Json = {
        "id": token.id,
        "graphql_id": graphql_id("ClusterToken", token.id),
        "description": token.description,
        "allowed_ip_addresses": token.allowed_ip_addresses,
        "expires_at": format_optional_time(token.expires_at),
        "url": f"{urls.cluster(cluster)}/tokens/{token.id}",
        "cluster_url": urls.cluster(cluster),
        "created_at": format_time(token.created_at),
        "created_by": user_view(token.created_by),
    }
    if with_value:
        view["token"] = token.value
    return view


def secret_view(secret: ClusterSecret, cluster: Cluster, urls: Urls, organization: Organization) -> Json:
    """Return a secret without its value. No job of the simulator reads secrets."""
    return {
        "id": secret.id,
        "key": secret.key,
        "description": secret.description,
        "policy": secret.policy,
        "created_at": format_time(secret.created_at),
        "created_by": _short_user(secret.created_by),
        "updated_at": format_time(secret.updated_at),
        "updated_by": None if secret.updated_by is None else _short_user(secret.updated_by),
        "last_read_at": None,
        "url": f"{urls.cluster(cluster)}/secrets/{secret.id}",
        "cluster_url": urls.cluster(cluster),
        "organization": organization_reference(organization, urls),
    }


def agent_image_view(image: AgentImage, cluster: Cluster, urls: Urls) -> Json:
    """Return an agent image."""
    return {
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "image_ref": image.reference,
        "version": 1,
        "last_build_error": image.error,
        "dockerfile": image.dockerfile,
        "base_image": _BASE_IMAGE,
        "composed_dockerfile": f"{_BASE_IMAGE}\n{image.dockerfile}",
        "url": f"{urls.cluster(cluster)}/agent-images/{image.id}",
        "web_url": f"{urls.cluster_web(cluster)}/agent_images/{image.id}",
        "cluster_url": urls.cluster(cluster),
    }


def cache_volume_view(volume: CacheVolume, cluster: Cluster) -> Json:
    """Return a cache volume."""
    return {
        "id": volume.id,
        "tag": volume.tag,
        "cluster_id": cluster.id,
        "size_mb": volume.size_mb,
        "created_at": format_time(volume.created_at),
        "attached_at": format_time(volume.attached_at),
        "detached_at": format_time(volume.detached_at),
    }


def _short_user(user: User) -> Json:
    return {"id": user.id, "name": user.name, "email": user.email}
