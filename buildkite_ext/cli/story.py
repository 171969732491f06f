"""How far a run has come, and what therefore is to be said when it can't go on."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import ApiError, BuildkiteError, ConnectionFailed, DeadlineExceeded, ServerError
from ..options import DEFAULT_TIMEOUT
from .board import ServerTime
from .exit_codes import ExitCode, exit_code_of
from .problem import Problem, problem, problem_of
from .report import BlockStep, FailedJob, Report
from .safe_text import clean, short

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ..watching.wait import Outcome
    from .connection import Connection
    from .order import Order

SOON = 10.0
"""Seconds: who gives up so long before the time is over does so because the next attempt would come too late."""


@dataclass(slots=True, kw_only=True)
class Story:
    """What has happened so far.

    Attributes:
        order, connection: what was asked for.
        phase: where the run is.
        organization: the slug that the client works with.
        known: the embedded simulator's pipelines, where the one that was asked for isn't among them.
        build: the build as it was last seen.
        outcome: how it ended.
        time: its time, since it was created.
        ended_after: the seconds it took.
        failed, blocked: the jobs that broke it, and the steps that it waits at.
        written: the artifacts that were fetched.
    """

    order: Order
    connection: Connection
    phase: Literal["before", "creating", "watching", "ended", "fetching"] = "before"
    organization: str | None = None
    known: tuple[str, ...] = ()
    build: Build | None = None
    outcome: Outcome | None = None
    time: ServerTime = field(default_factory=lambda: ServerTime(None))
    ended_after: float | None = None
    failed: tuple[FailedJob, ...] = ()
    blocked: tuple[BlockStep, ...] = ()
    written: tuple[Path, ...] = ()

    @property
    def number(self) -> int:
        """The build's number, once it exists."""
        assert self.build is not None
        return self.build.number

    @property
    def name(self) -> str:
        """What the build is called."""
        return f"{short(self.order.pipeline, 100)} #{self.number}"

    @property
    def left(self) -> float | None:
        """Seconds that --timeout leaves; None where there is none."""
        timeout = self.order.timeout
        return None if timeout is None else max(0.01, timeout - self.time.elapsed)

    def report(self, trouble: Problem | None = None) -> Report:
        """How it ended. A build's own end decides the exit code, unless it passed."""
        code = ExitCode.PASSED if self.outcome is None else exit_code_of(self.outcome)
        return self._report(code if trouble is None or code != ExitCode.PASSED else trouble.code, trouble)

    def left_by(self, code: ExitCode, kind: str) -> Report:
        """How it ended when it was stopped from outside. The build is left alone."""
        return self._report(code, problem(code, self._stopping(), kind=kind))

    def explained(self, error: Exception) -> Problem:
        """What an error means at this point."""
        if not isinstance(error, BuildkiteError):
            return self._with_advice(problem_of(error))
        if self.phase == "creating" and _certainly_nothing(error):
            hint = f"\nThe embedded simulator has the pipelines {', '.join(self.known)}." if self.known else ""
            return problem(ExitCode.API_ERROR, f"No build was created. {error}{hint}", error)
        if self.phase != "watching":
            return problem_of(error)
        # One call has DEFAULT_TIMEOUT at the most: where less is left, it was --timeout that ended it.
        if isinstance(error, DeadlineExceeded) and self.left is not None and self.left < DEFAULT_TIMEOUT:
            return problem(ExitCode.TIMEOUT, f"{self._time_is_over(error)} {self._goes_on()}", error)
        return self._with_advice(problem(ExitCode.API_ERROR, f"The build can't be followed any more. {error}", error))

    def _report(self, code: ExitCode, trouble: Problem | None) -> Report:
        return Report(
            code=code,
            pipeline=self.order.pipeline,
            organization=self.organization,
            build=self.build,
            outcome=self.outcome,
            failed=self.failed,
            blocked=self.blocked,
            artifacts=self.written,
            elapsed=self.time.elapsed if self.ended_after is None else self.ended_after,
            problem=trouble,
        )

    def _stopping(self) -> str:
        match self.phase:
            case "before":
                return "Stopped. Nothing was sent."
            case "creating":
                return (
                    "Stopped while the build was being created: it may exist. Look at the pipeline's builds before you create "
                    "another."
                )
            case "watching":
                return f"Stopped following. {self._goes_on()}"
            case "ended":
                return "Stopped."
            case "fetching":
                return "Stopped fetching artifacts."

    def _time_is_over(self, error: DeadlineExceeded) -> str:
        timeout = f"{self.order.timeout:g} s of --timeout"
        if self.left is not None and self.left > SOON:
            return f"What is left of the {timeout} is too little. {error}"
        return f"The {timeout} are over."

    def _with_advice(self, trouble: Problem) -> Problem:
        if self.phase != "watching":
            return trouble
        return Problem(trouble.code, trouble.kind, f"{trouble.text}\n{self._goes_on()}", trouble.cause)

    def _goes_on(self) -> str:
        if self.connection.simulate:
            return f"Build {self.name} ends with the embedded simulator, now."
        assert self.build is not None
        words = ["buildkite-ext", "cancel", self.order.pipeline, str(self.number), *self.connection.options]
        return (
            f"Build {self.name} still runs: {clean(self.build.web_url)}\n"
            f"This cancels it: {' '.join(shlex.quote(clean(word)) for word in words)}"
        )


def _certainly_nothing(error: BuildkiteError) -> bool:
    """Whether a failed creation has created nothing for sure."""
    return isinstance(error, ConnectionFailed) or (isinstance(error, ApiError) and not isinstance(error, ServerError))
