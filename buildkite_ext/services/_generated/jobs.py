# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.jobs`: jobs."""

from __future__ import annotations

from buildkite_api.models import Build, Job, JobEnv, JobLog, SshSession, VncSession
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncJobs(AsyncService):
    """The units of work in a build, their logs and their environment."""

    async def get_by_id(self, job_id: str | Job) -> Job:
        """Get a job by its id alone. Scope: read_builds.

        Like `jobs.get`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job

        at = self._job_by_id("jobs.get_by_id", job_id)
        return await self._requester.call(get_job, *at)

    async def create_vnc_session(self, job_id: str | Job) -> VncSession:
        """Open a remote desktop session. Scope: write_builds.

        Ask for a short-lived VNC connection to the desktop of a job.

        Only for a running command job on a macOS hosted agent, with the permission to manage hosted agents, in
        an organization that has remote access switched on. Otherwise 403, 404 or 422; 503 when the provider of
        the agents could not do it.

        The answer holds credentials to the job. Never log, cache or store it.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import create_job_vnc_session

        at = self._job_by_id("jobs.create_vnc_session", job_id)
        return await self._requester.call(create_job_vnc_session, *at)

    async def create_ssh_session(self, job_id: str | Job) -> SshSession:
        """Open an SSH session. Scope: write_builds.

        Ask for a short-lived SSH connection to a job.

        Only for a running command job on a macOS hosted agent, with the permission to manage hosted agents, in
        an organization that has remote access switched on. Otherwise 403, 404 or 422; 503 when the provider of
        the agents could not do it.

        The answer holds credentials to the job. Never log, cache or store it.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import create_job_ssh_session

        at = self._job_by_id("jobs.create_ssh_session", job_id)
        return await self._requester.call(create_job_ssh_session, *at)

    async def retry_by_id(self, job_id: str | Job) -> Job:
        """Retry a job by its id alone. Scope: write_builds.

        Like `jobs.retry`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import retry_job

        at = self._job_by_id("jobs.retry_by_id", job_id)
        return await self._requester.call(retry_job, *at)

    async def reprioritize_by_id(self, job_id: str | Job, *, priority: int) -> Job:
        """Change the priority of a job by its id alone. Scope: write_builds.

        Like `jobs.reprioritize`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.
            priority: higher goes first.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        check(AsyncJobs.reprioritize_by_id, locals())
        from buildkite_api.api.jobs import reprioritize_job
        from buildkite_api.models import ReprioritizeJobRequest

        at = self._job_by_id("jobs.reprioritize_by_id", job_id)
        request = ReprioritizeJobRequest(priority=priority)
        return await self._requester.call(reprioritize_job, *at, body=request)

    async def log_by_id(self, job_id: str | Job) -> JobLog:
        """Get a job's log by its id alone. Scope: read_build_logs.

        Like `jobs.log`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_log

        at = self._job_by_id("jobs.log_by_id", job_id)
        return await self._requester.call(get_job_log, *at)

    async def log_html(
        self, pipeline: str | Build | Job, number: int | Build | None = None, job_id: str | Job | None = None
    ) -> str:
        """Get a job's log as HTML. Scope: read_build_logs.

        The log as HTML, rendered by Buildkite's terminal renderer.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_build_job_log_html

        at = self._job_at("jobs.log_html", pipeline, number, job_id)
        return await self._requester.call(get_build_job_log_html, *at)

    async def log_html_by_id(self, job_id: str | Job) -> str:
        """Get a job's log as HTML by its id alone. Scope: read_build_logs.

        Like `jobs.log_html`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_log_html

        at = self._job_by_id("jobs.log_html_by_id", job_id)
        return await self._requester.call(get_job_log_html, *at)

    async def delete_log(
        self, pipeline: str | Build | Job, number: int | Build | None = None, job_id: str | Job | None = None
    ) -> None:
        """Delete a job's log. Scope: write_build_logs.

        Delete the log of a job.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import delete_build_job_log

        at = self._job_at("jobs.delete_log", pipeline, number, job_id)
        return await self._requester.call(delete_build_job_log, *at)

    async def delete_log_by_id(self, job_id: str | Job) -> None:
        """Delete a job's log by its id alone. Scope: write_build_logs.

        Like `jobs.delete_log`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import delete_job_log

        at = self._job_by_id("jobs.delete_log_by_id", job_id)
        return await self._requester.call(delete_job_log, *at)

    async def env_by_id(self, job_id: str | Job) -> JobEnv:
        """Get a job's environment by its id alone. Scope: read_job_env.

        Like `jobs.env`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_env

        at = self._job_by_id("jobs.env_by_id", job_id)
        return await self._requester.call(get_job_env, *at)

    async def env_text(
        self, pipeline: str | Build | Job, number: int | Build | None = None, job_id: str | Job | None = None
    ) -> str:
        """Get a job's environment as text. Scope: read_job_env.

        The environment variables that a job was given, one `KEY=VALUE` a line. They can hold secrets.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Job or its URL, which needs no other
                address; or a Build.
            number: the build's number inside its pipeline, not its id; or a Build.
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_build_job_env_text

        at = self._job_at("jobs.env_text", pipeline, number, job_id)
        return await self._requester.call(get_build_job_env_text, *at)

    async def env_text_by_id(self, job_id: str | Job) -> str:
        """Get a job's environment as text by its id alone. Scope: read_job_env.

        Like `jobs.env_text`, for those who know only the organization and the job.

        Args:
            job_id: the job's id, or a Job.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_env_text

        at = self._job_by_id("jobs.env_text_by_id", job_id)
        return await self._requester.call(get_job_env_text, *at)


class Jobs(Service[AsyncJobs]):
    """The units of work in a build, their logs and their environment."""

    get_by_id = blocking(AsyncJobs.get_by_id)
    create_vnc_session = blocking(AsyncJobs.create_vnc_session)
    create_ssh_session = blocking(AsyncJobs.create_ssh_session)
    retry_by_id = blocking(AsyncJobs.retry_by_id)
    reprioritize_by_id = blocking(AsyncJobs.reprioritize_by_id)
    log_by_id = blocking(AsyncJobs.log_by_id)
    log_html = blocking(AsyncJobs.log_html)
    log_html_by_id = blocking(AsyncJobs.log_html_by_id)
    delete_log = blocking(AsyncJobs.delete_log)
    delete_log_by_id = blocking(AsyncJobs.delete_log_by_id)
    env_by_id = blocking(AsyncJobs.env_by_id)
    env_text = blocking(AsyncJobs.env_text)
    env_text_by_id = blocking(AsyncJobs.env_text_by_id)
