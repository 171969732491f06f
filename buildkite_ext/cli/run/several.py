"""The execution of `buildkite-ext watch` with several builds: wait for all of them on one budget of requests."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from ...errors import BuildkiteError, DeadlineExceeded
from ...events import BuildSeen
from ...messages import listed
from ..exit_codes import ExitCode, exit_code_of
from ..hints import in_options
from ..notes import print_note
from ..problem import Problem, Terminated
from ..streams import discard, output_failure, short
from .result import BlockingStep, FailedStep, RunResult, elapsed_of

if TYPE_CHECKING:
    from ...client import BuildkiteClient
    from ...events import Event
    from ...references import Reference
    from ...watching.outcome import WaitResult
    from ..build_choice import BuildChoice
    from ..connection import ConnectionOptions

__all__ = ["BuildsView", "SeveralBuilds"]

_WORST_FIRST = (
    ExitCode.FAILED,
    ExitCode.CANCELED,
    ExitCode.BLOCKED,
    ExitCode.NOT_RUN,
)
"""The exit codes of outcomes other than `passed`: the first of them that a build has is that of the command."""


class BuildsView(Protocol):
    """An output format of several builds. `seen` may be called from any thread."""

    def begun(self, names: Mapping[str, str]) -> None:
        """Show which builds are watched: their names, and their pages."""
        ...

    def seen(self, name: str, state: str) -> None:
        """Show the state of a build."""
        ...

    def ended(self, result: RunResult) -> None:
        """Show how a build has ended."""
        ...

    def failed(self, problem: Problem) -> None:
        """Show why the builds aren't watched any longer."""
        ...

    def close(self) -> None:
        """Release the terminal. Calling it twice is allowed."""
        ...


class SeveralBuilds:
    """Execution of the command for several builds of one organization.

    Args:
        choices: the builds.
        connection: the connection to their organization.
        view: the output format.
        timeout: the seconds to wait for all; None for no limit.
    """

    def __init__(
        self,
        choices: Sequence[BuildChoice],
        connection: ConnectionOptions,
        view: BuildsView,
        *,
        timeout: float | None,
    ) -> None:
        self._choices = choices
        self._connection = connection
        self._view = view
        self._timeout = timeout
        self._waiting: dict[str, str] = {}
        self._codes: list[ExitCode] = []
        self._problem: Problem | None = None

    @property
    def problem(self) -> Problem | None:
        """The error that ended the command, if there was one."""
        return self._problem

    def code(self) -> ExitCode:
        """Wait for the builds, and return the exit code."""
        try:
            with self._connection.client(self._on_event) as client:
                self._wait(client)
        except KeyboardInterrupt:
            return self._stopped(ExitCode.INTERRUPTED, "Interrupted")
        except Terminated:
            return self._stopped(ExitCode.TERMINATED, "Terminated")
        except Exception as error:  # each becomes a paragraph and a code
            failure = output_failure(error)
            if failure is not None:
                discard(sys.stdout)
            if failure == "closed":
                return self._stopped(ExitCode.OUTPUT_CLOSED, "OutputClosed")
            return self._told(self._explained(error))
        return next((code for code in _WORST_FIRST if code in self._codes), ExitCode.PASSED)

    def _wait(self, client: BuildkiteClient) -> None:
        addresses = [choice.find(client) for choice in self._choices]
        root = client.options.base_url
        named = {_name(at): at for at in addresses}
        self._waiting = {name: _url(at, client, root) for name, at in named.items()}
        self._view.begun(self._waiting)
        for result in client.builds.watcher().as_finished(list(self._waiting.values()), timeout=self._timeout):
            name = self._name_of(result, client)
            self._waiting.pop(name, None)
            ended = _result(named[name].pipeline, client.options.organization, result)
            self._codes.append(ended.code)
            self._view.ended(ended)

    def _name_of(self, result: WaitResult, client: BuildkiteClient) -> str:
        from ..build_choice import slug_of

        return f"{slug_of(result.build, client)} #{result.build.number}"

    def _on_event(self, event: Event) -> None:
        if isinstance(event, BuildSeen):
            self._view.seen(f"{event.pipeline} #{event.number}", event.state)
        else:
            print_note(event)

    def _explained(self, error: Exception) -> Problem:
        if isinstance(error, DeadlineExceeded) and self._timeout is not None:
            return Problem.described(
                ExitCode.TIMEOUT, f"The {self._timeout:g} s of --timeout are over. {self._still_running()}", error
            )
        problem = Problem.of(error)
        if not self._waiting:
            return problem
        if problem.code == ExitCode.OUTPUT_FAILED:
            return replace(problem, text=f"{problem.text}\n{self._still_running()}")
        if not isinstance(error, BuildkiteError):
            return problem
        said = f"The builds can't be watched any longer. {in_options(str(error))}\n{self._still_running()}"
        return Problem.described(ExitCode.API_ERROR, said, error)

    def _stopped(self, code: ExitCode, kind: str) -> ExitCode:
        if not self._waiting:
            return code
        return self._told(Problem.described(code, f"Stopped watching. {self._still_running()}", kind=kind))

    def _told(self, problem: Problem) -> ExitCode:
        self._problem = problem
        self._view.failed(problem)
        return problem.code

    def _still_running(self) -> str:
        shown = listed([short(name, 100) for name in self._waiting])
        return f"Not ended: {shown}. {'They continue' if len(self._waiting) > 1 else 'It continues'}."


def _name(address: Reference) -> str:
    return f"{address.pipeline} #{address.number}"


def _url(address: Reference, client: BuildkiteClient, root: str) -> str:
    return replace(address, organization=address.organization or client.options.organization).url(root)


def _result(pipeline: str, organization: str | None, waited: WaitResult) -> RunResult:
    """Return the result of one build, in the form of that of a run."""
    assert waited.outcome is not None
    return RunResult(
        code=exit_code_of(waited.outcome),
        pipeline=pipeline,
        organization=organization,
        build=waited.build,
        outcome=waited.outcome,
        failed=tuple(FailedStep.of(job, ()) for job in waited.failed_jobs),
        blocked=tuple(BlockingStep.of(job) for job in waited.blocked_by),
        elapsed=elapsed_of(waited.build, datetime.now(UTC)),
    )
