"""Pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..behaviour.commands import CommandBehaviour
from ..behaviour.rules import BehaviourRule, behaviour_of
from ..definition.steps import CommandStep, Group, Step, TriggerStep
from ..definition.template import Template
from .users import User

__all__ = ["Pipeline"]


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
        follows_triggers: False if its trigger steps create no builds, and end as their behaviour says.
        version: goes up with every change that the API shows in it.
        last_number: the number of its last build.
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
    env: dict[str, str] = field(default_factory=dict[str, str])
    steps: list[Step] = field(default_factory=list[Step])
    template: Template | None = None
    groups: list[Group] = field(default_factory=list[Group])
    notify: object = None
    behaviours: dict[CommandStep, CommandBehaviour] = field(default_factory=dict[CommandStep, CommandBehaviour])
    rules: list[BehaviourRule] = field(default_factory=list[BehaviourRule])
    follows_triggers: bool = True
    version: int = 0
    last_number: int = 0

    def behaviour_of(self, step: Step) -> CommandBehaviour:
        """Return what happens in the jobs of a step."""
        if not isinstance(step, CommandStep | TriggerStep):
            return _DEFAULT
        known = self.behaviours.get(step, _DEFAULT) if isinstance(step, CommandStep) else _DEFAULT
        return behaviour_of(step, self.rules, known) if self.rules else known


_DEFAULT = CommandBehaviour()
