"""Organization: the root of the simulator's state."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...timestamps import to_millisecond
from .audit import AUDIT_LOG_SIZE, AuditEvent
from .build_index import BuildIndex, PipelineBuilds
from .builds import Artifact, Build, Job
from .cluster_resources import Maintainer
from .clusters import Agent, Cluster, Queue
from .ids import Ids
from .integrations import NotificationService, Portal, RepositoryConnection
from .pipelines import Pipeline, PipelineRule, PipelineTemplate
from .registries import Registry
from .retention import Retention
from .schedules import PipelineSchedule
from .settings import ApiSettings, PipelineSettings
from .teams import Invitation, Team
from .test_engine import Suite, SuiteRun
from .users import RateLimit, Token, User

__all__ = ["EMOJIS", "Organization"]

EMOJIS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("toolbox", ()),
    ("wheel", ("dharma",)),
    ("snake", ("python",)),
)
"""Names of the organization's own emojis, each with its aliases."""


@dataclass(slots=True, eq=False)
class Organization:
    """Organization with its users, pipelines, builds, clusters and agents.

    Attributes:
        without_finished_at: states in which a build has no `finished_at`: blocked, not_run and skipped may be among them.
        agents: all agents, in the order in which they connected.
        agents_by_id: the same by id.
        connected_agents: those that have not stopped, by id.
        connections: goes up with every change of an agent's connection, which the builds of its jobs show.
        users: its members. Builds keep the users who have left.
        teams_enabled: whether it uses teams.
        portals, registries, suites: by slug.
        runs_of_builds: the Test Engine runs of a build by its id, each with its suite.
        retention: which finished builds it keeps.
        audit_log: the newest audit events, oldest first.
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
    notification_services: dict[str, NotificationService] = field(default_factory=dict[str, NotificationService])
    portals: dict[str, Portal] = field(default_factory=dict[str, Portal])
    repository_connections: dict[str, RepositoryConnection] = field(default_factory=dict[str, RepositoryConnection])
    registries: dict[str, Registry] = field(default_factory=dict[str, Registry])
    suites: dict[str, Suite] = field(default_factory=dict[str, Suite])
    runs_of_builds: dict[str, list[tuple[Suite, SuiteRun]]] = field(
        default_factory=dict[str, list[tuple[Suite, SuiteRun]]]
    )
    audit_log: deque[AuditEvent] = field(default_factory=lambda: deque[AuditEvent](maxlen=AUDIT_LOG_SIZE))
    templates: dict[str, PipelineTemplate] = field(default_factory=dict[str, PipelineTemplate])
    rules: dict[str, PipelineRule] = field(default_factory=dict[str, PipelineRule])
    schedules: dict[str, PipelineSchedule] = field(default_factory=dict[str, PipelineSchedule])
    teams: dict[str, Team] = field(default_factory=dict[str, Team])
    teams_enabled: bool = False
    invitations: dict[str, Invitation] = field(default_factory=dict[str, Invitation])
    pipeline_settings: PipelineSettings = field(default_factory=PipelineSettings)
    api_settings: ApiSettings = field(default_factory=ApiSettings)
    retention: Retention = field(default_factory=lambda: Retention(None))
    connections: int = 0
    _added: int = 0
    _pipeline_builds: dict[str, PipelineBuilds] = field(default_factory=dict[str, PipelineBuilds])

    def __post_init__(self) -> None:
        self.id = self.ids.uuid()

    def add_user(self, name: str) -> User:
        """Return the user of this name, and add it if it is new. The first one administrates the organization."""
        known = next((user for user in self.users.values() if user.name == name), None)
        if known is not None:
            return known
        email = f"{name.lower().replace(' ', '.')}@{self.slug}.example"
        limit = RateLimit("rest_user", self.user_rate_limit)
        role = "member" if self.users else "admin"
        user = User(self.ids.uuid(), name, email, self.created_at, limit, role)
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

    def add_maintainer(self, cluster: Cluster, kind: Literal["user", "team"], actor_id: str) -> Maintainer:
        """Let a user or a team manage a cluster."""
        maintainer = Maintainer(self.ids.uuid(), kind, actor_id)
        cluster.maintainers[maintainer.id] = maintainer
        return maintainer

    def add_queue(self, cluster: Cluster, key: str, by: User, now: float) -> Queue:
        """Return the queue of a cluster by its key, and add it if it is new."""
        known = cluster.queue(key)
        if known is not None:
            return known
        queue = Queue(self.ids.uuid(), key, f"The queue {key}", cluster, to_millisecond(now), created_by=by)
        cluster.queues.append(queue)
        cluster.deleted_queues.discard(key)
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
            meta_data=(
                f"queue={queue.key}",
                *(() if any(tag.startswith("os=") for tag in tags) else ("os=linux",)),
                *tags,
            ),
        )
        self.agents.append(agent)
        self.agents_by_id[agent.id] = self.connected_agents[agent.id] = agent
        queue.agents.append(agent)
        return agent

    def cluster_of(self, pipeline: Pipeline) -> Cluster:
        """Return the cluster of a pipeline."""
        for cluster in self.clusters:
            if cluster.id == pipeline.cluster_id:
                return cluster
        raise LookupError(pipeline.cluster_id)

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
        build.sequence = self._added = self._added + 1
        self.build_index.add(build)
        self.builds_of(build.pipeline).add(build)

    def remove_pipeline(self, pipeline: Pipeline) -> None:
        """Remove a pipeline with its builds, their jobs and their artifacts."""
        del self.pipelines[pipeline.slug]
        pipeline.deleted = True
        for build in self.builds_of(pipeline).listed:
            self.build_index.remove(build)
        for job in [job for job in self.jobs.values() if job.build.pipeline is pipeline]:
            del self.jobs[job.id]
            for artifact in job.artifacts:
                del self.artifacts[artifact.id]
        del self._pipeline_builds[pipeline.id]

    def drop_surplus(self) -> None:
        """Drop the finished builds that are not kept, with their jobs and artifacts."""
        for build in self.retention.surplus():
            self.build_index.remove(build)
            self.builds_of(build.pipeline).remove(build)
            for job in build.jobs:
                self.jobs.pop(job.id, None)
                for artifact in job.artifacts:
                    self.artifacts.pop(artifact.id, None)
            self.runs_of_builds.pop(build.id, None)
            build.dropped = True
            # Without these, a chain of rebuilds would keep all that were dropped.
            build.rebuilt_from = build.triggered_by = None

    def teams_of(self, user: User) -> list[Team]:
        """Return the teams that a user is a member of."""
        return [team for team in self.teams.values() if user.id in team.members]

    def build_moved(self, build: Build, before: str) -> None:
        """Note the new state of a build in the lists, if it stands in them."""
        if build.listed:
            self.build_index.moved(build, before)
            self.builds_of(build.pipeline).moved(build, before)
            self.retention.note(build)

    def add_artifact(self, artifact: Artifact) -> None:
        """Add an artifact to its job."""
        artifact.job.artifacts = (*artifact.job.artifacts, artifact)
        if not artifact.job.build.pipeline.deleted:
            self.artifacts[artifact.id] = artifact

    def add_jobs(self, build: Build, jobs: Sequence[Job]) -> None:
        """Add new jobs to their build. They can be found by their ids if the build stands in the lists."""
        build.jobs += jobs
        if build.listed:
            for job in jobs:
                self.jobs[job.id] = job
