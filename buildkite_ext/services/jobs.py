"""Jobs and their logs. https://buildkite.com/docs/apis/rest-api/jobs"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from ..logs.parser import LogLine
from ..logs.parser import clean as clean_log
from ..pagination.items import AsyncItems
from ..states import JobStateName
from ..stores.recent_actions import Reopening
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
        self, pipeline: str | Build | Job, number: int | Build | None = None, job_id: str | Job | None = None
    ) -> Job:
        """Retry a failed, timed out or canceled job. Each job can be retried once. Scope: write_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the job's id, or a Job.

        Returns:
            The new job, which has another id.

        Raises:
            InvalidRequest: the job can't be retried.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        at = self._job_at("jobs.retry", pipeline, number, job_id)
        job = await self._requester.call(retry_build_job, *at)
        self._requester.recent_actions.add(at[:3], Reopening.of_job(job), now=self._requester.runtime.now())
        return job

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

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other address; or a Build.
            number: the build's number, or a Build.
            job_id: the id of the block step's job, or the Job.
            fields: values of the step's fields, by their keys: texts, booleans or numbers, which are sent as texts; a list of
                them for a field with `multiple`.
            unblocker: the id of the user to name as the unblocker; by default the user of the token.

        Raises:
            JobNotUnblockable: the job isn't a block step, its build is canceled, or it was unblocked before.

        Example:
            >>> def release(buildkite, number: int, job_id: str | Job) -> None:
            ...     fields = {"version": "1.4.2", "notify": True, "regions": ["eu", "us"]}
            ...     buildkite.jobs.unblock("release", number, job_id, fields=fields)

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.unblock, locals())
        at = self._job_at("jobs.unblock", pipeline, number, job_id)
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
            JobNotUnblockable: the job isn't a block step, its build is canceled, or it was unblocked before.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.unblock_by_id, locals())
        at = self._job_by_id("jobs.unblock_by_id", job_id)
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
        return clean_log(text) if clean else text

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
        return clean_log(text) if clean else text

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
    ) -> DetachedIterator[LogLine]:
        """Follow the log of a job, line by line, until the job finishes. Scopes: read_builds and read_build_logs.

        A poll fetches what is new: as a rule with one request, and few bytes come twice. Lines are given while an answer arrives,
        so the log may be larger than the memory, and than `max_body`. A log that two polls in a row don't find any more was
        deleted: it ends with the lines that were read.

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
            )
        )


def _length(response: httpx.Response) -> int:
    length: str = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


class Jobs(generated.Jobs):
    """Jobs of a build, and their logs."""

    list = blocking(AsyncJobs.list)
    get = blocking(AsyncJobs.get)
    retry = blocking(AsyncJobs.retry)
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
