"""Wait for the outcome of a build."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import DeadlineExceeded
from ..states import blocking_jobs, build_state, failed_jobs, outcome_of
from .outcome import WaitResult

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..events import JobTiming
    from ..transport.requester import Requester

__all__ = ["POLL_INTERVAL", "next_interval", "next_pause", "wait"]

_POLL_GROWTH = 1.5
_FIRST_INTERVAL = 1.0
_LAST_POLL = 1.0
"""Seconds before the end of the time allowed that are kept for one last poll."""

POLL_INTERVAL = 5.0
"""Seconds between two polls of a build, once it has run for a while."""


def next_interval(interval: float, poll_interval: float) -> float:
    """Return the interval after an interval: longer, up to `poll_interval` seconds."""
    return min(poll_interval, interval * _POLL_GROWTH)


def next_pause(interval: float, left: float | None) -> tuple[float, bool]:
    """Return the seconds to wait before the next poll, and whether that poll is the last.

    Args:
        interval: seconds between two polls.
        left: seconds left of the time allowed; None for no limit.

    Example:
        >>> next_pause(5, None), next_pause(5, 60), next_pause(5, 3)
        ((5, False), (5, False), (2.0, True))
    """
    if left is None or left > interval:
        return interval, False
    return left - min(_LAST_POLL, left / 2), True


async def wait(
    requester: Requester, pipeline: str, number: int, *, timeout: float | None, poll_interval: float
) -> WaitResult:
    """Poll the build until it has an outcome, and report what is seen of it. See `AsyncBuilds.wait`."""
    events, runtime = requester.events, requester.runtime
    organization, began = requester.organization, requester.runtime.now()
    seen: Build | None = None
    outcome: str | None = None

    def see(build: Build) -> None:
        nonlocal seen
        seen = build
        if events.wanted:
            from ..events import BuildSeen

            events.emit(BuildSeen(organization, pipeline, number, build_state(build) or ""))

    with requester.span("buildkite.build.wait", {"pipeline": pipeline, "build_number": number}) as span:
        try:
            result = await _poll(requester, pipeline, number, see, timeout=timeout, poll_interval=poll_interval)
            outcome = result.outcome
            return result
        finally:
            seconds = runtime.now() - began
            state = None if seen is None else build_state(seen)
            if span is not None:
                span.set("final_state", state or "")
                span.set("duration_ms", round(seconds * 1000, 3))
            if events.wanted:
                from ..events import WaitFinished

                # What ran before a block step is told when the build has ended, with the rest.
                finished = None if outcome in (None, "blocked") else seen
                events.emit(
                    WaitFinished(
                        organization,
                        pipeline,
                        number,
                        state,
                        outcome,
                        seconds,
                        None if finished is None else _seconds_of(finished),
                        () if finished is None else _timings_of(finished),
                    )
                )


async def _poll(
    requester: Requester,
    pipeline: str,
    number: int,
    see: Callable[[Build], None],
    *,
    timeout: float | None,
    poll_interval: float,
) -> WaitResult:
    """Poll the build until it has an outcome, and call `see` with it each time."""
    get_build = requester.module("builds", "get_build")
    runtime = requester.runtime
    ends = None if timeout is None else runtime.now() + timeout
    interval = min(_FIRST_INTERVAL, poll_interval)
    requests = 0
    last = False
    while True:
        build: Build = await requester.call_by(
            ends, get_build, requester.organization, pipeline, number, exclude_jobs=True
        )
        requests += 1
        see(build)
        if outcome_of(build) is not None:
            # Again, with its jobs. The build continues if one of them was retried or unblocked meanwhile.
            build = await requester.call_by(ends, get_build, requester.organization, pipeline, number)
            requests += 1
            see(build)
            outcome = outcome_of(build)
            if outcome is not None:
                return WaitResult(
                    build=build,
                    outcome=outcome,
                    failed_jobs=failed_jobs(build),
                    blocked_by=blocking_jobs(build) if outcome == "blocked" else [],
                    requests=requests,
                )
        left = None if ends is None else ends - runtime.now()
        if last or (left is not None and left <= 0):
            raise DeadlineExceeded(
                f"Build {pipeline} #{number} is still {build_state(build)} after {timeout:g} s. It continues. Wait again, or "
                f"cancel it with builds.cancel({pipeline!r}, {number})."
            )
        pause, last = next_pause(interval, left)
        await runtime.sleep(pause)
        interval = next_interval(interval, poll_interval)


def _seconds_of(ended: Build | Job) -> float | None:
    """Return the seconds for which a build or a job ran; None if it did not, or if it has not ended."""
    began: object = ended.started_at  # decoding keeps values of other types as they came
    ends: object = ended.finished_at
    if not isinstance(began, datetime) or not isinstance(ends, datetime):
        return None
    return max(0.0, (ends - began).total_seconds())


def _timings_of(build: Build) -> tuple[JobTiming, ...]:
    """Return how long the jobs of a build ran."""
    from buildkite_api.models import Job

    from ..events import JobTiming

    jobs: object = build.jobs
    timings: list[JobTiming] = []
    for job in jobs if isinstance(jobs, list) else ():
        seconds = _seconds_of(job) if isinstance(job, Job) else None
        if seconds is not None:
            timings.append(JobTiming(str(job.type), str(job.state or ""), seconds))
    return tuple(timings)
