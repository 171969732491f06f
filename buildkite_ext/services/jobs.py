"""Jobs and their logs. https://buildkite.com/docs/apis/rest-api/jobs"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from buildkite_api.api.jobs import (
    get_build_job,
    get_build_job_env,
    list_build_jobs,
    reprioritize_build_job,
    retry_build_job,
    unblock_job,
)
from buildkite_api.models import Build, Job

from ..pagination.items import AsyncItems
from ..states import JobStateName
from ..stores.recent_actions import Reopening
from ..watching.job_wait import JOB_POLL_INTERVAL, JobWaitResult, OnJobTimeout, wait_for_jobs
from ..watching.unblocking import refuse_other_step, send_unblock
from ._base import blocking
from ._generated import jobs as generated
from .addresses import needed
from .arguments import Scalar, field_map, given, many, poll_pause, positive
from .checks import check
from .job_logs import AsyncJobLogs

__all__ = ["AsyncJobs", "Jobs"]


class AsyncJobs(AsyncJobLogs):
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
        self._requester.recent_actions.add(at[:3], Reopening.of_job(job, at[3]), now=self._requester.runtime.now())
        if not wait:
            return job
        organization, slug, found, _ = at
        requester = self._requester.within(organization)
        return (await wait_for_jobs(requester, slug, found, [job.id], timeout=timeout, known=True)).job

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
            poll_interval: maximum of seconds between two polls, at least 0.01; the first polls come faster.
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
        positive(timeout=timeout)
        poll_pause(poll_interval)
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
        self._note_retry((organization, slug, found), pipeline, number)
        given_jobs = [pipeline if each is None else each for each in ([job_id] if job_ids is None else job_ids)]
        return await wait_for_jobs(
            self._requester.within(organization),
            slug,
            found,
            list(dict.fromkeys(identity for *_, identity in wanted)),
            timeout=timeout,
            poll_interval=poll_interval,
            on_timeout=on_timeout,
            known=all(isinstance(each, Job) for each in given_jobs),
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
        organization, slug, found, identity = at
        requester = self._requester.within(organization)
        return await send_unblock(
            requester, slug, found, identity, fields=field_map("fields", fields), unblocker=unblocker
        )

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
