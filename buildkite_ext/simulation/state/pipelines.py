"""Pipelines, their templates, and the rules between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from ...states import Outcome
from ..behaviour.commands import CommandBehaviour
from ..behaviour.endings import ended_as
from ..behaviour.rules import BehaviourRule, behaviour_of
from ..definition.steps import CommandStep, Group, Step, TriggerStep
from ..definition.template import Template
from .settings import PipelineSettings
from .users import User

__all__ = ["Pipeline", "PipelineAttributes", "PipelineRule", "PipelineTemplate", "TemplateAttributes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineAttributes:
    """Attributes of a pipeline that requests set, apart from its steps. `Pipeline` has the same ones.

    Attributes:
        default_timeout, maximum_timeout: seconds.
        provider_settings: the settings of the source code provider that were set.
    """

    slug: str
    name: str
    repository: str
    cluster_id: str
    default_branch: str
    description: str | None = None
    allow_rebuilds: bool = True
    branch_configuration: str | None = None
    skip_queued_branch_builds: bool = False
    cancel_running_branch_builds: bool = False
    skip_queued_branch_builds_filter: str | None = None
    cancel_running_branch_builds_filter: str | None = None
    default_timeout: float | None = None
    maximum_timeout: float | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    visibility: str = "private"
    tags: tuple[str, ...] | None = None
    emoji: str | None = None
    color: str | None = None
    clone_mirror_url: str | None = None
    provider_settings: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateAttributes:
    """Attributes of a template of pipelines that requests set.

    Attributes:
        template: its steps, of `configuration`.
        available: True if others than administrators may give it to pipelines.
    """

    name: str
    template: Template
    description: str | None = None
    available: bool = False


@dataclass(slots=True, eq=False)
class PipelineTemplate:
    """Template of pipelines: steps that pipelines share."""

    uuid: str
    attributes: TemplateAttributes
    created_at: float
    created_by: User
    updated_at: float
    updated_by: User


@dataclass(frozen=True, slots=True, eq=False)
class PipelineRule:
    """Rule that lets one pipeline trigger builds of another, or read its artifacts."""

    uuid: str
    type: str
    source: Pipeline
    target: Pipeline
    created_at: float
    created_by: User


@dataclass(slots=True, eq=False)
class Pipeline:
    """Pipeline: what it says, and what happens when its jobs run.

    Attributes:
        steps: what it says.
        groups: its groups of steps, also those that are empty.
        notify: its notifications, as they were written.
        template: its text, if its steps come from one.
        behaviours: what happens in the jobs of its command steps.
        rules: changes of that, which also hold for steps that are uploaded.
        ending: the outcome with which its builds end; None for that of its steps.
        follows_triggers: False if its trigger steps create no builds, and end as their behaviour says.
        version: goes up with every change that the API shows in it.
        last_number: the number of its last build.
        shared: the template of the organization that its text comes from.
        archived_at: when it was archived; None if it isn't.
        deleted: True if it was deleted.
        webhook: True if a webhook was created at its source code provider.
        webhooks_disabled: when, and by whom, its webhooks were switched off; None while they are processed.
    """

    id: str
    slug: str
    name: str
    description: str | None
    repository: str
    default_branch: str
    cluster_id: str
    created_at: float
    created_by: User
    allow_rebuilds: bool = True
    branch_configuration: str | None = None
    skip_queued_branch_builds: bool = False
    cancel_running_branch_builds: bool = False
    skip_queued_branch_builds_filter: str | None = None
    cancel_running_branch_builds_filter: str | None = None
    default_timeout: float | None = None
    maximum_timeout: float | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    visibility: str = "private"
    tags: tuple[str, ...] | None = None
    emoji: str | None = None
    color: str | None = None
    clone_mirror_url: str | None = None
    provider_settings: Mapping[str, object] = field(default_factory=dict[str, object])
    steps: list[Step] = field(default_factory=list[Step])
    template: Template | None = None
    groups: list[Group] = field(default_factory=list[Group])
    notify: object = None
    behaviours: dict[CommandStep, CommandBehaviour] = field(default_factory=dict[CommandStep, CommandBehaviour])
    rules: list[BehaviourRule] = field(default_factory=list[BehaviourRule])
    ending: Outcome | None = None
    follows_triggers: bool = True
    version: int = 0
    last_number: int = 0
    shared: PipelineTemplate | None = None
    archived_at: float | None = None
    deleted: bool = False
    webhook: bool = False
    webhooks_disabled: tuple[float, User] | None = None

    @property
    def attributes(self) -> PipelineAttributes:
        """Attributes that requests set."""
        return PipelineAttributes(**{each.name: getattr(self, each.name) for each in fields(PipelineAttributes)})

    @attributes.setter
    def attributes(self, attributes: PipelineAttributes) -> None:
        for each in fields(PipelineAttributes):
            setattr(self, each.name, getattr(attributes, each.name))

    @property
    def refuses_builds(self) -> bool:
        """True if no builds can be created: it is archived or deleted."""
        return self.deleted or self.archived_at is not None

    def behaviour_of(self, step: Step, settings: PipelineSettings) -> CommandBehaviour:
        """Return what happens in the jobs of a step. The settings are those of the organization."""
        if isinstance(step, CommandStep):
            known = self.behaviours.get(step, _DEFAULT)
            found = behaviour_of(step, self.rules, known) if self.rules else known
            return found if self.ending is None else ended_as(self.ending, step, found, self.timeout_of(step, settings))
        if isinstance(step, TriggerStep) and self.rules:
            return behaviour_of(step, self.rules, _DEFAULT)
        return _DEFAULT

    def timeout_of(self, step: CommandStep, settings: PipelineSettings) -> float | None:
        """Return the seconds that a job may run: the timeout of its step, of the pipeline or of the organization.

        It is at most the maximum of the pipeline and that of the organization.
        https://buildkite.com/docs/pipelines/configure/build-timeouts

        Args:
            step: the step of the job.
            settings: the settings of the organization.
        """
        timeout = self.default_timeout if step.timeout is None else step.timeout
        timeout = settings.default_timeout if timeout is None else timeout
        for most in (self.maximum_timeout, settings.maximum_timeout):
            if most is not None and (timeout is None or most < timeout):
                timeout = most
        return timeout


_DEFAULT = CommandBehaviour()
