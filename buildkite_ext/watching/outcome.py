"""Outcome of a build that is waited for: after what was done to it lately, and as the result of a wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..states import Outcome, blocking_jobs, exit_code_of, outcome_of, unfinished_jobs
from ..unknown_names import missing_or_raised

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..stores.recent_actions import PendingActions

__all__ = ["WaitResult", "outcome_after"]


_OTHER_WORDS = {
    "state": "outcome",
    "status": "outcome",
    "result": "outcome",
    "failed": ("failed_jobs", "outcome"),
    "blocked": ("blocked_by", "outcome"),
    "succeeded": "passed",
    "success": "passed",
    "ok": "passed",
    "jobs": "result.build.jobs",
    "number": "result.build.number",
    "raise_for_status": ("passed", "outcome"),
    "returncode": "exit_code",
    "timeout": "timed_out",
    "waits_for": "waiting_for",
    "elapsed": "result.build.duration",
    "duration": "result.build.duration",
    "web_url": "result.build.web_url",
    "url": "result.build.web_url",
}
"""Words that users look for, and what each is called here."""


@dataclass(frozen=True, slots=True)
class WaitResult:
    """Result of waiting for a build. It is true if the build passed: `if buildkite.builds.wait("web", 42):`.

    It has no `.state` on purpose: a blocked build's state says `passed`.

    Attributes:
        build: the build as it was last seen, with its jobs, unless the time was over before they were read.
        outcome: `passed`, `failed`, `blocked` (it continues when a user unblocks it), `canceled`, `skipped` or `not_run`. A
            build that is over in a state that this version doesn't know is `failed`. With `until="failing"` or a function
            also `failing`: it still runs, and is going to fail. None if it continues: the time was over with
            `on_timeout="return"`, or the function was true before.
        failed_jobs: the jobs that broke it: failed, timed out or expired, and neither soft-failed nor retried. If there are
            none, those that were canceled. Empty unless the build failed, is failing, or will have failed once it is unblocked.
        blocked_by: the block steps that it waits at; empty if it isn't blocked. `builds.unblock(result.build)` unblocks the
            only one; with `step=job` one of several.
        requests: number of requests that the wait took.
        timed_out: True if the time was over, and the wait was to return then.

    Example:
        >>> def deployed(buildkite, number: int) -> bool:
        ...     result = buildkite.builds.wait("web", number, timeout=1800)
        ...     for job in result.blocked_by:
        ...         print(f"waits at {job.label}")
        ...     return result.passed
    """

    build: Build
    outcome: Outcome | None
    failed_jobs: list[Job]
    blocked_by: list[Job]
    requests: int
    timed_out: bool = False

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> object:
            return missing_or_raised(self, name, _OTHER_WORDS)

    def __bool__(self) -> bool:
        """Return `passed`."""
        return self.passed

    @property
    def passed(self) -> bool:
        """True if the outcome is `passed`: the build has ended, and nothing broke it."""
        return self.outcome == "passed"

    @property
    def exit_code(self) -> int:
        """Exit code for a script, as that of the command: 0 only if the build passed. See `exit_code_of`."""
        return exit_code_of(self.outcome)

    @property
    def waiting_for(self) -> list[Job]:
        """What the build waits for: the block steps that hold it, and the jobs that run or are going to run."""
        return unfinished_jobs(self.build)


def outcome_after(build: Build, pending: PendingActions) -> Outcome | None:
    """Return the outcome of a build; None while it continues, or shows what it was before the client acted on it.

    Args:
        build: as Buildkite answers it, with its jobs if it may be blocked.
        pending: what was done to it lately.
    """
    if pending.reopening is not None and pending.reopening.is_old(build):
        return None
    outcome = outcome_of(build)
    if outcome == "blocked":
        steps = {step.id for step in blocking_jobs(build)}
        if steps and steps <= pending.unblocked:
            return None
    return outcome
