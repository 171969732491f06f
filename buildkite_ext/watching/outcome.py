"""Outcome of a build, and the jobs that broke it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..states import FAILED_JOBS, is_job_active

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

__all__ = ["Outcome", "WaitResult", "failed_jobs", "outcome_of"]

Outcome = Literal["passed", "failed", "blocked", "canceled", "skipped", "not_run"]


@dataclass(frozen=True, slots=True)
class WaitResult:
    """Result of waiting for a build. It has no `.state` on purpose: a blocked build's state says `passed`.

    Attributes:
        build: the build as it was last seen.
        outcome: `passed`, `failed`, `blocked` (it continues when a user unblocks it), `canceled`, `skipped` or `not_run`.
        failed_jobs: the jobs that broke it: failed, timed out or expired, and neither soft-failed nor retried.
        requests: number of requests that the wait took.
    """

    build: Build
    outcome: Outcome
    failed_jobs: list[Job]
    requests: int


def outcome_of(build: Build) -> Outcome | None:
    """Return the outcome of a build; None while it continues.

    `blocked` marks a build at a block step. Its state keeps its last value there (`passed` by default):
    https://buildkite.com/docs/apis/rest-api/builds

    Args:
        build: as Buildkite answers it. If it holds `job_state_counts` or jobs, a build whose `blocked_state` is
            `running` isn't called blocked while other jobs still run.
    """
    state = str(build.state)
    if state in ("canceled", "skipped", "not_run"):
        return state  # type: ignore[return-value]
    if state in ("creating", "scheduled", "failing", "canceling"):
        return None
    if state == "blocked":
        return "blocked"
    if build.blocked:
        return None if state == "running" and _works(build) else "blocked"
    if state in ("passed", "failed"):
        return state  # type: ignore[return-value]
    return None


def failed_jobs(build: Build) -> list[Job]:
    """Return the jobs of a build that broke it."""
    return [
        job for job in build.jobs or [] if str(job.state) in FAILED_JOBS and not job.soft_failed and not job.retried
    ]


def _works(build: Any) -> bool:
    counts = build.job_state_counts
    states: Mapping[str, Any] = getattr(counts, "states", None) or {}
    if states:
        return any(count for state, count in states.items() if is_job_active(state))
    return any(is_job_active(job.state) for job in build.jobs or [] if str(job.type) == "script")
