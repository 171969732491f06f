"""Jobs and their logs. https://buildkite.com/docs/apis/rest-api/jobs"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from re import Pattern
from typing import TYPE_CHECKING

from buildkite_api.api.jobs import (
    get_build_job,
    get_build_job_env,
    get_build_job_log,
    get_build_job_log_text,
    get_job_log_text,
    head_build_job_log,
    head_job_log,
    list_build_jobs,
    reprioritize_build_job,
    retry_build_job,
    unblock_build_job,
    unblock_job,
)
from buildkite_api.models import Build, Job, JobLog

from .._sync import DetachedIterator
from ..logs.groups import LogGroup
from ..logs.parser import LogLine, render_log
from ..logs.search import LogMatch, LogSearch
from ..pagination.items import AsyncItems
from ..states import JobStateName
from ..stores.recent_actions import Reopening
from ..watching.job_wait import JOB_POLL_INTERVAL, JobWaitResult, OnJobTimeout, wait_for_jobs
from ..watching.unblocking import refuse_other_step
from ._base import blocking
from ._generated import jobs as generated
from .addresses import needed
from .arguments import Scalar, count, field_map, given, many, per_minute, positive
from .checks import check

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncJobs", "Jobs"]


class AsyncJobs(generated.AsyncJobs):
    """Jobs of a build, and their logs."""

    def list(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        state: JobStateName | str | Sequence[JobStateName | str] | None = None,
        include_retried_jobs: bool | None = None,
        step_key: str | None = None,
        group_key: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
    ) -> AsyncItems[Job]:
        """List the jobs of a build, lazily. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            state: one or several, such as `failed`. A name that this version doesn't know is sent nevertheless, with an
                UnknownNameWarning.
            include_retried_jobs: False leaves out jobs that were retried; by default Buildkite includes them here.
            step_key: jobs of the step with this key.
            group_key: jobs of the group with this key.
            per_page: jobs a request, at most 100.
            limit: the maximum of jobs.

        Example:
            >>> def names(buildkite, number: int) -> list[str | None]:
            ...     return [job.name for job in buildkite.jobs.list("web", number, state="failed")]

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.list, locals())
        at = self._build_at("jobs.list", pipeline, number)
        return self._items(
            "jobs.list",
            list_build_jobs,
            *at,
            state=many(state),
            include_retried_jobs=include_retried_jobs,
            step_key=step_key,
            group_key=group_key,
            per_page=per_page,
            limit=limit,
        )

    async def get(
        self, pipeline: str | Build | Job, number: int | Build | None = None, job_id: str | Job | None = None
    ) -> Job:
        """Get a job. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.

        Raises:
            JobNotFound: the job, its build or its pipeline doesn't exist for this token.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        at = self._job_at("jobs.get", pipeline, number, job_id)
        return await self._requester.call(get_build_job, *at)

    async def retry(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        wait: bool = False,
        timeout: float | None = None,
    ) -> Job:
        """Retry a failed, timed out or canceled job. Each job can be retried once. Scope: write_builds; read_builds for `wait`.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.
            wait: wait until the new job has ended, and follow it through further retries.
            timeout: maximum of seconds to wait; None for no limit. Only with `wait`.

        Returns:
            The new job, which has another id. With `wait`, the last attempt as it has ended: `job.passed` tells how.

        Raises:
            InvalidRequest: the job can't be retried.
            DeadlineExceeded: the new job did not end in time. It continues.

        Example:
            >>> def passes_now(buildkite, job) -> bool:
            ...     return buildkite.jobs.retry(job, wait=True, timeout=1800).passed

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.retry, locals())
        positive(timeout=timeout)
        if timeout is not None and not wait:
            raise ValueError(f"timeout={timeout}: it is for wait=True, without which jobs.retry() doesn't wait")
        at = self._job_at("jobs.retry", pipeline, number, job_id)
        job: Job = await self._requester.call(retry_build_job, *at)
        self._requester.recent_actions.add(at[:3], Reopening.of_job(job), now=self._requester.runtime.now())
        if not wait:
            return job
        organization, slug, found, _ = at
        return (await wait_for_jobs(self._requester.within(organization), slug, found, [job.id], timeout=timeout)).job

    async def wait(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        job_ids: Sequence[str | Job] | None = None,
        timeout: float | None = None,
        poll_interval: float = JOB_POLL_INTERVAL,
        on_timeout: OnJobTimeout = "raise",
    ) -> JobWaitResult:
        """Wait until a job has ended, or several jobs of one build. Scope: read_builds.

        A job that is retried is followed: the wait ends with its last attempt. So the end of a job that a retry may follow is
        looked at twice. Several jobs are read with their build, with one request a poll however many they are.

        A job behind a block step doesn't end before a user unblocks the build, and one whose build was canceled may never begin:
        give a timeout.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.
            job_ids: ids of jobs of the build, or Jobs, in place of `job_id`.
            timeout: maximum of seconds to wait; None for no limit.
            poll_interval: maximum of seconds between two polls; the first polls come faster.
            on_timeout: `return` gives what is known when the time is over: jobs that continue have the outcome None.

        Returns:
            What became of each job: its last attempt, its outcome, and all its attempts. It is true if all passed.

        Raises:
            DeadlineExceeded: a job did not end in time. It continues.
            JobNotFound: a job, its build or its pipeline doesn't exist for this token.

        Example:
            >>> def tested(buildkite, build) -> bool:
            ...     tests = [job.id for job in build.jobs if job.group_key == "tests"]
            ...     return buildkite.jobs.wait(build, job_ids=tests, timeout=1800).passed

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.wait, locals())
        positive(timeout=timeout, poll_interval=poll_interval)
        if on_timeout not in ("raise", "return"):
            raise ValueError(f'on_timeout={on_timeout!r}: give "raise" or "return"')
        if job_ids is not None and job_id is not None:
            raise TypeError("jobs.wait() takes job_id or job_ids, not both")
        if job_ids is not None and not job_ids:
            raise ValueError("job_ids is empty: give the ids of the jobs to wait for")
        wanted = [
            self._job_at("jobs.wait", pipeline, number, each) for each in ([job_id] if job_ids is None else job_ids)
        ]
        organization, slug, found, _ = wanted[0]
        return await wait_for_jobs(
            self._requester.within(organization),
            slug,
            found,
            list(dict.fromkeys(identity for *_, identity in wanted)),
            timeout=timeout,
            poll_interval=poll_interval,
            on_timeout=on_timeout,
        )

    async def unblock(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        *,
        fields: Mapping[str, Scalar | Sequence[Scalar]] | None = None,
        unblocker: str | None = None,
    ) -> Job:
        """Unblock a block step. Scope: write_builds.

        `builds.unblock` finds the step by its key or label.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the id of the block step's job, or the Job.
            fields: values of the step's fields, by their keys: texts, booleans or numbers, which are sent as texts; a list of
                them for a field with `multiple`.
            unblocker: the id of the user to name as the unblocker; by default the user of the token.

        Raises:
            BlockStepNotFound: a Job is of another type. Nothing was sent. The type of a job that is given by its id isn't asked
                for: Buildkite refuses it.
            JobNotUnblockable: the job isn't a block step, its build is canceled, it was unblocked before, or a field is missing.

        Example:
            >>> def release(buildkite, number: int, job_id: str | Job) -> None:
            ...     fields = {"version": "1.4.2", "notify": True, "regions": ["eu", "us"]}
            ...     buildkite.jobs.unblock("release", number, job_id, fields=fields)

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.unblock, locals())
        at = self._job_at("jobs.unblock", pipeline, number, job_id)
        for job in (pipeline, job_id):
            if isinstance(job, Job):
                refuse_other_step(job)
        from buildkite_api.models import UnblockBuildJobRequest

        body = UnblockBuildJobRequest(**given(fields=field_map("fields", fields), unblocker=unblocker))
        job = await self._requester.call(unblock_build_job, *at, body=body)
        self._requester.recent_actions.add(at[:3], at[3], now=self._requester.runtime.now())
        return job

    async def unblock_by_id(
        self,
        job_id: str | Job,
        *,
        fields: Mapping[str, Scalar | Sequence[Scalar]] | None = None,
        unblocker: str | None = None,
    ) -> Job:
        """Unblock a block step, by the id of its job alone. Scope: write_builds.

        Args:
            job_id: the id of the block step's job, or the Job.
            fields, unblocker: as for `unblock`.

        Raises:
            BlockStepNotFound: a Job is of another type. Nothing was sent.
            JobNotUnblockable: the job isn't a block step, its build is canceled, it was unblocked before, or a field is missing.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.unblock_by_id, locals())
        at = self._job_by_id("jobs.unblock_by_id", job_id)
        if isinstance(job_id, Job):
            refuse_other_step(job_id)
        from buildkite_api.models import UnblockJobRequest

        body = UnblockJobRequest(**given(fields=field_map("fields", fields), unblocker=unblocker))
        return await self._requester.call(unblock_job, *at, body=body)

    async def reprioritize(
        self,
        pipeline: str | Build | Job,
        number: int | Build | None = None,
        job_id: str | Job | None = None,
        priority: int | None = None,
    ) -> Job:
        """Change the priority of a waiting job; higher ones run first. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.
            priority: a whole number; 0 is the default.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.reprioritize, locals())
        at = self._job_at("jobs.reprioritize", pipeline, number, job_id)
        from buildkite_api.models import ReprioritizeBuildJobRequest

        return await self._requester.call(
            reprioritize_build_job,
            *at,
            body=ReprioritizeBuildJobRequest(priority=needed("jobs.reprioritize", "priority", priority)),
        )

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

        Example:
            >>> def errors(buildkite, job) -> list[str]:
            ...     return [line for line in buildkite.jobs.log_text(job, clean=True).splitlines() if "error:" in line]

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.log_text, locals())
        at = self._job_at("jobs.log_text", pipeline, number, job_id)
        text = await self._requester.call(get_build_job_log_text, *at)
        return render_log(text) if clean else text

    async def log_text_by_id(self, job_id: str | Job, *, clean: bool = False) -> str:
        """Get the log of a job as text, by the id of the job alone. Scope: read_build_logs.

        Args:
            job_id: the job's id, or a Job.
            clean: leave out escape sequences and marks of time, as for `log_text`.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.log_text_by_id, locals())
        at = self._job_by_id("jobs.log_text_by_id", job_id)
        text = await self._requester.call(get_job_log_text, *at)
        return render_log(text) if clean else text

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

    async def env(
        self, pipeline: str | Build | Job, number: int | Build | None = None, job_id: str | Job | None = None
    ) -> dict[str, str]:
        """Get the environment variables that a job was started with. Scope: read_job_env.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        at = self._job_at("jobs.env", pipeline, number, job_id)
        answer = await self._requester.call(get_build_job_env, *at)
        return dict(answer.env)

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

        Errors that may pass, such as a lost connection, a 5xx or an open circuit, are waited out until the timeout, or for ten
        minutes without one; not at all by a client without retries.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.
            poll_interval: seconds between two polls of the job, and the shortest between two polls of its log. By default the job
                is polled every 8 seconds, and its log every 2 while it grows, less often while it is quiet.
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
        check(AsyncJobs.follow, locals())
        from ..logs.follow import follow_job  # here: most programs follow nothing
        from ..logs.schedule import Pace

        at = self._job_at("jobs.follow", pipeline, number, job_id)
        positive(timeout=timeout, poll_interval=poll_interval)
        pace = Pace.of(poll_interval, per_minute("max_requests_per_minute", max_requests_per_minute), single=True)
        organization, slug, found, identity = at
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
    ) -> builtins.list[LogLine]:
        """Get the last lines of a job's log as it is now. Scope: read_build_logs.

        Only the end of the log is requested, however large it is. The job need not have ended.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job. A line has the name of a Job, and else the id as its `job_name`.
            lines: the number of lines.
            timeout: maximum of seconds; None for no limit.

        Raises:
            JobNotFound: the job doesn't exist, or has no log yet.
            DeadlineExceeded: the lines did not arrive in time.

        Example:
            >>> def last_words(buildkite, job) -> str:
            ...     return "\\n".join(line.text for line in buildkite.jobs.log_tail(job, lines=20))

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.log_tail, locals())
        at = self._job_at("jobs.log_tail", pipeline, number, job_id)
        positive(timeout=timeout)
        from ..logs.follow import read_job

        name = _name(pipeline, job_id, at[3])
        read = read_job(self._requester.within(at[0]), at[3], name, timeout=timeout, tail=count("lines", lines))
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
            JobNotFound: the job doesn't exist, or has no log yet.
            DeadlineExceeded: the log was not searched to its end in time.

        Example:
            >>> def errors(buildkite, job) -> None:
            ...     for match in buildkite.jobs.log_search(job, pattern=r"(?i)error:", context=2):
            ...         for line in (*match.before, match.line, *match.after):
            ...             print(match.number, line.text)

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.log_search, locals())
        at = self._job_at("jobs.log_search", pipeline, number, job_id)
        search = LogSearch(pattern, before=count("context", context) or 0, after=context)
        positive(timeout=timeout)
        from ..logs.lookup import searched

        return DetachedIterator(searched(self._log_lines(at, pipeline, job_id, follow, timeout), search))

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
            JobNotFound: the job doesn't exist, or has no log yet.
            DeadlineExceeded: the log was not read to its end in time.

        Example:
            >>> def slowest(buildkite, job) -> str | None:
            ...     return max(buildkite.jobs.log_groups(job), key=lambda group: group.duration or 0).name

        https://buildkite.com/docs/pipelines/configure/managing-log-output
        """
        check(AsyncJobs.log_groups, locals())
        at = self._job_at("jobs.log_groups", pipeline, number, job_id)
        positive(timeout=timeout)
        from ..logs.lookup import grouped

        return DetachedIterator(grouped(self._log_lines(at, pipeline, job_id, follow, timeout)))

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
            name = _name(pipeline, job_id, identity)
            return DetachedIterator(read_job(requester, identity, name, timeout=timeout))
        pace = Pace.of(None, None, single=True)
        return DetachedIterator(
            follow_job(requester, slug, number, identity, pace=pace, timeout=timeout, follow_retries=False)
        )


