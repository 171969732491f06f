"""Clusters, their queues and the agents of the queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from .cluster_resources import AgentImage, CacheVolume, ClusterSecret, ClusterToken, Maintainer
from .users import User

__all__ = ["Agent", "Cluster", "Queue"]


@dataclass(slots=True, eq=False)
class Queue:
    """Queue of jobs for one kind of agent.

    Attributes:
        instance_shape: the machines of its hosted agents; None for a queue of self-hosted agents.
        agent_image_ref: the image that they run; None for Buildkite's own.
        of_step: True if it is there only because a step names it.
    """

    id: str
    key: str
    description: str | None
    cluster: Cluster
    created_at: float
    created_by: User
    retry_agent_affinity: str = "prefer-warmest"
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None
    agents: list[Agent] = field(default_factory=list["Agent"])
    instance_shape: str | None = None
    agent_image_ref: str | None = None
    of_step: bool = False

    @property
    def hosted(self) -> bool:
        """True if its agents are Buildkite's."""
        return self.instance_shape is not None

    @property
    def paused(self) -> bool:
        """True if its jobs are kept from agents."""
        return self.paused_at is not None

    @property
    def state(self) -> str:
        """State of its dispatch: `dispatching` or `paused`."""
        return "paused" if self.paused else "dispatching"

    def pause(self, now: float, by: User, note: str | None = None) -> None:
        """Keep its jobs from agents."""
        self.paused_at, self.paused_by, self.paused_note = now, by, note

    def resume(self) -> None:
        """Give its jobs to agents again."""
        self.paused_at = self.paused_by = self.paused_note = None


@dataclass(slots=True, eq=False)
class Cluster:
    """Cluster of queues, with what belongs to it, each by id; the cache volumes by tag.

    Attributes:
        deleted_queues: the keys of queues that were deleted, and that no new queue has.
    """

    id: str
    name: str
    description: str | None
    emoji: str | None
    color: str | None
    created_at: float
    created_by: User
    queues: list[Queue] = field(default_factory=list[Queue])
    chosen_queue: Queue | None = None
    deleted_queues: set[str] = field(default_factory=set[str])
    maintainers: dict[str, Maintainer] = field(default_factory=dict[str, Maintainer])
    tokens: dict[str, ClusterToken] = field(default_factory=dict[str, ClusterToken])
    secrets: dict[str, ClusterSecret] = field(default_factory=dict[str, ClusterSecret])
    agent_images: dict[str, AgentImage] = field(default_factory=dict[str, AgentImage])
    cache_volumes: dict[str, CacheVolume] = field(default_factory=dict[str, CacheVolume])
    git_mirror: bool = False
    container_cache: bool = False

    @property
    def hosted(self) -> bool:
        """True if it has a queue of hosted agents."""
        return any(queue.hosted for queue in self.queues)

    def queue(self, key: str) -> Queue | None:
        """Return the queue with a key; None where there is none."""
        return next((queue for queue in self.queues if queue.key == key), None)

    @property
    def default_queue(self) -> Queue | None:
        """Queue of the jobs that name none: the one that was chosen, or the first that isn't there only for a step."""
        if self.chosen_queue is not None:
            return self.chosen_queue
        return next((queue for queue in self.queues if not queue.of_step), None)


class Agent(Struct, eq=False):
    """Agent: it runs one job at a time.

    Attributes:
        position: its index in the organization's list of agents.
    """

    id: str
    name: str
    queue: Queue
    position: int
    created_at: float
    creator: User
    version: str = "3.112.0"
    hostname: str = "ci.internal"
    connection_state: str = "connected"
    job_id: str | None = None
    meta_data: Sequence[str] = ()
    last_job_finished_at: float | None = None
    disconnected_at: float | None = None
    stopped_at: float | None = None
    lost_at: float | None = None
    paused_at: float | None = None
    paused_by: User | None = None
    paused_note: str | None = None
    paused_timeout_in_minutes: int | None = None

    @property
    def paused(self) -> bool:
        """True if it is connected but takes no jobs."""
        return self.paused_at is not None

    @property
    def free(self) -> bool:
        """True if it can take a job now."""
        return self.job_id is None and self.paused_at is None and self.connection_state == "connected"
