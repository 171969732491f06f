"""Administration: it adds and changes pipelines with their templates and rules. Its chapters administrate other objects."""

from __future__ import annotations

from collections.abc import Sequence

from ..behaviour.commands import CommandBehaviour
from ..definition.steps import CommandStep, Step
from ..definition.template import Template
from ..state.organization import Organization
from ..state.pipelines import Pipeline, PipelineAttributes, PipelineRule, PipelineTemplate, TemplateAttributes
from ..state.users import User
from .administrative_changes import AdministrativeChanges
from .changes import Changes, PipelineChanged
from .cluster_administration import ClusterAdministration
from .integration_administration import IntegrationAdministration
from .memberships import Memberships
from .registry_administration import RegistryAdministration
from .scheduler import Scheduler
from .test_engine import SuiteAdministration

__all__ = ["Administration"]


class Administration:
    """Administration: the only writer of pipelines, their templates and rules. Each change is emitted as an event.

    Args:
        organization: the organization that it changes.
        scheduler: knows the time.
        changes: receives the events.

    Attributes:
        clusters: writes clusters and what belongs to them.
        integrations: writes notification services, portals and repository connections.
        memberships: writes teams, members, invitations and settings.
        registries: writes package registries.
        suites: writes test suites.
    """

    def __init__(self, organization: Organization, scheduler: Scheduler, changes: Changes) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes
        self._reported = AdministrativeChanges(organization, scheduler, changes)
        self.clusters = ClusterAdministration(organization, scheduler, self._reported)
        self.integrations = IntegrationAdministration(organization, self._reported)
        self.memberships = Memberships(organization, self._reported)
        self.registries = RegistryAdministration(organization, self._reported)
        self.suites = SuiteAdministration(organization, self._reported)

    def add_pipeline(self, pipeline: Pipeline) -> None:
        """Add a pipeline."""
        self._organization.pipelines[pipeline.slug] = pipeline
        self._reported.audit("pipeline", pipeline.id, "created", pipeline.slug, pipeline.created_by)
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
        self._add_queues(pipeline)
        self._pipeline_changed(pipeline, pipeline.slug)

    def _add_queues(self, pipeline: Pipeline) -> None:
        cluster = self._organization.cluster_of(pipeline)
        for step in pipeline.steps:
            for each in (step, *step.combinations) if isinstance(step, CommandStep) else ():
                if each.queue and "$" not in each.queue and "{{" not in each.queue:
                    self.clusters.add_queue(cluster, each.queue, pipeline.created_by, of_step=True)

    def draw(self, pipeline: Pipeline, steps: Sequence[Step]) -> None:
        """Give a pipeline visual steps."""
        pipeline.template = pipeline.shared = pipeline.notify = None
        pipeline.steps[:], pipeline.groups[:] = steps, ()
        self._add_queues(pipeline)
        self._pipeline_changed(pipeline, pipeline.slug)

    def share(self, pipeline: Pipeline, shared: PipelineTemplate | None) -> None:
        """Give a pipeline the steps of a template of the organization. Without one it keeps those that it has."""
        pipeline.shared = shared
        if shared is None:
            self._pipeline_changed(pipeline, pipeline.slug)
        else:
            self.configure(pipeline, shared.attributes.template)

    def update_pipeline(self, pipeline: Pipeline, attributes: PipelineAttributes) -> None:
        """Change a pipeline. A new slug changes the URLs of its builds, which others show too."""
        before, pipelines = pipeline.slug, self._organization.pipelines
        pipeline.attributes = attributes
        if pipeline.slug != before:
            renamed = {each.slug: each for each in pipelines.values()}
            pipelines.clear()
            pipelines.update(renamed)
            for build in self._organization.builds:
                build.touch()  # also those that this pipeline's builds have triggered, or were triggered by
        self._pipeline_changed(pipeline, before)

    def archive_pipeline(self, pipeline: Pipeline, archived_at: float | None) -> None:
        """Archive a pipeline, or take it out of the archive: None."""
        pipeline.archived_at = archived_at
        self._pipeline_changed(pipeline, pipeline.slug)

    def delete_pipeline(self, pipeline: Pipeline, by: User) -> None:
        """Delete a pipeline, its builds and its rules."""
        self._organization.remove_pipeline(pipeline)
        for rule in list(self._organization.rules.values()):
            if pipeline in (rule.source, rule.target):
                self.delete_rule(rule, by)
        self.memberships.forget_pipeline(pipeline, by)
        self._reported.audit("pipeline", pipeline.id, "deleted", pipeline.slug, by)
        self._pipeline_changed(pipeline, pipeline.slug)

    def add_webhook(self, pipeline: Pipeline) -> None:
        """Note that the source code provider of a pipeline has a webhook."""
        pipeline.webhook = True
        self._pipeline_changed(pipeline, pipeline.slug)

    def process_webhooks(self, pipeline: Pipeline, disabled_by: User | None) -> None:
        """Process the webhooks of a pipeline, or ignore them if a user wants that."""
        if (pipeline.webhooks_disabled is None) == (disabled_by is None):
            return
        pipeline.webhooks_disabled = None if disabled_by is None else (self._now, disabled_by)
        self._pipeline_changed(pipeline, pipeline.slug)

    def add_template(self, attributes: TemplateAttributes, by: User) -> PipelineTemplate:
        """Add a template of pipelines."""
        template = PipelineTemplate(self._organization.ids.uuid(), attributes, self._now, by, self._now, by)
        self._organization.templates[template.uuid] = template
        self._reported.resource("pipeline_template", template.uuid, None, attributes.name, by)
        return template

    def update_template(self, template: PipelineTemplate, attributes: TemplateAttributes, by: User) -> None:
        """Change a template. Later builds of its pipelines have its new steps."""
        before, template.attributes = template.attributes, attributes
        template.updated_at, template.updated_by = self._now, by
        self._reported.resource("pipeline_template", template.uuid, before.name, attributes.name, by)
        if attributes.template is not before.template:
            for pipeline in self._organization.pipelines.values():
                if pipeline.shared is template:
                    self.configure(pipeline, attributes.template)

    def delete_template(self, template: PipelineTemplate, by: User) -> None:
        """Delete a template."""
        del self._organization.templates[template.uuid]
        self._reported.resource("pipeline_template", template.uuid, template.attributes.name, None, by)

    def add_rule(self, kind: str, source: Pipeline, target: Pipeline, by: User) -> PipelineRule:
        """Add a rule from one pipeline to another."""
        rule = PipelineRule(self._organization.ids.uuid(), kind, source, target, self._now, by)
        self._organization.rules[rule.uuid] = rule
        self._reported.resource("rule", rule.uuid, None, kind, by)
        return rule

    def delete_rule(self, rule: PipelineRule, by: User) -> None:
        """Delete a rule."""
        del self._organization.rules[rule.uuid]
        self._reported.resource("rule", rule.uuid, rule.type, None, by)

    @property
    def _now(self) -> float:
        return self._scheduler.millisecond

    def _pipeline_changed(self, pipeline: Pipeline, before: str | None) -> None:
        pipeline.version += 1
        if self._changes.wanted:
            self._changes.emit(
                PipelineChanged(pipeline, before, None if pipeline.deleted else pipeline.slug, self._now)
            )