def _name(pipeline: object, job_id: object, identity: str) -> str:
    """Return the name of a job if a model of it was given, and else its id."""
    from ..logs.selection import name_of

    return next((name_of(given) for given in (pipeline, job_id) if isinstance(given, Job)), identity)


def _length(response: httpx.Response) -> int:
    length: str = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


class Jobs(generated.Jobs):
    """Jobs of a build, and their logs."""

    list = blocking(AsyncJobs.list)
    get = blocking(AsyncJobs.get)
    retry = blocking(AsyncJobs.retry)
    wait = blocking(AsyncJobs.wait)
    unblock = blocking(AsyncJobs.unblock)
    unblock_by_id = blocking(AsyncJobs.unblock_by_id)
    reprioritize = blocking(AsyncJobs.reprioritize)
    log = blocking(AsyncJobs.log)
    log_text = blocking(AsyncJobs.log_text)
    log_text_by_id = blocking(AsyncJobs.log_text_by_id)
    log_size = blocking(AsyncJobs.log_size)
    log_size_by_id = blocking(AsyncJobs.log_size_by_id)
    env = blocking(AsyncJobs.env)
    follow = blocking(AsyncJobs.follow)
    log_tail = blocking(AsyncJobs.log_tail)
    log_search = blocking(AsyncJobs.log_search)
    log_groups = blocking(AsyncJobs.log_groups)
