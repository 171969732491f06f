"""The state of a run: how far it is, and what its errors mean there."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import ApiError, BuildkiteError, ConfigurationError, ConnectionFailed, DeadlineExceeded, ServerError
from ...messages import listed
from ...options import DEFAULT_TIMEOUT
from ...states import failed_jobs, outcome_of
from ..exit_codes import ExitCode, exit_code_of
from ..hints import in_options
from ..problem import Problem
from ..streams import clean, short
from .job_table import ServerTime
from .result import BlockingStep, FailedStep, RunResult, elapsed_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from buildkite_api.models import Build

    from ...states import Outcome
    from ..connection import ConnectionOptions
    from .options import RunOptions

__all__ = ["RunState"]

_LONGER = " A longer timeout= allows more."

_FEWER_LINES = ", or leave out old lines with tail="
"""Advice for which this command has no option."""

_SOON = 10.0
"""Seconds. A call that gives up earlier before its deadline does so since its next attempt would be too late."""


@dataclass(slots=True, kw_only=True)
class RunState:
    """The state of a run.

    Attributes:
        options, connection: the command line.
        phase: the phase of the run.
        pipeline: the pipeline's slug, as the user typed it.
        organization: the organization's slug.
        known: the pipelines of the simulator, if the requested one doesn't exist.
        build: the build at its last poll.
        retried: the build as it was when its jobs were retried; None if none were.
        outcome: its outcome; None while it continues, or while its logs are read.
        time: the server's time.
        ended_at: the server's time when the command saw its end; None while it continues.
        failed, blocked: the jobs that made it fail, and the steps that it waits at.
        written: the artifacts that were fetched.
    """

    options: RunOptions
    connection: ConnectionOptions
    phase: Literal["starting", "preparing", "creating", "retrying", "watching", "ended", "fetching"] = "starting"
    pipeline: str = ""
    organization: str | None = None
    known: tuple[str, ...] = ()
    build: Build | None = None
    retried: Build | None = None
    outcome: Outcome | None = None
    time: ServerTime = field(default_factory=lambda: ServerTime(None))
    ended_at: datetime | None = None
    failed: tuple[FailedStep, ...] = ()
    blocked: tuple[BlockingStep, ...] = ()
    written: tuple[Path, ...] = ()

    @property
    def number(self) -> int:
        """The build's number, once it exists."""
        assert self.build is not None
        return self.build.number

    @property
    def name(self) -> str:
        """The build's name in messages."""
        return f"{short(self.pipeline, 100)} #{self.number}"

    @property
    def ended(self) -> Outcome | None:
        """The outcome of the build at its last poll; None while it continues. Logs of an ended build may still be read."""
        if self.outcome is not None or self.build is None:
            return self.outcome
        before = self.retried
        if before is not None and outcome_of(before) is not None and before.finished_at == self.build.finished_at:
            return None  # the old end: the retry isn't seen yet
        return outcome_of(self.build)

    @property
    def left(self) -> float | None:
        """Seconds that are left of --timeout; None without it."""
        timeout = self.options.timeout
        return None if timeout is None else max(0.01, timeout - self.time.elapsed)

    def result(self, trouble: Problem | None = None) -> RunResult:
        """Return the result. The build's outcome decides the exit code, unless it passed.

        Args:
            trouble: the error of the command, if there was one.
        """
        code = ExitCode.PASSED if self.ended is None else exit_code_of(self.ended)
        return self._result(code if trouble is None or code != ExitCode.PASSED else trouble.code, trouble)

    def stopped(self, code: ExitCode, kind: str) -> RunResult:
        """Return the result of a run that was stopped by a signal. The build is left alone."""
        text = self._stopped_text()
        if code == ExitCode.OUTPUT_CLOSED and self.ended is not None and self.phase != "fetching":
            text = None  # all that was left was to show the rest
        return self._result(code, None if text is None else Problem.described(code, text, kind=kind))

    def explained(self, error: Exception) -> Problem:
        """Return what an error means in this phase."""
        if not isinstance(error, BuildkiteError) or isinstance(error, ConfigurationError):
            return self._with_advice(Problem.of(error))
        said = in_options(str(error).replace(_FEWER_LINES, ""))
        if self.phase == "watching" and self.ended is not None:
            return Problem.described(ExitCode.API_ERROR, said, error)
        if self.phase == "preparing" or (self.phase == "creating" and _nothing_created(error)):
            hint = f"\nThe simulator has the pipelines {', '.join(self.known)}." if self.known else ""
            # The command has no option for the time of one request.
            said = str(error).removesuffix(_LONGER)
            return Problem.described(ExitCode.API_ERROR, f"No build was created. {in_options(said)}{hint}", error)
        if self.phase != "watching":
            said = in_options(str(error).removesuffix(_LONGER))
            return Problem.described(ExitCode.API_ERROR, said, error)
        # A call takes at most DEFAULT_TIMEOUT. If less is left, --timeout ended it.
        if isinstance(error, DeadlineExceeded) and self.left is not None and self.left < DEFAULT_TIMEOUT:
            return Problem.described(ExitCode.TIMEOUT, f"{self._timeout_text(said)} {self._still_running()}", error)
        return self._with_advice(
            Problem.described(ExitCode.API_ERROR, f"The build can't be followed any longer. {said}", error)
        )

    def incomplete_logs(self, names: Sequence[str]) -> str:
        """Return a note on logs that weren't read to their ends, although the build has ended."""
        said = f"The build has ended, but not all of its logs were read. Incomplete: {listed(names)}."
        return said if self.connection.simulate else f"{said} To read them: {self._command('logs')}"

    def _result(self, code: ExitCode, trouble: Problem | None) -> RunResult:
        outcome, failed = self.ended, self.failed
        if outcome == "failed" and self.build is not None and not failed:
            failed = tuple(FailedStep.of(job, ()) for job in failed_jobs(self.build))
        return RunResult(
            code=code,
            pipeline=self.pipeline,
            organization=self.organization,
            build=self.build,
            outcome=outcome,
            failed=failed,
            blocked=self.blocked,
            artifacts=self.written,
            elapsed=self.time.elapsed
            if self.build is None
            else elapsed_of(self.build, self.ended_at or self.time.now()),
            problem=trouble,
            options=tuple(self.connection.options),
            simulated=self.connection.simulate,
        )

    def _stopped_text(self) -> str | None:
        match self.phase:
            case "starting":
                return None  # nothing was sent
            case "preparing":
                return "Stopped. No build was created."
            case "creating":
                return (
                    "Stopped while the build was being created: it may exist. Look at the pipeline's builds before you create "
                    "another."
                )
            case "retrying":
                return "Stopped while the jobs were being retried: some may be. Look at the build before you retry them again."
            case "watching" if self.ended is not None:
                return "Stopped reading logs."
            case "watching":
                return f"Stopped following. {self._still_running()}"
            case "ended":
                return "Stopped."
            case "fetching":
                return "Stopped fetching artifacts."

    def _timeout_text(self, said: str) -> str:
        timeout = f"{self.options.timeout:g} s of --timeout"
        if self.left is not None and self.left > _SOON:
            return f"The rest of the {timeout} is too short for another attempt. {said}"
        return f"The {timeout} are over."

    def _with_advice(self, trouble: Problem) -> Problem:
        if self.phase != "watching" or self.ended is not None:
            return trouble
        return Problem(trouble.code, trouble.kind, f"{trouble.text}\n{self._still_running()}", trouble.cause)

    def _still_running(self) -> str:
        if self.connection.simulate:
            return f"Build {self.name} ends now, with the simulator."
        assert self.build is not None
        return f"Build {self.name} still runs: {clean(self.build.web_url)}\nThis cancels it: {self._command('cancel')}"

    def _command(self, name: str) -> str:
        """Return another command for the build, as it can be pasted into a shell."""
        words = ["buildkite-ext", name, self.pipeline, str(self.number), *self.connection.options]
        return " ".join(shlex.quote(clean(word)) for word in words)


def _nothing_created(error: BuildkiteError) -> bool:
    """Return whether a failed creation certainly created nothing."""
    return isinstance(error, ConnectionFailed) or (isinstance(error, ApiError) and not isinstance(error, ServerError))
