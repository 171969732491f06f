"""A build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..annotations import Annotation
from ..definition.steps import BlockStep
from ..states import BUILD_DIAGRAM, BUILD_DONE
from ..times import stamp
from .users import User

if TYPE_CHECKING:
    from ..jobs import Job
    from .pipelines import Pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a build was asked to be, for a rebuild to ask for again."""

    commit: str
    branch: str
    message: str
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    meta_data: Mapping[str, str] = field(default_factory=dict[str, str])
    author: Mapping[str, str] | None = None
    pull_request: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(slots=True, eq=False)
class Build:
    """A build. To read, in tests: `state`, `blocked`, `jobs`, `history`.

    Attributes:
        slots: the jobs that count, in the order of the template; a retried job has given its place away.
        jobs: all of them, in the order in which they came to be.
        history: every state it was in, with the hour it began.
        version: goes up with every change that the API can show.
    """

    id: str
    number: int
    pipeline: Pipeline
    asked: Asked
    source: str
    creator: User
    created_at: float
    meta_data: dict[str, str]
    rebuilt_from: Build | None = None
    triggered_by: Job | None = None
    state: str = "creating"
    scheduled_at: float | None = None
    started_at: float | None = None
    failing_at: float | None = None
    finished_at: float | None = None
    cancel_reason: str | None = None
    slots: list[Job] = field(default_factory=list["Job"])
    jobs: list[Job] = field(default_factory=list["Job"])
    annotations: list[Annotation] = field(default_factory=list[Annotation])
    history: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    version: int = 0

    def __post_init__(self) -> None:
        self.history.append((self.created_at, self.state))

    @property
    def blocked(self) -> bool:
        """Whether it waits for somebody to let it go on."""
        return self.state == "blocked"

    @property
    def done(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in BUILD_DONE

    @property
    def shown_state(self) -> str:
        """The state that the API shows: a blocked build keeps the one that its block step says."""
        if not self.blocked:
            return self.state
        step = next(job.step for job in self.slots if job.state == "blocked")
        return step.blocked_state if isinstance(step, BlockStep) else "passed"

    @property
    def depth(self) -> int:
        """How many builds triggered one another until this one."""
        return 0 if self.triggered_by is None else self.triggered_by.build.depth + 1

    def touch(self) -> None:
        """Something that the API shows has changed."""
        self.version += 1
        self.pipeline.version += 1

    def move(self, state: str, now: float) -> None:
        """Be in another state, by way of `running` where the diagram has no other way.

        Raises:
            AssertionError: the diagram has no way at all, which is an error of the simulator's.
        """
        if state == self.state:
            return
        if state not in BUILD_DIAGRAM[self.state]:
            assert "running" in BUILD_DIAGRAM[self.state], f"{self.state} -> {state}"
            self.move("running", now)
        assert state in BUILD_DIAGRAM[self.state], f"{self.state} -> {state}"
        self.state = state
        self.history.append((now, state))
        now = stamp(now)
        if state == "scheduled":
            self.scheduled_at = now
        elif state == "running" and self.started_at is None:
            self.started_at = now
        elif state == "failing" and self.failing_at is None:
            self.failing_at = now
        self.finished_at = now if state in BUILD_DONE or state == "blocked" else None
        self.pipeline.note(self)
        self.touch()
