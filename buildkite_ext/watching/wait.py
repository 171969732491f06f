"""Waiting for a build to come to an end, and knowing which end it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..errors import DeadlineExceeded

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..transport.requester import Requester

Outcome = Literal["passed", "failed", "blocked", "canceled", "skipped", "not_run"]

POLL_INTERVAL = 5.0
FIRST_INTERVAL = 1.0
GROWTH = 1.5
LAST_LOOK = 1.0
"""Seconds before the end of the time allowed that are kept for one last look."""

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


def next_pause(interval: float, left: float | None) -> tuple[float, bool]:
    """How long to rest before the next look, and whether that look is the last.

    Args:
        interval: seconds between two looks.
        left: seconds left of the time allowed; None for no limit.

    Example:
        >>> next_pause(5, None), next_pause(5, 60), next_pause(5, 3)
        ((5, False), (5, False), (2.0, True))
    """
    if left is None or left > interval:
        return interval, False
    return left - min(LAST_LOOK, left / 2), True


async def wait(
    requester: Requester, pipeline: str, number: int, *, timeout: float | None, poll_interval: float
) -> WaitResult:
    """Ask for the build until it has an outcome. See `AsyncBuilds.wait`."""
    get_build = requester.module("builds", "get_build")
    runtime = requester.runtime
    ends = None if timeout is None else runtime.now() + timeout
    interval = min(FIRST_INTERVAL, poll_interval)
    requests = 0
    last = False
    while True:
        build: Build = await requester.call_by(
            ends, get_build, requester.organization, pipeline, number, exclude_jobs=True
        )
        requests += 1
        outcome = outcome_of(build)
        if outcome == "failed":  # once more, with the jobs that broke it; unless one of them is retried by now
            build = await requester.call(get_build, requester.organization, pipeline, number)
            requests += 1
            outcome = outcome_of(build)
        if outcome is not None:
            broken = failed_jobs(build) if outcome == "failed" else []
            return WaitResult(build=build, outcome=outcome, failed_jobs=broken, requests=requests)
        left = None if ends is None else ends - runtime.now()
        if last or (left is not None and left <= 0):
            raise DeadlineExceeded(
                f"Build {pipeline} #{number} is still {build.state} after {timeout:g} s. It goes on; wait again, or cancel it "
                f"with builds.cancel({pipeline!r}, {number})."
            )
        pause, last = next_pause(interval, left)
        await runtime.sleep(pause)
        interval = next_interval(interval, poll_interval)


def _works(build: Any) -> bool:
    counts = build.job_state_counts
    states: Mapping[str, Any] = getattr(counts, "states", None) or {}
    if states:
        return any(count for state, count in states.items() if state in ACTIVE_JOBS)
    return any(str(job.state) in ACTIVE_JOBS for job in build.jobs or [] if str(job.type) == "script")
