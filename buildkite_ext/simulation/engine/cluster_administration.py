"""Administration of clusters: their queues, agent tokens, maintainers, secrets, agent images and cache volumes."""

from __future__ import annotations

import re
from typing import Literal

from ..state.cluster_resources import AgentImage, CacheVolume, ClusterSecret, ClusterToken, Maintainer
from ..state.clusters import Cluster, Queue
from ..state.organization import Organization
from ..state.users import User
from .administrative_changes import AdministrativeChanges
from .scheduler import Scheduler

__all__ = ["ClusterAdministration"]

_IMAGE_SECONDS = 30
"""Seconds that an agent image is being built."""

_FAILING_LINE = re.compile(r"^\s*RUN\s+(false|exit\s+[1-9]\d*)\s*$", re.MULTILINE | re.IGNORECASE)
"""Line of a Dockerfile for which an agent image can't be built."""


class ClusterAdministration:
    """Administration of clusters: the only writer of them and of what belongs to them.

    Args:
        organization: the organization that it changes.
        scheduler: runs what takes time.
        changes: receives each change.
    """

    def __init__(self, organization: Organization, scheduler: Scheduler, changes: AdministrativeChanges) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes

    # Clusters and queues --------------------------------------------------------------------------------------------

    def create(self, name: str, by: User, *, description: str | None, emoji: str | None, color: str | None) -> Cluster:
        """Create a cluster without queues and maintainers."""
        cluster = self._organization.add_cluster(name, by, self._changes.now)
        cluster.description, cluster.emoji, cluster.color = description, emoji, color
        self._changes.cluster(cluster, None, name, by)
        return cluster

    def update(
        self,
        cluster: Cluster,
        by: User,
        *,
        name: str | None = None,
        description: str | None = None,
        emoji: str | None = None,
        color: str | None = None,
        default_queue: Queue | None = None,
        git_mirror: bool | None = None,
        container_cache: bool | None = None,
    ) -> None:
        """Change a cluster. None leaves a value as it is."""
        before = cluster.name
        cluster.name = cluster.name if name is None else name
        cluster.description = cluster.description if description is None else description
        cluster.emoji = cluster.emoji if emoji is None else emoji
        cluster.color = cluster.color if color is None else color
        cluster.chosen_queue = cluster.chosen_queue if default_queue is None else default_queue
        cluster.git_mirror = cluster.git_mirror if git_mirror is None else git_mirror
        cluster.container_cache = cluster.container_cache if container_cache is None else container_cache
        self._changes.cluster(cluster, before, cluster.name, by)

    def delete(self, cluster: Cluster, by: User) -> None:
        """Delete a cluster with its queues and tokens."""
        for queue in list(cluster.queues):
            self.delete_queue(queue, by)
        for token in list(cluster.tokens.values()):
            self.revoke_token(cluster, token, by)
        self._organization.clusters.remove(cluster)
        self._changes.cluster(cluster, cluster.name, None, by)

    def add_queue(self, cluster: Cluster, key: str, by: User, *, of_step: bool = False) -> Queue:
        """Return the queue of a cluster by its key, and add it if it is new.

        Args:
            cluster: the cluster.
            key: the key.
            by: the user.
            of_step: True if a step names it. A queue that is there only for that isn't the default one unless it is chosen.
        """
        known = cluster.queue(key)
        if known is not None:
            known.of_step = known.of_step and of_step
            return known
        queue = self._organization.add_queue(cluster, key, by, self._changes.now)
        queue.of_step = of_step
        self._changes.queue(queue, None, queue.state, by)
        return queue

    def create_queue(
        self,
        cluster: Cluster,
        key: str,
        by: User,
        *,
        description: str | None,
        retry_agent_affinity: str | None,
        instance_shape: str | None,
    ) -> Queue:
        """Create a queue: of hosted agents, where it has machines for them."""
        queue = self._organization.add_queue(cluster, key, by, self._changes.now)
        queue.description, queue.instance_shape = description, instance_shape
        queue.retry_agent_affinity = retry_agent_affinity or queue.retry_agent_affinity
        self._changes.queue(queue, None, queue.state, by)
        return queue

    def update_queue(
        self,
        queue: Queue,
        by: User,
        *,
        description: str | None = None,
        retry_agent_affinity: str | None = None,
        instance_shape: str | None = None,
        agent_image_ref: str | None = None,
    ) -> None:
        """Change a queue. None leaves a value as it is."""
        queue.description = queue.description if description is None else description
        queue.retry_agent_affinity = retry_agent_affinity or queue.retry_agent_affinity
        queue.instance_shape = instance_shape or queue.instance_shape
        queue.agent_image_ref = queue.agent_image_ref if agent_image_ref is None else agent_image_ref
        self._changes.queue(queue, queue.state, queue.state, by)

    def delete_queue(self, queue: Queue, by: User) -> None:
        """Delete a queue."""
        cluster = queue.cluster
        cluster.queues.remove(queue)
        cluster.deleted_queues.add(queue.key)
        cluster.chosen_queue = None if cluster.chosen_queue is queue else cluster.chosen_queue
        self._changes.queue(queue, queue.state, None, by)

    def pause_queue(self, queue: Queue, by: User, note: str | None) -> None:
        """Keep the jobs of a queue from its agents."""
        before = queue.state
        queue.pause(self._changes.now, by, note)
        self._changes.queue(queue, before, queue.state, by)

    def resume_queue(self, queue: Queue, by: User) -> None:
        """Give the jobs of a queue to its agents again, at the next dispatch."""
        before = queue.state
        queue.resume()
        self._changes.queue(queue, before, queue.state, by)

    # Tokens, maintainers, secrets -----------------------------------------------------------------------------------

    def create_token(
        self,
        cluster: Cluster,
        description: str,
        by: User,
        *,
        allowed_ip_addresses: str | None,
        expires_at: float | None,
    ) -> ClusterToken:
        """Create an agent token."""
        ids = self._organization.ids
        token = ClusterToken(
            ids.uuid(),
            f"bkct_{ids.commit()}",
            description,
            allowed_ip_addresses,
            expires_at,
            self._changes.now,
            by,
        )
        cluster.tokens[token.id] = token
        self._changes.resource("cluster_token", token.id, None, description, by)
        return token

    def update_token(
        self,
        token: ClusterToken,
        by: User,
        *,
        description: str | None,
        allowed_ip_addresses: str | None,
        expires_at: float | None,
    ) -> None:
        """Change an agent token. None leaves a value as it is."""
        before = token.description
        token.description = token.description if description is None else description
        token.allowed_ip_addresses = (
            token.allowed_ip_addresses if allowed_ip_addresses is None else allowed_ip_addresses
        )
        token.expires_at = token.expires_at if expires_at is None else expires_at
        self._changes.resource("cluster_token", token.id, before, token.description, by)

    def revoke_token(self, cluster: Cluster, token: ClusterToken, by: User) -> None:
        """Revoke an agent token."""
        del cluster.tokens[token.id]
        self._changes.resource("cluster_token", token.id, token.description, None, by)

    def add_maintainer(self, cluster: Cluster, kind: Literal["user", "team"], actor_id: str, by: User) -> Maintainer:
        """Let a user or a team manage a cluster."""
        maintainer = self._organization.add_maintainer(cluster, kind, actor_id)
        self._changes.resource("cluster_maintainer", maintainer.id, None, kind, by)
        return maintainer

    def remove_maintainer(self, cluster: Cluster, maintainer: Maintainer, by: User) -> None:
        """Let a user or a team manage a cluster no more."""
        del cluster.maintainers[maintainer.id]
        self._changes.resource("cluster_maintainer", maintainer.id, maintainer.kind, None, by)

    def create_secret(
        self, cluster: Cluster, key: str, value: str, by: User, *, description: str | None, policy: str | None
    ) -> ClusterSecret:
        """Create a secret."""
        now = self._changes.now
        secret = ClusterSecret(self._organization.ids.uuid(), key, value, description, policy, now, by, now)
        cluster.secrets[secret.id] = secret
        self._changes.resource("cluster_secret", secret.id, None, key, by)
        return secret

    def update_secret(
        self,
        secret: ClusterSecret,
        by: User,
        *,
        description: str | None = None,
        policy: str | None = None,
        value: str | None = None,
    ) -> None:
        """Change a secret. None leaves what it is as it is."""
        secret.description = secret.description if description is None else description
        secret.policy = secret.policy if policy is None else policy
        secret.value = secret.value if value is None else value
        secret.updated_at, secret.updated_by = self._changes.now, by
        self._changes.resource("cluster_secret", secret.id, secret.key, secret.key, by)

    def delete_secret(self, cluster: Cluster, secret: ClusterSecret, by: User) -> None:
        """Delete a secret."""
        del cluster.secrets[secret.id]
        self._changes.resource("cluster_secret", secret.id, secret.key, None, by)

    # Hosted agents --------------------------------------------------------------------------------------------------

    def create_image(self, cluster: Cluster, name: str, dockerfile: str, by: User) -> AgentImage:
        """Create an agent image, which is built in the next seconds.

        It can't be built with the line `RUN false`, or `RUN exit` with another status than 0.
        """
        image = AgentImage(self._organization.ids.commit()[:13], name, dockerfile)
        cluster.agent_images[image.id] = image
        self._scheduler.after(_IMAGE_SECONDS, lambda: self._built(image))
        self._changes.resource("agent_image", image.id, None, name, by)
        return image

    def delete_image(self, cluster: Cluster, image: AgentImage, by: User) -> None:
        """Delete an agent image."""
        del cluster.agent_images[image.id]
        self._changes.resource("agent_image", image.id, image.name, None, by)

    def add_cache_volume(self, cluster: Cluster, tag: str, size_mb: int) -> CacheVolume:
        """Add a cache volume that was detached now, or replace that of the tag."""
        now = self._changes.now
        volume = CacheVolume(f"vol-{self._organization.ids.commit()[:26]}", tag, size_mb, now, now, now)
        cluster.cache_volumes[tag] = volume
        self._changes.resource("cache_volume", volume.id, None, tag, None)
        return volume

    def delete_cache_volume(self, cluster: Cluster, volume: CacheVolume, by: User) -> None:
        """Delete a cache volume."""
        del cluster.cache_volumes[volume.tag]
        self._changes.resource("cache_volume", volume.id, volume.tag, None, by)

    def _built(self, image: AgentImage) -> None:
        failing = _FAILING_LINE.search(image.dockerfile)
        image.status = "READY" if failing is None else "FAILED"
        image.error = (
            None if failing is None else f"failed to solve: {failing[0].strip()} did not complete successfully"
        )
        self._changes.resource("agent_image", image.id, image.name, image.name, None)
