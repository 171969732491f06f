"""Administration: it adds and changes pipelines. Its chapters administrate the other objects of an organization."""

from __future__ import annotations

from ...timestamps import to_millisecond
from ..behaviour.commands import CommandBehaviour
from ..definition.steps import CommandStep, Step
from ..definition.template import Template
from ..state.organization import Organization
from ..state.pipelines import Pipeline
from .administrative_changes import AdministrativeChanges
from .changes import Changes, PipelineChanged
from .cluster_administration import ClusterAdministration
from .integration_administration import IntegrationAdministration
from .registry_administration import RegistryAdministration
from .scheduler import Scheduler
from .test_engine import SuiteAdministration

__all__ = ["Administration"]


class Administration:
    """Administration: the only writer of pipelines. Each change is emitted as an event.

    Args:
        organization: the organization that it changes.
        scheduler: knows the time.
        changes: receives the events.

    Attributes:
        clusters: writes clusters and what belongs to them.
        integrations: writes notification services, portals and repository connections.
        registries: writes package registries.
        suites: writes test suites.
    """

    def __init__(self, organization: Organization, scheduler: Scheduler, changes: Changes) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes
        reported = AdministrativeChanges(organization, scheduler, changes)
        self.clusters = ClusterAdministration(organization, scheduler, reported)
        self.integrations = IntegrationAdministration(organization, reported)
        self.registries = RegistryAdministration(organization, reported)
        self.suites = SuiteAdministration(organization, reported)

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
                    self.clusters.add_queue(cluster, each.queue, pipeline.created_by)
        self._pipeline_changed(pipeline, pipeline.slug)

    @property
    def _now(self) -> float:
        return to_millisecond(self._scheduler.now)

    def _pipeline_changed(self, pipeline: Pipeline, before: str | None) -> None:
        if self._changes.wanted:
            self._changes.emit(PipelineChanged(pipeline, before, pipeline.slug, self._now))
