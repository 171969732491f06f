"""Lateness of logs: whether a log that was read after the end of its job may still get bytes, and when it is read again.

Buildkite stores what an agent uploads in pieces, and answers from several servers. So a log, or its last bytes, may show up a
little later than the end of its job. https://buildkite.com/docs/apis/rest-api/jobs
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..errors import BuildkiteError, NotFound
from ..states import is_job_over
from ..timestamps import parse_http_date

if TYPE_CHECKING:
    from datetime import datetime

    import httpx
    from buildkite_api.models import Job

    from ..transport.requester import Requester

__all__ = ["Lateness", "ended_job", "may_have_log", "may_read_again", "read_late", "seconds_since"]

_LATEST = 10.0
"""Seconds after the end of a job for which its log may be missing, empty, or still grow."""

_FRESH = 5.0
"""Seconds after the end of a job for which new bytes of its log are taken for a sign of more."""

_PAUSES = (1.0, 2.0, 3.0, 4.0)
"""Seconds between two reads of a log that isn't there. Together they are as many as `_LATEST`."""

_WHILE_GROWING = 2.0

_WHOLE_SECOND = 1.0
"""A `Date` has whole seconds."""


class Lateness:
    """Lateness of one log: a state machine over what its reads have shown since the end of its job.

    A log that is there, and has no new bytes, is complete. So most logs take no further read.

    Args:
        pace: the part of the usual times for which an empty log is read again, for callers who poll often.

    Example:
        >>> missing = Lateness()
        >>> [missing.again(now, absent=True, grew=False, age=None) for now in (0, 1, 3, 6, 10)]
        [1.0, 2.0, 3.0, 4.0, None]
        >>> Lateness().again(0, absent=True, grew=False, age=3600) is None    # it was deleted
        True
        >>> growing = Lateness()
        >>> [growing.again(now, absent=False, grew=grew, age=now) for now, grew in ((1, True), (3, True), (5, False))]
        [2.0, 2.0, None]
    """

    def __init__(self, *, pace: float = 1.0) -> None:
        self._pace = min(1.0, pace)
        self._since: float | None = None
        self._reads = 0

    def again(
        self,
        now: float,
        *,
        absent: bool,
        grew: bool,
        age: float | None,
        before: float | None = None,
        empty: bool = False,
    ) -> float | None:
        """Take in a read after the end of the job. Return the seconds after which the log is read again, None for never.

        Args:
            now: the time of the read, in seconds. It may begin at any number.
            absent: the log is missing or empty.
            grew: the read has shown new bytes.
            age: seconds since the job has ended, by Buildkite's clock; None if they aren't known.
            before: the same of the read before this one.
            empty: it is absent because Buildkite says that it is empty.
        """
        first = self._since is None
        since = self._since = now if self._since is None else self._since
        pace = self._pace if empty else 1.0
        if max(now - since, age or 0.0) >= _LATEST * pace:
            return None
        if absent:
            self._reads += 1
            return _PAUSES[min(self._reads, len(_PAUSES)) - 1] * pace
        # The bytes of the first read may be those that were written since the last poll of the job that ran.
        late = not first or (before is not None and before >= _WHOLE_SECOND) or (age is not None and age < _FRESH)
        return _WHILE_GROWING if grew and late else None


def may_have_log(job: Job) -> bool:
    """Tell whether a job has ended and ran, so that its log may come late. One that never began has no log."""
    return is_job_over(job) and job.started_at is not None


def seconds_since(ended: datetime | None, response: httpx.Response) -> float | None:
    """Return the seconds between the end of a job and an answer, both on Buildkite's clock; None if a time is missing."""
    answered = parse_http_date(response.headers.get("Date"))
    return None if ended is None or answered is None else (answered - ended).total_seconds()


async def read_late(requester: Requester, job_id: str, read: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Read the log of a job. If it is missing, and the job has just ended, read it again for a while.

    Args:
        requester: reads the job, if its log is missing. Without retries nothing is read again.
        job_id: the job.
        read: reads the log.

    Raises:
        NotFound: the log is still missing.
    """
    lateness = Lateness()
    job: Job | None = None
    while True:
        try:
            return await read()
        except NotFound as missing:
            job = job or (await ended_job(requester, job_id) if may_read_again(requester) else None)
            age = None if job is None else seconds_since(job.finished_at, missing.response)
            if age is None:
                raise
            pause = lateness.again(requester.runtime.now(), absent=True, grew=False, age=age)
            if pause is None:
                raise
        await requester.pause(pause)


def may_read_again(requester: Requester) -> bool:
    """Tell whether the options of the client allow to send what was answered again."""
    policy = requester.options.retry
    return policy is not None and policy.attempts > 1


async def ended_job(requester: Requester, job_id: str, *, ends: float | None = None) -> Job | None:
    """Return a job whose log is missing; None if it has none, or can't be read.

    Args:
        requester: reads the job.
        job_id: the job.
        ends: the end of the time allowed.
    """
    try:
        job: Job = await requester.call_by(ends, requester.module("jobs", "get_job"), requester.organization, job_id)
    except BuildkiteError:
        return None
    return job if may_have_log(job) else None
