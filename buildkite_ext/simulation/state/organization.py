"""Organization: the root of the simulator's state."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...timestamps import to_millisecond
from .build_index import BuildIndex, PipelineBuilds
from .builds import Artifact, Build, Job
from .clusters import Agent, Cluster, Queue
from .pipelines import Pipeline
from .users import RateLimit, Token, User

__all__ = ["EMOJIS", "Ids", "Organization"]

EMOJIS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("toolbox", ()),
    ("wheel", ("dharma",)),
    ("snake", ("python",)),
)
"""Names of the organization's own emojis, each with its aliases."""


class Ids:
    """Generator of identifiers. The same seed and the same order of calls give the same identifiers.

    Args:
        seed: the seed.
        kind: what is identified, where another generator of the same seed must give other identifiers.
    """

    def __init__(self, seed: int = 0, kind: str = "") -> None:
        self._key = f"{seed}{kind}"
        self._count = 0

    def uuid(self) -> str:
        """Return a new UUID."""
        text = self._digest(16)
        # The two fixed digits say version 4 and its variant: strict UUID parsers accept them.
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"

    def commit(self) -> str:
        """Return the full SHA of a new commit."""
        return self._digest(20)

    def _digest(self, size: int) -> str:
        self._count += 1
        return hashlib.blake2b(f"{self._key}:{self._count}".encode(), digest_size=size).hexdigest()


@dataclass(slots=True, eq=False)
class Organization:
    """Organization with its users, pipelines, builds, clusters and agents.

    Attributes:
        without_finished_at: states in which a build has no `finished_at`: blocked, not_run and skipped may be among them.
        agents: all agents, in the order in which they connected.
        agents_by_id: the same by id.
        connected_agents: those that have not stopped, by id.
    """

    slug: str
    name: str
    created_at: float
    ids: Ids
    rate_limit: RateLimit
    user_rate_limit: int
    without_finished_at: frozenset[str] = frozenset()
    id: str = field(init=False)
    users: dict[str, User] = field(default_factory=dict[str, User])
    tokens: dict[str, Token] = field(default_factory=dict[str, Token])
    pipelines: dict[str, Pipeline] = field(default_factory=dict[str, Pipeline])
    build_index: BuildIndex = field(default_factory=BuildIndex)
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    artifacts: dict[str, Artifact] = field(default_factory=dict[str, Artifact])
    clusters: list[Cluster] = field(default_factory=list[Cluster])
    agents: list[Agent] = field(default_factory=list[Agent])
    agents_by_id: dict[str, Agent] = field(default_factory=dict[str, Agent])
    connected_agents: dict[str, Agent] = field(default_factory=dict[str, Agent])
    _pipeline_builds: dict[str, PipelineBuilds] = field(default_factory=dict[str, PipelineBuilds])

    def __post_init__(self) -> None:
        self.id = self.ids.uuid()

    def add_user(self, name: str) -> User:
        """Return the user of this name, and add it if it is new."""
        known = next((user for user in self.users.values() if user.name == name), None)
        if known is not None:
            return known
        email = f"{name.lower().replace(' ', '.')}@{self.slug}.example"
        user = User(self.ids.uuid(), name, email, self.created_at, RateLimit("rest_user", self.user_rate_limit))
        self.users[user.id] = user
        return user

    def add_token(self, value: str, user: User, scopes: frozenset[str] | None, description: str, now: float) -> Token:
        """Add a token of a user."""
        token = Token(self.ids.uuid(), value, user, scopes, description, to_millisecond(now))
        self.tokens[value] = token
        return token

    def add_cluster(self, name: str, by: User, now: float) -> Cluster:
        """Add a cluster."""
        cluster = Cluster(
            self.ids.uuid(), name, f"The cluster {name}", ":toolbox:", "#A9CCE3", to_millisecond(now), created_by=by
        )
        self.clusters.append(cluster)
        return cluster

    def add_queue(self, cluster: Cluster, key: str, by: User, now: float) -> Queue:
        """Return the queue of a cluster by its key, and add it if it is new."""
        known = next((queue for queue in cluster.queues if queue.key == key), None)
        if known is not None:
            return known
        queue = Queue(self.ids.uuid(), key, f"The queue {key}", cluster, to_millisecond(now), created_by=by)
        cluster.queues.append(queue)
        return queue

    def add_agent(self, name: str, queue: Queue, now: float, tags: Sequence[str] = ()) -> Agent:
        """Add a connected agent with some tags beside those of its queue and system."""
        agent = Agent(
            self.ids.uuid(),
            name,
            queue,
            len(self.agents),
            to_millisecond(now),
            queue.created_by,
            hostname=f"{name}.{self.slug}.example",
            meta_data=[
                f"queue={queue.key}",
                *([] if any(tag.startswith("os=") for tag in tags) else ["os=linux"]),
                *tags,
            ],
        )
        self.agents.append(agent)
        self.agents_by_id[agent.id] = self.connected_agents[agent.id] = agent
        queue.agents.append(agent)
        return agent

    @property
    def builds(self) -> list[Build]:
        """All builds, oldest first."""
        return self.build_index.listed

    def builds_of(self, pipeline: Pipeline) -> PipelineBuilds:
        """Return the builds of a pipeline."""
        builds = self._pipeline_builds.get(pipeline.id)
        if builds is None:
            builds = self._pipeline_builds[pipeline.id] = PipelineBuilds()
        return builds

    def add_build(self, build: Build) -> None:
        """Add a build to the lists."""
        build.sequence = len(self.builds)
        self.build_index.add(build)
        self.builds_of(build.pipeline).add(build)

    def build_moved(self, build: Build, before: str) -> None:
        """Note the new state of a build in the lists. A rehearsal, a build without a number, stands in none."""
        if build.number:
            self.build_index.moved(build, before)
            self.builds_of(build.pipeline).moved(build, before)

    def job_moved(self, job: Job, before: str) -> None:
        """Note the new state of a job in the counts of its pipeline."""
        if job.build.number:
            self.builds_of(job.build.pipeline).job_moved(job, before)

    def add_artifact(self, artifact: Artifact) -> None:
        """Add an artifact to its job."""
        artifact.job.artifacts.append(artifact)
        self.artifacts[artifact.id] = artifact

    def add_job(self, job: Job) -> None:
        """Add a job to its build. The jobs of a rehearsal, a build without a number, can't be found by id."""
        job.build.jobs.append(job)
        if job.build.number:
            self.jobs[job.id] = job
