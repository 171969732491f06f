"""Following of logs while they grow: the log of one job, or of every job of a build."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import ApiError, DeadlineExceeded, InvalidResponse, NotFound
from ..states import build_state, is_job_over, outcome_of
from ..urls import path_of
from ..watching.wait import next_pause
from .parser import LineParser, LogLine, plain
from .tail import Tail, content_range

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..transport.requester import Requester

__all__ = ["POLL_INTERVAL", "follow_build", "follow_job", "name_of"]

POLL_INTERVAL = 2.0
_CONCURRENCY = 8
_ATTEMPTS = 5
"""Limit on the requests of one poll, for a log that grows faster than expected."""


def name_of(job: Job) -> str:
    """Return the name of a job, safe to print: its name, label, step key, first line of its command, or id."""
    command = (job.command or "").strip().partition("\n")[0]
    return plain(job.name or job.label or job.step_key or command or job.id)


@dataclass(slots=True)
class _JobLogReader:
    """Reader of one job's log."""

    requester: Requester
    job_id: str
    parser: LineParser
    tail: Tail = field(default_factory=Tail)
    finished: bool = False

    async def poll(self, ends: float | None) -> list[LogLine]:
        """Return the lines that are new since the last poll."""
        lines: list[LogLine] = []
        for _ in range(_ATTEMPTS):
            fresh = await self._read(ends)
            if fresh is not None:
                lines.extend(self.parser.feed(fresh))
                break
        return lines

    def end(self) -> list[LogLine]:
        """Return the last line, once the log is complete."""
        self.finished = True
        return list(self.parser.finish())

    async def _read(self, ends: float | None) -> bytes | None:
        requester = self.requester
        get_log = requester.module("jobs", "get_job_log")
        request = requester.build(
            get_log,
            get_log._get_kwargs(requester.organization, self.job_id),
            # Uncompressed: ranges count the bytes that are sent.
            headers={"Accept": "text/plain", "Accept-Encoding": "identity", "Range": f"bytes=-{self.tail.suffix}"},
            ends=ends,
        )
        try:
            response = await requester.send(request)
        except NotFound:
            return b""  # the log does not exist before the job writes to it
        except ApiError as error:
            if error.status == 416:
                return b""
            raise
        if response.status_code == 206:
            place = content_range(response.headers.get("Content-Range", ""))
            if place is None:
                raise InvalidResponse(
                    f"GET {path_of(request)}: a part of the log came without a valid Content-Range, which gives its position."
                )
            return self.tail.take(place[0], place[1], response.content)
        return self.tail.take(0, len(response.content), response.content)


async def follow_job(
    requester: Requester, pipeline: str, number: int, job_id: str, *, poll_interval: float, timeout: float | None
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of one job's log until the job ends."""
    get_job = requester.module("jobs", "get_build_job")
    ends = None if timeout is None else requester.runtime.now() + timeout
    log: _JobLogReader | None = None
    last = False
    while True:
        job: Job = await requester.call_by(ends, get_job, requester.organization, pipeline, number, job_id)
        if str(job.type) != "script":
            return  # only command jobs write logs
        log = log or _JobLogReader(requester, job_id, LineParser(job_id, name_of(job)))
        # The state is read before the log, so that the log of a finished job is complete.
        over = is_job_over(job)
        if job.started_at is not None or over:
            for line in await log.poll(ends):
                yield line
        if over:
            for line in log.end():
                yield line
            return
        last = await _pause(
            requester, ends, last, poll_interval, f"Job {name_of(job)!r} is still {job.state} after {timeout} s"
        )


async def follow_build(
    requester: Requester,
    pipeline: str,
    number: int,
    *,
    poll_interval: float,
    timeout: float | None,
    on_build: Callable[[Build], None] | None = None,
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of every job's log until the build ends or blocks."""
    get_build = requester.module("builds", "get_build")
    ends = None if timeout is None else requester.runtime.now() + timeout
    logs: dict[str, _JobLogReader] = {}
    last = False
    while True:
        build: Build = await requester.call_by(
            ends, get_build, requester.organization, pipeline, number, include_retried_jobs=True
        )
        if on_build is not None:
            on_build(build)
        outcome = outcome_of(build)
        jobs = [job for job in build.jobs if _has_log(job)]
        for job in jobs:
            logs.setdefault(job.id, _JobLogReader(requester, job.id, LineParser(job.id, name_of(job))))
        running = [job for job in jobs if not logs[job.id].finished]
        for at in range(0, len(running), _CONCURRENCY):
            batch = running[at : at + _CONCURRENCY]
            found: list[list[LogLine]] = await requester.runtime.map(lambda job: logs[job.id].poll(ends), batch)
            for job, lines in zip(batch, found, strict=True):
                over = outcome is not None or is_job_over(job)
                for line in [*lines, *(logs[job.id].end() if over else ())]:
                    yield line
        if outcome is not None:
            return
        last = await _pause(
            requester,
            ends,
            last,
            poll_interval,
            f"Build {pipeline} #{number} is still {build_state(build)} after {timeout} s",
        )


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
