"""A job of a build."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .artifacts import Artifact
from .behaviour.logs import Log
from .definition.steps import BlockStep, CommandStep, Step, TriggerStep
from .engine.agent_pool import Agent
from .engine.scheduler import Event
from .state.users import User
from .states import JOB_FAILED, JOB_RUNNING, JOB_STATES

if TYPE_CHECKING:
    from .state.builds import Build
    from .state.clusters import Queue


@dataclass(slots=True, eq=False)
class Job:
    """A job: a command, a wait, a block or a trigger. `slot` is its place among the build's jobs that count."""

    id: str
    step_id: str
    step: Step
    build: Build
    slot: int
    created_at: float
    queue: Queue | None = None
    state: str = "pending"
    attempt: int = 0
    priority: int = 0
    parallel_index: int | None = None
    scheduled_at: float | None = None
    runnable_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    expired_at: float | None = None
    exit_status: int | None = None
    signal: str | None = None
    signal_reason: str | None = None
    broken_reason: str | None = None
    soft_failed: bool = False
    agent: Agent | None = None
    retry_of: Job | None = None
    retried_in: Job | None = None
    retry_type: str | None = None
    retried_by: User | None = None
    unblocked_by: User | None = None
    unblocked_at: float | None = None
    triggered_build: Build | None = None
    log: Log = field(default_factory=Log)
    artifacts: list[Artifact] = field(default_factory=list[Artifact])
    next_event: Event | None = None
    expiry: Event | None = None

    @property
    def type(self) -> str:
        """`script`, `manual`, `trigger` or `waiter`."""
        match self.step:
            case CommandStep():
                return "script"
            case BlockStep():
                return "manual"
            case TriggerStep():
                return "trigger"
            case _:
                return "waiter"

    @property
    def command_step(self) -> CommandStep | None:
        """Its step where it is a command."""
        return self.step if isinstance(self.step, CommandStep) else None

    @property
    def retried(self) -> bool:
        """Whether another job stands in its place."""
        return self.retried_in is not None

    @property
    def running(self) -> bool:
        """Whether something runs."""
        return self.state in JOB_RUNNING

    @property
    def failed_hard(self) -> bool:
        """Whether the build fails by it."""
        return self.state in JOB_FAILED and not self.soft_failed

    @property
    def executed(self) -> bool:
        """Whether it did something: it began to run, or somebody let the build go on."""
        return self.started_at is not None or self.state == "unblocked"

    def move(self, state: str) -> None:
        """Be in another state."""
        assert state in JOB_STATES, state
        if state != self.state:
            self.state = state
            self.build.touch()

    def call_off(self) -> None:
        """What was going to happen to it will not."""
        for event in (self.next_event, self.expiry):
            if event is not None:
                event.call_off()
        self.next_event = self.expiry = None
