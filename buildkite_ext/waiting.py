"""Waiting for a build to come to an end, and knowing which end it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .errors import DeadlineExceeded

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from .endpoint import Caller

Outcome = Literal["passed", "failed", "blocked", "canceled", "skipped", "not_run"]

POLL_INTERVAL = 5.0
FIRST_INTERVAL = 1.0
GROWTH = 1.5

ACTIVE_JOBS = frozenset(
    {"scheduled", "assigned", "accepted", "running", "limited", "limiting", "canceling", "timing_out"}
)
"""Job states that go on without anybody unblocking anything."""

FINISHED_JOBS = frozenset(
    {
        "passed",
        "failed",
        "timed_out",
        "canceled",
        "skipped",
        "broken",
        "expired",
        "waiting_failed",
        "blocked_failed",
        "unblocked_failed",
    }
)

FAILED_JOBS = frozenset({"failed", "timed_out", "expired"})


@dataclass(frozen=True, slots=True)
class WaitResult:
    """How a build ended. It has no `.state` on purpose: a blocked build's state says `passed`.

    Attributes:
        build: the build as it was last seen.
        outcome: `passed`, `failed`, `blocked` (it goes on when somebody unblocks it), `canceled`, `skipped` or `not_run`.
        failed_jobs: the jobs that broke it: failed, timed out or expired, and neither soft-failed nor retried.
        requests: how many requests the waiting took.
    """

    build: Build
    outcome: Outcome
    failed_jobs: list[Job]
    requests: int


def outcome_of(build: Build) -> Outcome | None:
    """How a build ended; None while it goes on.

    A build at a block step is told by `blocked`, never by its state, which keeps its last value (`passed` by default):
    https://buildkite.com/docs/apis/rest-api/builds

    Args:
        build: as Buildkite answers it. Where it holds `job_state_counts` or jobs, a build whose `blocked_state` is
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
    """The jobs of a build that broke it."""
    return [
        job for job in build.jobs or [] if str(job.state) in FAILED_JOBS and not job.soft_failed and not job.retried
    ]


def next_interval(interval: float, poll_interval: float) -> float:
    """The pause after a pause: longer, up to `poll_interval` seconds."""
    return min(poll_interval, interval * GROWTH)


async def wait(
    caller: Caller, pipeline: str, number: int, *, timeout: float | None, poll_interval: float
) -> WaitResult:
    """Ask for the build until it has an outcome. See `AsyncBuilds.wait`."""
    get_build = caller.module("builds", "get_build")
    runtime = caller.runtime
    ends = None if timeout is None else runtime.now() + timeout
    interval = min(FIRST_INTERVAL, poll_interval)
    requests = 0
    while True:
        build: Build = await caller.call_by(ends, get_build, caller.organization, pipeline, number, exclude_jobs=True)
        requests += 1
        outcome = outcome_of(build)
        if outcome is not None:
            break
        if ends is not None and runtime.now() + interval > ends:
            raise DeadlineExceeded(
                f"Build {pipeline} #{number} is still {build.state} after {timeout:g} s. It goes on; wait again, or cancel it "
                f"with builds.cancel({pipeline!r}, {number})."
            )
        await runtime.sleep(interval)
        interval = next_interval(interval, poll_interval)
    broken: list[Job] = []
    if outcome == "failed":
        build = await caller.call(get_build, caller.organization, pipeline, number)
        requests += 1
        broken = failed_jobs(build)
    return WaitResult(build=build, outcome=outcome, failed_jobs=broken, requests=requests)


def _works(build: Any) -> bool:
    counts = build.job_state_counts
    states: Mapping[str, Any] = getattr(counts, "states", None) or {}
    if states:
        return any(count for state, count in states.items() if state in ACTIVE_JOBS)
    return any(str(job.state) in ACTIVE_JOBS for job in build.jobs or [] if str(job.type) == "script")
