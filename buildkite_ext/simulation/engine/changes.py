"""Events of the engine: one for each change of what the organization holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ...dispatcher import Dispatcher
from ..state.builds import Annotation, Artifact, Build, Job
from ..state.clusters import Agent, Cluster, Queue
from ..state.pipelines import Pipeline
from ..state.users import User

__all__ = [
    "AgentChanged",
    "AnnotationChanged",
    "ArtifactChanged",
    "BuildChanged",
    "Change",
    "Changes",
    "ClusterChanged",
    "JobChanged",
    "Listener",
    "PipelineChanged",
    "QueueChanged",
    "ResourceChanged",
]


@dataclass(frozen=True, slots=True)
class BuildChanged:
    """Change of a build.

    Attributes:
        build: the build as it is now.
        before: its state before; None for a new build.
        after: its state after the change. The same as `before` where only something else has changed, such as its
            meta-data.
        time: when it changed, in seconds since the epoch.
    """

    build: Build
    before: str | None
    after: str
    time: float


@dataclass(frozen=True, slots=True)
class JobChanged:
    """Change of a job.

    Attributes:
        job: the job as it is now.
        before: its state before; None for a new job.
        after: its state after the change. The same as `before` where only something else has changed, such as its
            priority, or that it was retried.
        time: when it changed, in seconds since the epoch.
    """

    job: Job
    before: str | None
    after: str
    time: float


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """Change of an agent.

    Attributes:
        agent: the agent as it is now.
        before: its connection state before; None for a new agent.
        after: its connection state after the change. The same as `before` where it took or finished a job, was paused
            or resumed.
        time: when it changed, in seconds since the epoch.
    """

    agent: Agent
    before: str | None
    after: str
    time: float


@dataclass(frozen=True, slots=True)
class ArtifactChanged:
    """Change of an artifact.

    Attributes:
        artifact: the artifact as it is now.
        before: its state before; None for a new artifact.
        after: its state after the change; `deleted` when a request has deleted it.
        time: when it changed, in seconds since the epoch.
    """

    artifact: Artifact
    before: str | None
    after: str
    time: float


@dataclass(frozen=True, slots=True)
class AnnotationChanged:
    """Change of an annotation.

    Attributes:
        annotation: the annotation as it is now.
        before: its body before; None for a new annotation.
        after: its body after the change; None for a deleted annotation.
        time: when it changed, in seconds since the epoch.
    """

    annotation: Annotation
    before: str | None
    after: str | None
    time: float


@dataclass(frozen=True, slots=True)
class PipelineChanged:
    """Change of a pipeline.

    Attributes:
        pipeline: the pipeline as it is now.
        before: its slug before; None for a new pipeline.
        after: its slug after the change; None for a deleted pipeline. The same as `before` where only something else has
            changed, such as its steps.
        time: when it changed, in seconds since the epoch.
    """

    pipeline: Pipeline
    before: str | None
    after: str | None
    time: float


@dataclass(frozen=True, slots=True)
class ClusterChanged:
    """Change of a cluster.

    Attributes:
        cluster: the cluster as it is now.
        before: its name before; None for a new cluster.
        after: its name after the change; None for a deleted cluster. The same as `before` where only something else has
            changed, such as its default queue.
        time: when it changed, in seconds since the epoch.
    """

    cluster: Cluster
    before: str | None
    after: str | None
    time: float


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Change of a queue.

    Attributes:
        queue: the queue as it is now.
        before: its state before, `"dispatching"` or `"paused"`; None for a new queue.
        after: its state after the change; None for a deleted queue. The same as `before` where only something else has
            changed, such as its description.
        time: when it changed, in seconds since the epoch.
    """

    queue: Queue
    before: str | None
    after: str | None
    time: float


@dataclass(frozen=True, slots=True)
class ResourceChanged:
    """Change of another object that users administrate, such as a schedule, a team or a secret.

    It holds no values of tokens and secrets.

    Attributes:
        kind: the kind of the object: `"agent_image"`, `"cache_volume"`, `"cluster_maintainer"`, `"cluster_secret"`,
            `"cluster_token"`, `"invitation"`, `"member"`, `"notification_service"`, `"package"`, `"pipeline_template"`,
            `"portal"`, `"registry"`, `"registry_token"`, `"repository_connection"`, `"rule"`, `"run"`, `"schedule"`,
            `"settings"`, `"suite"`, `"team"` or `"test"`. A change of the members, pipelines and test suites of a team is
            one of the team.
        id: its id.
        action: what has happened: `"created"`, `"updated"`, `"deleted"`, `"enabled"`, `"disabled"` or `"revoked"`.
        before: its name before, or what describes it where it has no name; None for a new object.
        after: its name after the change; None for a deleted object.
        user: the user who has changed it; None where the simulator has.
        time: when it changed, in seconds since the epoch.
    """

    kind: str
    id: str
    action: str
    before: str | None
    after: str | None
    user: User | None
    time: float


Change = (
    BuildChanged
    | JobChanged
    | AgentChanged
    | ArtifactChanged
    | AnnotationChanged
    | PipelineChanged
    | ClusterChanged
    | QueueChanged
    | ResourceChanged
)
Listener = Callable[[Change], object]


class Changes:
    """Queue of events, and the listeners that receive them.

    An event is queued while the engine acts, and delivered when the action is complete. A listener can therefore send
    requests to the simulator.

    Attributes:
        wanted: whether there is a listener.
        queued: the events that have not been delivered.
    """

    def __init__(self) -> None:
        self.wanted = False
        self._dispatcher: Dispatcher[Change] = Dispatcher(name="on_change")
        self.queued: deque[Change] = deque()
        self._delivering = False

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add a listener and return the function that removes it."""
        self._dispatcher.add(listener)
        self.wanted = True

        def remove() -> None:
            self._dispatcher.remove(listener)
            self.wanted = bool(self._dispatcher)

        return remove

    def emit(self, change: Change) -> None:
        """Queue an event."""
        self.queued.append(change)

    def deliver(self) -> None:
        """Deliver the queued events in order."""
        if self._delivering or not self.queued:
            return
        self._delivering = True
        try:
            while self.queued:
                self._dispatcher.emit(self.queued.popleft())
        finally:
            self._delivering = False
