# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.pipeline_settings`: organization pipeline settings."""

from __future__ import annotations

from buildkite_api.models import PipelineSettings
from buildkite_api.types import UNSET, Unset
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null
from buildkite_ext.services.checks import check


class AsyncPipelineSettingsService(AsyncService):
    """Settings for all pipelines of an organization."""

    async def get(self) -> PipelineSettings:
        """Get an organization's pipeline settings. Scope: read_organization_settings.

        The settings for all pipelines of an organization. Only for administrators; otherwise 403.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        from buildkite_api.api.organization_pipeline_settings import get_organization_pipeline_settings

        return await self._requester.call(get_organization_pipeline_settings, self._requester.organization)

    async def update(
        self,
        *,
        default_branch: str | Unset = UNSET,
        default_cluster_id: str | None | Unset = UNSET,
        default_timeout_in_minutes: int | Unset = UNSET,
        maximum_timeout_in_minutes: int | Unset = UNSET,
        scheduled_job_expiry_in_minutes: int | Unset = UNSET,
    ) -> PipelineSettings:
        """Update an organization's pipeline settings. Scope: write_organization_settings.

        Change what is given and leave the rest alone. A value that does not fit is a 422. Only for
        administrators; otherwise 403.

        Args:
            default_branch: the default branch of new pipelines.
            default_cluster_id: the cluster of new pipelines. Null leaves them without one.
            default_timeout_in_minutes: minutes that a job of a new pipeline may run.
            maximum_timeout_in_minutes: minutes that any job may run.
            scheduled_job_expiry_in_minutes: minutes that a scheduled job waits for an agent before it expires.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        check(AsyncPipelineSettingsService.update, locals())
        from buildkite_api.api.organization_pipeline_settings import update_organization_pipeline_settings
        from buildkite_api.models import UpdateOrganizationPipelineSettingsRequest

        not_null(
            default_branch=default_branch,
            default_timeout_in_minutes=default_timeout_in_minutes,
            maximum_timeout_in_minutes=maximum_timeout_in_minutes,
            scheduled_job_expiry_in_minutes=scheduled_job_expiry_in_minutes,
        )
        request = UpdateOrganizationPipelineSettingsRequest(
            default_branch=default_branch,
            default_cluster_id=default_cluster_id,
            default_timeout_in_minutes=default_timeout_in_minutes,
            maximum_timeout_in_minutes=maximum_timeout_in_minutes,
            scheduled_job_expiry_in_minutes=scheduled_job_expiry_in_minutes,
        )
        return await self._requester.call(
            update_organization_pipeline_settings, self._requester.organization, body=request
        )

    async def enable_hosted_agents_remote_access(self) -> PipelineSettings:
        """Allow remote access to hosted agents. Scope: write_organization_settings.

        Allow SSH sessions on hosted agents, and remote desktops on macOS ones. The user and the time are
        recorded. Only for administrators; otherwise 403.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        from buildkite_api.api.organization_pipeline_settings import enable_hosted_agents_remote_access

        return await self._requester.call(enable_hosted_agents_remote_access, self._requester.organization)

    async def disable_hosted_agents_remote_access(self) -> PipelineSettings:
        """Forbid remote access to hosted agents. Scope: write_organization_settings.

        Forbid SSH sessions on hosted agents, and remote desktops on macOS ones. Only for administrators;
        otherwise 403.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        from buildkite_api.api.organization_pipeline_settings import disable_hosted_agents_remote_access

        return await self._requester.call(disable_hosted_agents_remote_access, self._requester.organization)

    async def enable_public_pipeline_creation(self) -> PipelineSettings:
        """Allow public pipelines. Scope: write_organization_settings.

        Let members create public pipelines. Only for administrators; otherwise 403.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        from buildkite_api.api.organization_pipeline_settings import enable_public_pipeline_creation

        return await self._requester.call(enable_public_pipeline_creation, self._requester.organization)

    async def disable_public_pipeline_creation(self) -> PipelineSettings:
        """Forbid public pipelines. Scope: write_organization_settings.

        Let no member create public pipelines. Only for administrators; otherwise 403.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        from buildkite_api.api.organization_pipeline_settings import disable_public_pipeline_creation

        return await self._requester.call(disable_public_pipeline_creation, self._requester.organization)

    async def enable_advanced_queue_metrics(self) -> PipelineSettings:
        """Switch advanced queue metrics on. Scope: write_organization_settings.

        Switch the advanced metrics of queues on, for good: only Buildkite's support can switch them off. Only
        for administrators; otherwise 403.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        from buildkite_api.api.organization_pipeline_settings import enable_advanced_queue_metrics

        return await self._requester.call(enable_advanced_queue_metrics, self._requester.organization)

    async def configure_build_export(self, *, location: str, strategy_id: str) -> PipelineSettings:
        """Set where builds are exported to. Scope: write_organization_settings.

        Export the data of builds to a bucket, where the plan has that. A blank value, an unknown strategy or a
        bucket that Buildkite cannot reach is a 422.

        Only for administrators; otherwise 403, and so where the plan does not have it.

        Args:
            location: the bucket, as its name or as a URI such as `s3://name`.
            strategy_id: strategy: one of `PipelineSettings.build_exports.supported_strategies`.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        check(AsyncPipelineSettingsService.configure_build_export, locals())
        from buildkite_api.api.organization_pipeline_settings import configure_build_export
        from buildkite_api.models import ConfigureBuildExportRequest

        request = ConfigureBuildExportRequest(location=location, strategy_id=strategy_id)
        return await self._requester.call(configure_build_export, self._requester.organization, body=request)

    async def disable_build_export(self) -> PipelineSettings:
        """Stop exporting builds. Scope: write_organization_settings.

        Forget where builds are exported to, and export no more. Only for administrators; otherwise 403, and so
        where the plan does not have it.

        https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
        """
        from buildkite_api.api.organization_pipeline_settings import disable_build_export

        return await self._requester.call(disable_build_export, self._requester.organization)


class PipelineSettingsService(Service[AsyncPipelineSettingsService]):
    """Settings for all pipelines of an organization."""

    get = blocking(AsyncPipelineSettingsService.get)
    update = blocking(AsyncPipelineSettingsService.update)
    enable_hosted_agents_remote_access = blocking(AsyncPipelineSettingsService.enable_hosted_agents_remote_access)
    disable_hosted_agents_remote_access = blocking(AsyncPipelineSettingsService.disable_hosted_agents_remote_access)
    enable_public_pipeline_creation = blocking(AsyncPipelineSettingsService.enable_public_pipeline_creation)
    disable_public_pipeline_creation = blocking(AsyncPipelineSettingsService.disable_public_pipeline_creation)
    enable_advanced_queue_metrics = blocking(AsyncPipelineSettingsService.enable_advanced_queue_metrics)
    configure_build_export = blocking(AsyncPipelineSettingsService.configure_build_export)
    disable_build_export = blocking(AsyncPipelineSettingsService.disable_build_export)
