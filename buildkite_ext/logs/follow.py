"""Following of logs while they grow: the log of one job, or of every job of a build."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import DeadlineExceeded
from ..states import FAILED_JOBS, build_state, is_job_over, outcome_of
from ..watching.pacing import next_pause
from .parser import LogLine, plain
from .reader import JobLogReader
from .schedule import Pace, Schedule

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..transport.requester import Requester

__all__ = ["follow_build", "follow_job", "name_of"]


def name_of(job: Job) -> str:
    """Return the name of a job, safe to print: its name, label, step key, first line of its command, or id."""
    command = (job.command or "").strip().partition("\n")[0]
    return plain(job.name or job.label or job.step_key or command or job.id)


@dataclass(frozen=True, slots=True)
class _Status:
    """Status of what is followed.

    Attributes:
        state: its state, for the error that says that the time is over.
        jobs: the jobs that have logs.
        ended: the ids of those that have ended.
        over: True if nothing begins any more.
    """

    state: object
    jobs: Sequence[Job]
    ended: AbstractSet[str]
    over: bool


def follow_job(
    requester: Requester,
    pipeline: str,
    number: int,
    job_id: str,
    *,
    pace: Pace,
    timeout: float | None,
    tail: int | None = None,
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of one job's log until the job ends."""
    get_job = requester.module("jobs", "get_build_job")
    name = job_id

    async def status(ends: float | None) -> _Status:
        nonlocal name
        job: Job = await requester.call_by(ends, get_job, requester.organization, pipeline, number, job_id)
        name = name_of(job)
        if str(job.type) != "script":  # only command jobs write logs
            return _Status(job.state, [], frozenset(), over=True)
        over = is_job_over(job)
        begun = job.started_at is not None or over
        return _Status(job.state, [job] if begun else [], frozenset([job.id] if over else []), over)

    return _follow(requester, status, lambda: f"Job {name!r}", pace=pace, timeout=timeout, tail=tail)


def follow_build(
    requester: Requester,
    pipeline: str,
    number: int,
    *,
    pace: Pace,
    timeout: float | None,
    tail: int | None = None,
    on_build: Callable[[Build], None] | None = None,
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of every job's log until the build ends or blocks."""
    get_build = requester.module("builds", "get_build")

    async def status(ends: float | None) -> _Status:
        build: Build = await requester.call_by(
            ends, get_build, requester.organization, pipeline, number, include_retried_jobs=True
        )
        if on_build is not None:
            on_build(build)
        over = outcome_of(build) is not None
        jobs = [job for job in build.jobs if str(job.type) == "script" and job.started_at is not None]
        # The logs of jobs that have failed are read first: someone waits for them.
        jobs.sort(key=lambda job: str(job.state) not in FAILED_JOBS)
        return _Status(build_state(build), jobs, {job.id for job in jobs if over or is_job_over(job)}, over)

    name = f"Build {pipeline} #{number}"
    return _follow(requester, status, lambda: name, pace=pace, timeout=timeout, tail=tail)


async def _follow(
    requester: Requester,
    status: Callable[[float | None], Coroutine[Any, Any, _Status]],
    name: Callable[[], str],
    *,
    pace: Pace,
    timeout: float | None,
    tail: int | None,
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of all logs that a status names, until it is over and they are read to their ends."""
    runtime = requester.runtime
    ends = None if timeout is None else runtime.now() + timeout
    schedule = Schedule(pace)
    logs: dict[str, JobLogReader] = {}
    seen = _Status(None, [], frozenset(), over=False)
    last = False
    try:
        while True:
            now = runtime.now()
            step = schedule.next(now)
            if step.action == "end":
                return
            if step.action == "status":
                # The state is read before the log, so that the log of a finished job is complete.
                seen = await status(ends)
                for job in seen.jobs:
                    logs.setdefault(job.id, JobLogReader(requester, job.id, name_of(job), last=tail))
                tail = None  # logs that begin later are read from their beginning
                ids = [job.id for job in seen.jobs if not logs[job.id].finished]
                schedule.saw(
                    now,
                    running=[log for log in ids if log not in seen.ended],
                    ended=[log for log in ids if log in seen.ended],
                    over=seen.over,
                )
            elif step.action == "logs":
                batch = [logs[log] for log in step.logs]
                found = await runtime.map(partial(_poll, ends=ends, ended=seen.ended), batch)
                for log, lines in zip(batch, found, strict=True):
                    requests, grew = log.requests, log.grew
                    while lines is not None:
                        for line in lines:
                            yield line
                        lines = await log.more(ends)  # noqa: PLW2901
                    if log.job_id in seen.ended and log.settled:
                        for line in log.end():
                            yield line
                    schedule.polled(log.job_id, now, requests=requests, grew=grew, finished=log.finished)
            else:
                left = None if ends is None else ends - runtime.now()
                if last or (left is not None and left <= 0):
                    raise DeadlineExceeded(
                        f"{name()} is still {seen.state} after {timeout} s. It continues; only following it ended. Follow it "
                        "again, or allow more with timeout=."
                    )
                pause, last = next_pause(step.seconds, left)
                await runtime.sleep(pause)
                if last:
                    schedule.hurry(runtime.now())
    except BaseException:  # also GeneratorExit, when the caller leaves the loop
        for log in logs.values():
            log.abandon()
        raise


async def _poll(log: JobLogReader, *, ends: float | None, ended: AbstractSet[str]) -> Iterator[LogLine] | None:
    return await log.poll(ends, over=log.job_id in ended)
