"""Following of logs while they grow: the log of one job, or of every job of a build."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import DeadlineExceeded
from ..states import build_state, is_job_over, outcome_of
from ..watching.wait import next_pause
from .parser import LogLine, plain
from .reader import JobLogReader

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..transport.requester import Requester

__all__ = ["POLL_INTERVAL", "follow_build", "follow_job", "name_of"]

POLL_INTERVAL = 2.0
_CONCURRENCY = 8


def name_of(job: Job) -> str:
    """Return the name of a job, safe to print: its name, label, step key, first line of its command, or id."""
    command = (job.command or "").strip().partition("\n")[0]
    return plain(job.name or job.label or job.step_key or command or job.id)


async def follow_job(
    requester: Requester,
    pipeline: str,
    number: int,
    job_id: str,
    *,
    poll_interval: float,
    timeout: float | None,
    tail: int | None = None,
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of one job's log until the job ends."""
    get_job = requester.module("jobs", "get_build_job")
    ends = None if timeout is None else requester.runtime.now() + timeout
    log: JobLogReader | None = None
    last = False
    try:
        while True:
            job: Job = await requester.call_by(ends, get_job, requester.organization, pipeline, number, job_id)
            if str(job.type) != "script":
                return  # only command jobs write logs
            # The state is read before the log, so that the log of a finished job is complete.
            over = is_job_over(job)
            begun = job.started_at is not None or over
            log = log or JobLogReader(requester, job_id, name_of(job), last=tail if begun else None)
            if begun:
                lines: Iterator[LogLine] | None = await log.poll(ends, over=over)
                while lines is not None:
                    for line in lines:
                        yield line
                    lines = await log.more(ends)
            if over and log.settled:
                for line in log.end():
                    yield line
                return
            last = await _pause(
                requester, ends, last, poll_interval, f"Job {name_of(job)!r} is still {job.state} after {timeout} s"
            )
    except BaseException:  # also GeneratorExit, when the caller leaves the loop
        if log is not None:
            log.abandon()
        raise


async def follow_build(
    requester: Requester,
    pipeline: str,
    number: int,
    *,
    poll_interval: float,
    timeout: float | None,
    tail: int | None = None,
    on_build: Callable[[Build], None] | None = None,
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of every job's log until the build ends or blocks."""
    get_build = requester.module("builds", "get_build")
    ends = None if timeout is None else requester.runtime.now() + timeout
    logs: dict[str, JobLogReader] = {}
    last = False
    try:
        while True:
            build: Build = await requester.call_by(
                ends, get_build, requester.organization, pipeline, number, include_retried_jobs=True
            )
            if on_build is not None:
                on_build(build)
            outcome = outcome_of(build)
            jobs = [job for job in build.jobs if _has_log(job)]
            for job in jobs:
                logs.setdefault(job.id, JobLogReader(requester, job.id, name_of(job), last=tail))
            tail = None  # logs that begin later are read from their beginning
            over = {job.id for job in jobs if outcome is not None or is_job_over(job)}
            running = [logs[job.id] for job in jobs if not logs[job.id].finished]
            for at in range(0, len(running), _CONCURRENCY):
                batch = running[at : at + _CONCURRENCY]
                found = await requester.runtime.map(partial(_poll, ends=ends, over=over), batch)
                for log, lines in zip(batch, found, strict=True):
                    while lines is not None:
                        for line in lines:
                            yield line
                        lines = await log.more(ends)  # noqa: PLW2901
                    if log.job_id in over and log.settled:
                        for line in log.end():
                            yield line
            if outcome is not None and all(logs[job.id].finished for job in jobs):
                return
            last = await _pause(
                requester,
                ends,
                last,
                poll_interval,
                f"Build {pipeline} #{number} is still {build_state(build)} after {timeout} s",
            )
    except BaseException:  # also GeneratorExit, when the caller leaves the loop
        for log in logs.values():
            log.abandon()
        raise


async def _poll(log: JobLogReader, *, ends: float | None, over: AbstractSet[str]) -> Iterator[LogLine] | None:
    return await log.poll(ends, over=log.job_id in over)


def _has_log(job: Any) -> bool:
    return str(job.type) == "script" and job.started_at is not None


async def _pause(requester: Requester, ends: float | None, last: bool, interval: float, what: str) -> bool:
    """Wait for the next poll, and return True if it is the last.

    Raises:
        DeadlineExceeded: the last poll was made.
    """
    left = None if ends is None else ends - requester.runtime.now()
    if last or (left is not None and left <= 0):
        raise DeadlineExceeded(
            f"{what}. It continues; only following it ended. Follow it again, or allow more with timeout=."
        )
    pause, last = next_pause(interval, left)
    await requester.runtime.sleep(pause)
    return last
