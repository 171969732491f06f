"""Logs of jobs: text, size, following, search, groups. https://buildkite.com/docs/apis/rest-api/jobs"""

from __future__ import annotations

from functools import partial
from re import Pattern
from typing import TYPE_CHECKING

from buildkite_api.api.jobs import (
    get_build_job_log,
    get_build_job_log_text,
    get_job_log_text,
    head_build_job_log,
    head_job_log,
)
from buildkite_api.models import Build, Job, JobLog

from .._sync import DetachedIterator
from ._generated import jobs as generated
from .arguments import count, per_minute, poll_pause, positive
from .checks import check

if TYPE_CHECKING:
    import httpx

    from ..logs.groups import LogGroup
    from ..logs.parser import LogLine
    from ..logs.search import LogMatch
    from ..logs.selection import LoggedJob

__all__ = ["AsyncJobLogs"]


class AsyncJobLogs(generated.AsyncJobs, part_of="AsyncJobs"):
    """Methods of jobs that read logs."""

    async def log(
        self, pipeline: str | Build | Job, number: int | Build | None = None, job_id: str | Job | None = None
    ) -> JobLog:
        """Get the log of a job, with its size and the times of its groups. Scope: read_build_logs.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        at = self._job_at("jobs.log", pipeline, number, job_id)
        return await self._requester.call(get_build_job_log, *at)

    async def log_text(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        clean: bool = False,
    ) -> str:
        """Get the log of a job as text. Scope: read_build_logs.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.
            clean: leave out escape sequences and marks of time, so that the text is safe to print and to search. Otherwise it
                is what the job wrote.

        Raises:
            JobNotFound: the job doesn't exist, or it has no log. Jobs that have not started have none, and neither have wait,
                block, input and trigger steps. A log that is missing just after the end of its job is waited for, for 10
                seconds at most.

        Example:
            >>> def errors(buildkite, job) -> list[str]:
            ...     return [line for line in buildkite.jobs.log_text(job, clean=True).splitlines() if "error:" in line]

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobLogs.log_text, locals())
        at = self._job_at("jobs.log_text", pipeline, number, job_id)
        requester = self._requester
        from ..logs.lateness import read_late

        read = partial(requester.request, get_build_job_log_text, *at)
        response = await read_late(requester.within(at[0]), at[3], read)
        return _shown(requester.parse(get_build_job_log_text, response), clean=clean)

    async def log_text_by_id(self, job_id: str | Job, *, clean: bool = False) -> str:
        """Get the log of a job as text, by the id of the job alone. Scope: read_build_logs.

        Args:
            job_id: the job's id, or a Job.
            clean: leave out escape sequences and marks of time, as for `log_text`.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobLogs.log_text_by_id, locals())
        at = self._job_by_id("jobs.log_text_by_id", job_id)
        requester = self._requester
        from ..logs.lateness import read_late

        response = await read_late(requester.within(at[0]), at[1], partial(requester.request, get_job_log_text, *at))
        return _shown(requester.parse(get_job_log_text, response), clean=clean)

    async def log_size(
        self, pipeline: str | Build | Job, number: int | Build | None = None, job_id: str | Job | None = None
    ) -> int:
        """Get the size of a job's log in bytes, without the log. Scope: read_build_logs.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        at = self._job_at("jobs.log_size", pipeline, number, job_id)
        return _length(await self._requester.request(head_build_job_log, *at))

    async def log_size_by_id(self, job_id: str | Job) -> int:
        """Get the size of a job's log in bytes, by the id of the job alone. Scope: read_build_logs.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        at = self._job_by_id("jobs.log_size_by_id", job_id)
        return _length(await self._requester.request(head_job_log, *at))

    def follow(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        poll_interval: float | None = None,
        timeout: float | None = None,
        tail: int | None = None,
        max_requests_per_minute: float | None = None,
        follow_retries: bool = True,
    ) -> DetachedIterator[LogLine]:
        """Follow the log of a job, line by line, until the job finishes. Scopes: read_builds and read_build_logs.

        A poll fetches what is new: as a rule with one request, and few bytes come twice. Lines are given while an answer arrives,
        so the log may be larger than the memory, and than `max_body`. A log that changes where it was read already is followed
        behind the lines that were given, or from its beginning: the event `LogRewritten` tells which. One that two polls in a
        row don't find any more was deleted: it ends with the lines that were read.

        A log may show up later than the end of its job. One that is missing or empty then, or that still grows, is polled for 10
        more seconds at most; an empty one for 5 poll intervals if that is less. Logs that are there take no further poll.

        Errors that may pass, such as a lost connection, a 5xx or an open circuit, are waited out until the timeout, or for an
        hour without one; not at all by a client without retries.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.
            poll_interval: seconds between two polls of the job, and the shortest between two polls of its log, at least 0.01. By
                default the job is polled every 8 seconds, and its log every 2 while it grows, less often while it is quiet.
            timeout: maximum of seconds to follow; None for no limit.
            tail: number of lines to begin with, the last ones that the log has now; 0 for new lines only, None for all. The group
                of these lines is None until the next header.
            max_requests_per_minute: limit on the requests in any minute, at least 4. Fewer than 40 poll the job less often. By
                default 40, or what `poll_interval` takes if that is more.
            follow_retries: follow the job that a retry of this one has made, and its retries, after the end of this one. The
                lines have the id of their own job. False ends with this one.

        Raises:
            DeadlineExceeded: the job did not finish in time. It continues.

        Example:
            >>> def show(buildkite, number: int, job_id: str) -> None:
            ...     for line in buildkite.jobs.follow("web", number, job_id, tail=100):
            ...         print(line.text)

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobLogs.follow, locals())
        from ..logs.follow import follow_job  # here: most programs follow nothing
        from ..logs.schedule import Pace

        organization, slug, found, identity = self._job_at("jobs.follow", pipeline, number, job_id)
        self._note_retry((organization, slug, found), pipeline, number)
        positive(timeout=timeout)
        poll_pause(poll_interval)
        pace = Pace.of(poll_interval, per_minute("max_requests_per_minute", max_requests_per_minute), single=True)
        return DetachedIterator(
            follow_job(
                self._requester.within(organization),
                slug,
                found,
                identity,
                pace=pace,
                timeout=timeout,
                tail=count("tail", tail),
                follow_retries=follow_retries,
                known=isinstance(pipeline if job_id is None else job_id, Job),
            )
        )

    async def log_tail(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        lines: int = 100,
        timeout: float | None = None,
    ) -> list[LogLine]:
        """Get the last lines of a job's log as it is now. Scope: read_build_logs.

        Only the end of the log is requested, however large it is. The job need not have ended.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job. A line has the name of a Job, and else the id as its `job_name`.
            lines: the number of lines.
            timeout: maximum of seconds; None for no limit.

        Raises:
            JobNotFound: the job doesn't exist, or it has no log. Jobs that have not started have none, and neither have wait,
                block, input and trigger steps.
            DeadlineExceeded: the lines did not arrive in time.

        Example:
            >>> def last_words(buildkite, job) -> str:
            ...     return "\\n".join(line.text for line in buildkite.jobs.log_tail(job, lines=20))

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobLogs.log_tail, locals())
        at = self._job_at("jobs.log_tail", pipeline, number, job_id)
        positive(timeout=timeout)
        from ..logs.follow import read_job

        job = _logged(pipeline, job_id, at[3])
        read = read_job(self._requester.within(at[0]), job, timeout=timeout, tail=count("lines", lines))
        return [line async for line in DetachedIterator(read)]

    def log_search(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        pattern: str | Pattern[str],
        context: int = 0,
        follow: bool = False,
        timeout: float | None = None,
    ) -> DetachedIterator[LogMatch]:
        """Search the log of a job for lines that match a pattern. Scope: read_build_logs, with `follow` also read_builds.

        The log is searched while it arrives, in little memory. Nothing bounds the time that the pattern takes on a line: it is
        the caller's own, so don't take one from users.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job. A line has the name of a Job, and else the id as its `job_name`.
            pattern: a regular expression, which is searched in the text of each line. `re.escape` makes one of a text.
            context: the number of lines before and after a match to give with it.
            follow: search the log as it grows, until the job finishes. False searches what it has now.
            timeout: maximum of seconds; None for no limit.

        Raises:
            JobNotFound: the job doesn't exist, or it has no log. Jobs that have not started have none, and neither have wait,
                block, input and trigger steps.
            DeadlineExceeded: the log was not searched to its end in time.

        Example:
            >>> def errors(buildkite, job) -> None:
            ...     for match in buildkite.jobs.log_search(job, pattern=r"(?i)error:", context=2):
            ...         for line in (*match.before, match.line, *match.after):
            ...             print(match.number, line.text)

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobLogs.log_search, locals())
        at = self._job_at("jobs.log_search", pipeline, number, job_id)
        from ..logs.follow import found_in
        from ..logs.search import LogSearch

        search = LogSearch(pattern, before=count("context", context) or 0, after=context)
        positive(timeout=timeout)
        return DetachedIterator(found_in(self._log_lines(at, pipeline, job_id, follow, timeout), search))

    def log_groups(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        follow: bool = False,
        timeout: float | None = None,
    ) -> DetachedIterator[LogGroup]:
        """List the groups of a job's log, with the time that each took. Scope: read_build_logs, with `follow` also read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job. A group has the name of a Job, and else the id as its `job_name`.
            follow: read the log as it grows, until the job finishes. A group is given when it has ended.
            timeout: maximum of seconds; None for no limit.

        Raises:
            JobNotFound: the job doesn't exist, or it has no log. Jobs that have not started have none, and neither have wait,
                block, input and trigger steps.
            DeadlineExceeded: the log was not read to its end in time.

        Example:
            >>> def slowest(buildkite, job) -> str | None:
            ...     return max(buildkite.jobs.log_groups(job), key=lambda group: group.duration or 0).name

        https://buildkite.com/docs/pipelines/configure/managing-log-output
        """
        check(AsyncJobLogs.log_groups, locals())
        at = self._job_at("jobs.log_groups", pipeline, number, job_id)
        positive(timeout=timeout)
        from ..logs.follow import found_in
        from ..logs.groups import LogGroups

        return DetachedIterator(found_in(self._log_lines(at, pipeline, job_id, follow, timeout), LogGroups()))

    def _log_lines(
        self,
        at: tuple[str, str, int, str],
        pipeline: object,
        job_id: object,
        follow: bool,
        timeout: float | None,
    ) -> DetachedIterator[LogLine]:
        """Return the lines of a log: those that it has now, or all until its job ends."""
        organization, slug, number, identity = at
        requester = self._requester.within(organization)
        from ..logs.follow import follow_job, read_job
        from ..logs.schedule import Pace

        if not follow:
            return DetachedIterator(read_job(requester, _logged(pipeline, job_id, identity), timeout=timeout))
        pace = Pace.of(None, None, single=True)
        return DetachedIterator(
            follow_job(
                requester,
                slug,
                number,
                identity,
                pace=pace,
                timeout=timeout,
                follow_retries=False,
                known=isinstance(pipeline if job_id is None else job_id, Job),
            )
        )


def _shown(text: str, *, clean: bool) -> str:
    """Return the text of a log as it was asked for."""
    if not clean:
        return text
    from ..logs.parser import render_log

    return render_log(text)


def _logged(pipeline: object, job_id: object, identity: str) -> LoggedJob:
    """Return what is known of a job: all if a model of it was given, and else its id, which is its name too."""
    from ..logs.selection import LoggedJob

    given = next((LoggedJob.of(given) for given in (pipeline, job_id) if isinstance(given, Job)), None)
    return LoggedJob(identity, identity) if given is None else given


def _length(response: httpx.Response) -> int:
    length: str = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
