# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.jobs`: jobs."""

from __future__ import annotations

from buildkite_api.models import Job, JobEnv, JobLog, SshSession, VncSession
from buildkite_ext.services._base import AsyncService, Service, blocking


class AsyncJobs(AsyncService):
    """The units of work in a build, their logs and their environment."""

    async def get_by_id(self, job_id: str) -> Job:
        """Get a job by its id alone. Scope: read_builds.

        Like `jobs.get`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job

        return await self._requester.call(get_job, self._requester.organization, job_id)

    async def create_vnc_session(self, job_id: str) -> VncSession:
        """Open a remote desktop session. Scope: write_builds.

        Ask for a short-lived VNC connection to the desktop of a job.

        Only for a running command job on a macOS hosted agent, with the permission to manage hosted agents, in
        an organization that has remote access switched on. Otherwise 403, 404 or 422; 503 when the provider of
        the agents could not do it.

        The answer holds credentials to the job. Never log, cache or store it.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import create_job_vnc_session

        return await self._requester.call(create_job_vnc_session, self._requester.organization, job_id)

    async def create_ssh_session(self, job_id: str) -> SshSession:
        """Open an SSH session. Scope: write_builds.

        Ask for a short-lived SSH connection to a job.

        Only for a running command job on a macOS hosted agent, with the permission to manage hosted agents, in
        an organization that has remote access switched on. Otherwise 403, 404 or 422; 503 when the provider of
        the agents could not do it.

        The answer holds credentials to the job. Never log, cache or store it.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import create_job_ssh_session

        return await self._requester.call(create_job_ssh_session, self._requester.organization, job_id)

    async def retry_by_id(self, job_id: str) -> Job:
        """Retry a job by its id alone. Scope: write_builds.

        Like `jobs.retry`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import retry_job

        return await self._requester.call(retry_job, self._requester.organization, job_id)

    async def reprioritize_by_id(self, job_id: str, *, priority: int) -> Job:
        """Change the priority of a job by its id alone. Scope: write_builds.

        Like `jobs.reprioritize`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.
            priority: higher goes first.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import reprioritize_job
        from buildkite_api.models import ReprioritizeJobRequest

        request = ReprioritizeJobRequest(priority=priority)
        return await self._requester.call(reprioritize_job, self._requester.organization, job_id, body=request)

    async def log_by_id(self, job_id: str) -> JobLog:
        """Get a job's log by its id alone. Scope: read_build_logs.

        Like `jobs.log`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_log

        return await self._requester.call(get_job_log, self._requester.organization, job_id)

    async def log_text_by_id(self, job_id: str) -> str:
        """Get a job's log as text by its id alone. Scope: read_build_logs.

        Like `jobs.log_text`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_log_text

        return await self._requester.call(get_job_log_text, self._requester.organization, job_id)

    async def log_html(self, pipeline: str, number: int, job_id: str) -> str:
        """Get a job's log as HTML. Scope: read_build_logs.

        The log as HTML, rendered by Buildkite's terminal renderer.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_build_job_log_html

        return await self._requester.call(
            get_build_job_log_html, self._requester.organization, pipeline, number, job_id
        )

    async def log_html_by_id(self, job_id: str) -> str:
        """Get a job's log as HTML by its id alone. Scope: read_build_logs.

        Like `jobs.log_html`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_log_html

        return await self._requester.call(get_job_log_html, self._requester.organization, job_id)

    async def delete_log(self, pipeline: str, number: int, job_id: str) -> None:
        """Delete a job's log. Scope: write_build_logs.

        Delete the log of a job.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import delete_build_job_log

        return await self._requester.call(delete_build_job_log, self._requester.organization, pipeline, number, job_id)

    async def delete_log_by_id(self, job_id: str) -> None:
        """Delete a job's log by its id alone. Scope: write_build_logs.

        Like `jobs.delete_log`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import delete_job_log

        return await self._requester.call(delete_job_log, self._requester.organization, job_id)

    async def env_by_id(self, job_id: str) -> JobEnv:
        """Get a job's environment by its id alone. Scope: read_job_env.

        Like `jobs.env`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_env

        return await self._requester.call(get_job_env, self._requester.organization, job_id)

    async def env_text(self, pipeline: str, number: int, job_id: str) -> str:
        """Get a job's environment as text. Scope: read_job_env.

        The environment variables that a job was given, one `KEY=VALUE` a line. They can hold secrets.

        Args:
            pipeline: the pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
            number: the build's number inside its pipeline, not its id.
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_build_job_env_text

        return await self._requester.call(
            get_build_job_env_text, self._requester.organization, pipeline, number, job_id
        )

    async def env_text_by_id(self, job_id: str) -> str:
        """Get a job's environment as text by its id alone. Scope: read_job_env.

        Like `jobs.env_text`, for those who know only the organization and the job.

        Args:
            job_id: the job's id.

        https://buildkite.com/docs/apis/rest-api/jobs
        """
        from buildkite_api.api.jobs import get_job_env_text

        return await self._requester.call(get_job_env_text, self._requester.organization, job_id)


class Jobs(Service[AsyncJobs]):
    """The units of work in a build, their logs and their environment."""

    get_by_id = blocking(AsyncJobs.get_by_id)
    create_vnc_session = blocking(AsyncJobs.create_vnc_session)
    create_ssh_session = blocking(AsyncJobs.create_ssh_session)
    retry_by_id = blocking(AsyncJobs.retry_by_id)
    reprioritize_by_id = blocking(AsyncJobs.reprioritize_by_id)
    log_by_id = blocking(AsyncJobs.log_by_id)
    log_text_by_id = blocking(AsyncJobs.log_text_by_id)
    log_html = blocking(AsyncJobs.log_html)
    log_html_by_id = blocking(AsyncJobs.log_html_by_id)
    delete_log = blocking(AsyncJobs.delete_log)
    delete_log_by_id = blocking(AsyncJobs.delete_log_by_id)
    env_by_id = blocking(AsyncJobs.env_by_id)
    env_text = blocking(AsyncJobs.env_text)
    env_text_by_id = blocking(AsyncJobs.env_text_by_id)
