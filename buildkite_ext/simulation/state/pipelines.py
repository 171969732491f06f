"""Pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..behaviour.commands import CommandBehaviour
from ..definition.steps import CommandStep, Step
from .users import User

__all__ = ["Pipeline"]


@dataclass(slots=True, eq=False)
class Pipeline:
    """Pipeline: what it says, and what happens when its jobs run.

    Attributes:
        steps: what it says.
        behaviours: what happens in the jobs of its command steps.
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
    env: dict[str, str] = field(default_factory=dict[str, str])
    steps: list[Step] = field(default_factory=list[Step])
    behaviours: dict[CommandStep, CommandBehaviour] = field(default_factory=dict[CommandStep, CommandBehaviour])
    version: int = 0
    last_number: int = 0
