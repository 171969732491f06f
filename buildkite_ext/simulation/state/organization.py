"""An organization: everything that the simulator knows."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from ..artifacts import Artifact
from ..engine.agent_pool import Agent
from ..ids import Ids
from ..jobs import Job
from ..limits import Window
from ..times import stamp
from .builds import Build
from .clusters import Cluster, Queue
from .pipelines import Pipeline
from .users import Token, User

EMOJIS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("toolbox", ()),
    ("wheel", ("dharma",)),
    ("snake", ("python",)),
)


@dataclass(slots=True, eq=False)
class Organization:
    """An organization with its people, pipelines, builds, clusters and agents."""

    slug: str
    name: str
    created_at: float
    ids: Ids
    window: Window
    user_limit: int
    id: str = field(init=False)
    users: dict[str, User] = field(default_factory=dict[str, User])
    tokens: dict[str, Token] = field(default_factory=dict[str, Token])
    pipelines: dict[str, Pipeline] = field(default_factory=dict[str, Pipeline])
    builds: list[Build] = field(default_factory=list[Build])
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    artifacts: dict[str, Artifact] = field(default_factory=dict[str, Artifact])
    clusters: list[Cluster] = field(default_factory=list[Cluster])
    agents: list[Agent] = field(default_factory=list[Agent])

    def __post_init__(self) -> None:
        self.id = self.ids.uuid()

    def add_user(self, name: str) -> User:
        """A user by name, made when new."""
        known = next((user for user in self.users.values() if user.name == name), None)
        if known is not None:
            return known
        mail = f"{name.lower().replace(' ', '.')}@{self.slug}.example"
        user = User(self.ids.uuid(), name, mail, self.created_at, Window("rest_user", self.user_limit))
        self.users[user.id] = user
        return user

    def add_token(self, value: str, user: User, scopes: frozenset[str] | None, description: str, now: float) -> Token:
        """A token of the user's."""
        token = Token(self.ids.uuid(), value, user, scopes, description, stamp(now))
        self.tokens[value] = token
        return token

    def add_cluster(self, name: str, by: User, now: float) -> Cluster:
        """A new cluster."""
        cluster = Cluster(
            self.ids.uuid(), name, f"The cluster {name}", ":toolbox:", "#A9CCE3", stamp(now), created_by=by
        )
        self.clusters.append(cluster)
        return cluster

    def add_queue(self, cluster: Cluster, key: str, by: User, now: float) -> Queue:
        """A queue of the cluster by key, made when new."""
        known = next((queue for queue in cluster.queues if queue.key == key), None)
        if known is not None:
            return known
        queue = Queue(self.ids.uuid(), key, f"The queue {key}", cluster, stamp(now), created_by=by)
        cluster.queues.append(queue)
        return queue

    def add_agent(self, name: str, queue: Queue, now: float) -> Agent:
        """A new connected agent."""
        agent = Agent(
            self.ids.uuid(),
            name,
            queue,
            stamp(now),
            queue.created_by,
            hostname=f"{name}.{self.slug}.example",
            meta_data=[f"queue={queue.key}", "os=linux"],
        )
        self.agents.append(agent)
        return agent

    def file(self, build: Build) -> None:
        """Put a new build where the lists find it."""
        build.pipeline.by_number[build.number] = build
        insort(build.pipeline.builds, build, key=_age)
        insort(self.builds, build, key=_age)

    def file_artifact(self, artifact: Artifact) -> None:
        """Put a new artifact where its id finds it."""
        artifact.job.artifacts.append(artifact)
        self.artifacts[artifact.id] = artifact

    def file_job(self, job: Job) -> None:
        """Put a new job where its id finds it."""
        job.build.jobs.append(job)
        if job.build.number:
            self.jobs[job.id] = job


def _age(build: Build) -> float:
    return build.created_at
