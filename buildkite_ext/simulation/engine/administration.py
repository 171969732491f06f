"""Administration: it adds and changes pipelines, clusters and queues."""

from __future__ import annotations

from ..behaviour.commands import CommandBehaviour
from ..definition.steps import CommandStep, Step
from ..definition.template import Template
from ..state.clusters import Cluster, Queue
from ..state.organization import Organization
from ..state.pipelines import Pipeline
from ..state.users import User
from .changes import Changes, ClusterChanged, PipelineChanged, QueueChanged
from .scheduler import Scheduler

__all__ = ["Administration"]


class Administration:
    """Administration: the only writer of pipelines, clusters and queues. Each change is emitted as an event.

    Args:
        organization: the organization that it changes.
        scheduler: knows the time.
        changes: receives the events.
    """

    def __init__(self, organization: Organization, scheduler: Scheduler, changes: Changes) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes

    def add_pipeline(self, pipeline: Pipeline) -> None:
        """Add a pipeline."""
        self._organization.pipelines[pipeline.slug] = pipeline
        self._pipeline_changed(pipeline, None)

    def add_step(self, pipeline: Pipeline, step: Step, behaviour: CommandBehaviour | None = None) -> None:
        """Add a step at the end of a pipeline, and what happens when its command runs."""
        pipeline.steps.append(step)
        if isinstance(step, CommandStep) and behaviour is not None:
            pipeline.behaviours[step] = behaviour
        self._pipeline_changed(pipeline, pipeline.slug)

    def configure(self, pipeline: Pipeline, template: Template) -> None:
        """Give a pipeline the steps of a text, and its cluster the queues that they name."""
        definition = template.definition
        pipeline.template, pipeline.notify = template, definition.notify
        pipeline.steps[:], pipeline.groups[:] = definition.steps, definition.groups
        cluster = next(item for item in self._organization.clusters if item.id == pipeline.cluster_id)
        for step in definition.steps:
            for each in (step, *step.combinations) if isinstance(step, CommandStep) else ():
                if each.queue is not None and "$" not in each.queue and "{{" not in each.queue:
                    self.add_queue(cluster, each.queue, pipeline.created_by)
        self._pipeline_changed(pipeline, pipeline.slug)

    def add_queue(self, cluster: Cluster, key: str, by: User) -> Queue:
        """Return the queue of a cluster by its key, and add it if it is new."""
        count = len(cluster.queues)
        queue = self._organization.add_queue(cluster, key, by, self._scheduler.now)
        if len(cluster.queues) > count:
            self._queue_changed(queue, None)
        return queue

    def update_cluster(
        self,
        cluster: Cluster,
        *,
        name: str | None,
        description: str | None,
        emoji: str | None,
        color: str | None,
        default_queue: Queue | None,
    ) -> None:
        """Change a cluster. None leaves a value as it is."""
        before = cluster.name
        cluster.name = cluster.name if name is None else name
        cluster.description = cluster.description if description is None else description
        cluster.emoji = cluster.emoji if emoji is None else emoji
        cluster.color = cluster.color if color is None else color
        cluster.chosen_queue = cluster.chosen_queue if default_queue is None else default_queue
        if self._changes.wanted:
            self._changes.emit(ClusterChanged(cluster, before, cluster.name, self._now))

    def update_queue(self, queue: Queue, *, description: str | None, retry_agent_affinity: str | None) -> None:
        """Change a queue. None leaves a value as it is."""
        queue.description = queue.description if description is None else description
        queue.retry_agent_affinity = (
            queue.retry_agent_affinity if retry_agent_affinity is None else retry_agent_affinity
        )
        self._queue_changed(queue, queue.state)

    def pause_queue(self, queue: Queue, by: User, note: str | None) -> None:
        """Keep the jobs of a queue from its agents."""
        before = queue.state
        queue.pause(self._now, by, note)
        self._queue_changed(queue, before)

    def resume_queue(self, queue: Queue) -> None:
        """Give the jobs of a queue to its agents again, at the next dispatch."""
        before = queue.state
        queue.resume()
        self._queue_changed(queue, before)

    @property
    def _now(self) -> float:
        return self._scheduler.millisecond

    def _pipeline_changed(self, pipeline: Pipeline, before: str | None) -> None:
        if self._changes.wanted:
            self._changes.emit(PipelineChanged(pipeline, before, pipeline.slug, self._now))

    def _queue_changed(self, queue: Queue, before: str | None) -> None:
        if self._changes.wanted:
            self._changes.emit(QueueChanged(queue, before, queue.state, self._now))
