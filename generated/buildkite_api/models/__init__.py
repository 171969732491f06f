# Generated from spec/ by `make generate`: edit that, not this.

"""Models of answers and requests. A model is loaded at its first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .access_token import AccessToken
    from .access_token_user import AccessTokenUser
    from .agent import Agent
    from .agent_connection_state import AgentConnectionState
    from .agent_image import AgentImage
    from .agent_image_status import AgentImageStatus
    from .annotation import Annotation
    from .annotation_scope import AnnotationScope
    from .annotation_scope_filter import AnnotationScopeFilter
    from .annotation_style import AnnotationStyle
    from .api_catalog import ApiCatalog
    from .api_catalog_entry import ApiCatalogEntry
    from .api_catalog_link import ApiCatalogLink
    from .api_root import ApiRoot
    from .api_settings import ApiSettings
    from .artifact import Artifact
    from .artifact_download import ArtifactDownload
    from .artifact_state import ArtifactState
    from .audit_event import AuditEvent
    from .audit_event_entity import AuditEventEntity
    from .audit_event_page import AuditEventPage
    from .build import Build
    from .build_author import BuildAuthor
    from .build_author_request import BuildAuthorRequest
    from .build_exports import BuildExports
    from .build_merge_queue import BuildMergeQueue
    from .build_source import BuildSource
    from .build_state import BuildState
    from .build_state_filter import BuildStateFilter
    from .build_step import BuildStep
    from .build_test_engine import BuildTestEngine
    from .build_test_engine_run import BuildTestEngineRun
    from .build_test_engine_suite import BuildTestEngineSuite
    from .cache_volume import CacheVolume
    from .cluster import Cluster
    from .cluster_maintainer import ClusterMaintainer
    from .cluster_maintainer_actor import ClusterMaintainerActor
    from .cluster_maintainer_request import ClusterMaintainerRequest
    from .cluster_maintainer_type import ClusterMaintainerType
    from .cluster_maintainers import ClusterMaintainers
    from .cluster_queue import ClusterQueue
    from .cluster_secret import ClusterSecret
    from .cluster_token import ClusterToken
    from .configure_build_export_request import ConfigureBuildExportRequest
    from .create_agent_image_request import CreateAgentImageRequest
    from .create_build_annotation_request import CreateBuildAnnotationRequest
    from .create_build_job_annotation_request import CreateBuildJobAnnotationRequest
    from .create_build_request import CreateBuildRequest
    from .create_cluster_maintainer_request import CreateClusterMaintainerRequest
    from .create_cluster_queue_request import CreateClusterQueueRequest
    from .create_cluster_request import CreateClusterRequest
    from .create_cluster_secret_request import CreateClusterSecretRequest
    from .create_cluster_token_request import CreateClusterTokenRequest
    from .create_hosted_agents_request import CreateHostedAgentsRequest
    from .create_job_annotation_request import CreateJobAnnotationRequest
    from .create_notification_service_request import CreateNotificationServiceRequest
    from .create_organization_invitations_request import CreateOrganizationInvitationsRequest
    from .create_pipeline_request import CreatePipelineRequest
    from .create_pipeline_schedule_request import CreatePipelineScheduleRequest
    from .create_pipeline_template_request import CreatePipelineTemplateRequest
    from .create_portal_request import CreatePortalRequest
    from .create_registry_request import CreateRegistryRequest
    from .create_registry_token_request import CreateRegistryTokenRequest
    from .create_rule_request import CreateRuleRequest
    from .create_suite_request import CreateSuiteRequest
    from .create_team_member_request import CreateTeamMemberRequest
    from .create_team_pipeline_request import CreateTeamPipelineRequest
    from .create_team_request import CreateTeamRequest
    from .create_team_suite_request import CreateTeamSuiteRequest
    from .create_workflow_request import CreateWorkflowRequest
    from .cursor_links import CursorLinks
    from .delete_cache_volume_request import DeleteCacheVolumeRequest
    from .emoji import Emoji
    from .error import Error
    from .error_detail import ErrorDetail
    from .execution_tags_request import ExecutionTagsRequest
    from .failed_execution import FailedExecution
    from .failure_expanded import FailureExpanded
    from .find_test_request import FindTestRequest
    from .flaky_test import FlakyTest
    from .github_webhook_processing import GithubWebhookProcessing
    from .hosted_agents import HostedAgents
    from .hosted_agents_linux_settings import HostedAgentsLinuxSettings
    from .hosted_agents_platform_settings import HostedAgentsPlatformSettings
    from .instance_shape import InstanceShape
    from .instance_shape_name import InstanceShapeName
    from .invitation_state import InvitationState
    from .invitation_team import InvitationTeam
    from .invitation_team_request import InvitationTeamRequest
    from .job import Job
    from .job_env import JobEnv
    from .job_log import JobLog
    from .job_page import JobPage
    from .job_priority import JobPriority
    from .job_retrier import JobRetrier
    from .job_retry_source import JobRetrySource
    from .job_retry_type import JobRetryType
    from .job_signal_reason import JobSignalReason
    from .job_state import JobState
    from .job_state_counts import JobStateCounts
    from .job_step import JobStep
    from .job_step_signature import JobStepSignature
    from .job_type import JobType
    from .label_operator import LabelOperator
    from .meta import Meta
    from .network_range import NetworkRange
    from .notification_service import NotificationService
    from .notification_service_page import NotificationServicePage
    from .notification_service_provider import NotificationServiceProvider
    from .notification_service_scope import NotificationServiceScope
    from .notification_service_type import NotificationServiceType
    from .organization import Organization
    from .organization_invitation import OrganizationInvitation
    from .organization_invitation_page import OrganizationInvitationPage
    from .organization_member import OrganizationMember
    from .organization_reference import OrganizationReference
    from .organization_role import OrganizationRole
    from .package import Package
    from .package_digests import PackageDigests
    from .package_page import PackagePage
    from .package_presigned_upload import PackagePresignedUpload
    from .package_presigned_upload_form import PackagePresignedUploadForm
    from .pause_agent_request import PauseAgentRequest
    from .pause_cluster_queue_request import PauseClusterQueueRequest
    from .pipeline import Pipeline
    from .pipeline_access_level import PipelineAccessLevel
    from .pipeline_provider import PipelineProvider
    from .pipeline_reference import PipelineReference
    from .pipeline_schedule import PipelineSchedule
    from .pipeline_settings import PipelineSettings
    from .pipeline_settings_switch import PipelineSettingsSwitch
    from .pipeline_step import PipelineStep
    from .pipeline_step_build import PipelineStepBuild
    from .pipeline_step_request import PipelineStepRequest
    from .pipeline_step_type import PipelineStepType
    from .pipeline_template import PipelineTemplate
    from .pipeline_visibility import PipelineVisibility
    from .portal import Portal
    from .publish_package_request import PublishPackageRequest
    from .pull_request_info import PullRequestInfo
    from .rate_limit_scopes import RateLimitScopes
    from .rate_limit_window import RateLimitWindow
    from .rate_limits import RateLimits
    from .rebuilt_from import RebuiltFrom
    from .registry import Registry
    from .registry_reference import RegistryReference
    from .registry_token import RegistryToken
    from .repository import Repository
    from .repository_connection import RepositoryConnection
    from .repository_connection_account import RepositoryConnectionAccount
    from .repository_connection_detail import RepositoryConnectionDetail
    from .repository_connection_host import RepositoryConnectionHost
    from .repository_connection_rate_limit import RepositoryConnectionRateLimit
    from .repository_connection_type import RepositoryConnectionType
    from .reprioritize_build_job_request import ReprioritizeBuildJobRequest
    from .reprioritize_job_request import ReprioritizeJobRequest
    from .retry_agent_affinity import RetryAgentAffinity
    from .retry_failed_jobs_request import RetryFailedJobsRequest
    from .rule import Rule
    from .rule_action import RuleAction
    from .rule_type import RuleType
    from .rule_value_request import RuleValueRequest
    from .run import Run
    from .run_result import RunResult
    from .run_state import RunState
    from .sort_order import SortOrder
    from .ssh_credentials import SshCredentials
    from .ssh_session import SshSession
    from .sso_mode import SsoMode
    from .step_upload import StepUpload
    from .step_upload_page import StepUploadPage
    from .step_upload_state import StepUploadState
    from .stop_agent_request import StopAgentRequest
    from .suite import Suite
    from .suite_access_level import SuiteAccessLevel
    from .team import Team
    from .team_member import TeamMember
    from .team_member_role import TeamMemberRole
    from .team_pipeline import TeamPipeline
    from .team_privacy import TeamPrivacy
    from .team_suite import TeamSuite
    from .test import Test
    from .test_sort_key import TestSortKey
    from .test_state import TestState
    from .test_with_metrics import TestWithMetrics
    from .triggered_build import TriggeredBuild
    from .triggered_from import TriggeredFrom
    from .unblock_build_job_request import UnblockBuildJobRequest
    from .unblock_job_request import UnblockJobRequest
    from .update_cluster_queue_request import UpdateClusterQueueRequest
    from .update_cluster_request import UpdateClusterRequest
    from .update_cluster_secret_request import UpdateClusterSecretRequest
    from .update_cluster_secret_value_request import UpdateClusterSecretValueRequest
    from .update_cluster_token_request import UpdateClusterTokenRequest
    from .update_execution_tags_request import UpdateExecutionTagsRequest
    from .update_hosted_agents_request import UpdateHostedAgentsRequest
    from .update_notification_service_request import UpdateNotificationServiceRequest
    from .update_organization_api_settings_request import UpdateOrganizationApiSettingsRequest
    from .update_organization_member_request import UpdateOrganizationMemberRequest
    from .update_organization_pipeline_settings_request import UpdateOrganizationPipelineSettingsRequest
    from .update_pipeline_request import UpdatePipelineRequest
    from .update_pipeline_schedule_request import UpdatePipelineScheduleRequest
    from .update_pipeline_template_request import UpdatePipelineTemplateRequest
    from .update_portal_request import UpdatePortalRequest
    from .update_registry_request import UpdateRegistryRequest
    from .update_registry_token_request import UpdateRegistryTokenRequest
    from .update_suite_request import UpdateSuiteRequest
    from .update_team_member_request import UpdateTeamMemberRequest
    from .update_team_pipeline_request import UpdateTeamPipelineRequest
    from .update_team_request import UpdateTeamRequest
    from .update_team_suite_request import UpdateTeamSuiteRequest
    from .update_test_labels_request import UpdateTestLabelsRequest
    from .user import User
    from .vnc_credentials import VncCredentials
    from .vnc_session import VncSession
    from .workflow import Workflow
    from .workflow_action_request import WorkflowActionRequest
    from .workflow_filter_request import WorkflowFilterRequest
    from .workflow_monitor import WorkflowMonitor
    from .workflow_monitor_request import WorkflowMonitorRequest

_MODULES = {
    "AccessToken": "access_token",
    "AccessTokenUser": "access_token_user",
    "Agent": "agent",
    "AgentConnectionState": "agent_connection_state",
    "AgentImage": "agent_image",
    "AgentImageStatus": "agent_image_status",
    "Annotation": "annotation",
    "AnnotationScope": "annotation_scope",
    "AnnotationScopeFilter": "annotation_scope_filter",
    "AnnotationStyle": "annotation_style",
    "ApiCatalog": "api_catalog",
    "ApiCatalogEntry": "api_catalog_entry",
    "ApiCatalogLink": "api_catalog_link",
    "ApiRoot": "api_root",
    "ApiSettings": "api_settings",
    "Artifact": "artifact",
    "ArtifactDownload": "artifact_download",
    "ArtifactState": "artifact_state",
    "AuditEvent": "audit_event",
    "AuditEventEntity": "audit_event_entity",
    "AuditEventPage": "audit_event_page",
    "Build": "build",
    "BuildAuthor": "build_author",
    "BuildAuthorRequest": "build_author_request",
    "BuildExports": "build_exports",
    "BuildMergeQueue": "build_merge_queue",
    "BuildSource": "build_source",
    "BuildState": "build_state",
    "BuildStateFilter": "build_state_filter",
    "BuildStep": "build_step",
    "BuildTestEngine": "build_test_engine",
    "BuildTestEngineRun": "build_test_engine_run",
    "BuildTestEngineSuite": "build_test_engine_suite",
    "CacheVolume": "cache_volume",
    "Cluster": "cluster",
    "ClusterMaintainer": "cluster_maintainer",
    "ClusterMaintainerActor": "cluster_maintainer_actor",
    "ClusterMaintainerRequest": "cluster_maintainer_request",
    "ClusterMaintainers": "cluster_maintainers",
    "ClusterMaintainerType": "cluster_maintainer_type",
    "ClusterQueue": "cluster_queue",
    "ClusterSecret": "cluster_secret",
    "ClusterToken": "cluster_token",
    "ConfigureBuildExportRequest": "configure_build_export_request",
    "CreateAgentImageRequest": "create_agent_image_request",
    "CreateBuildAnnotationRequest": "create_build_annotation_request",
    "CreateBuildJobAnnotationRequest": "create_build_job_annotation_request",
    "CreateBuildRequest": "create_build_request",
    "CreateClusterMaintainerRequest": "create_cluster_maintainer_request",
    "CreateClusterQueueRequest": "create_cluster_queue_request",
    "CreateClusterRequest": "create_cluster_request",
    "CreateClusterSecretRequest": "create_cluster_secret_request",
    "CreateClusterTokenRequest": "create_cluster_token_request",
    "CreateHostedAgentsRequest": "create_hosted_agents_request",
    "CreateJobAnnotationRequest": "create_job_annotation_request",
    "CreateNotificationServiceRequest": "create_notification_service_request",
    "CreateOrganizationInvitationsRequest": "create_organization_invitations_request",
    "CreatePipelineRequest": "create_pipeline_request",
    "CreatePipelineScheduleRequest": "create_pipeline_schedule_request",
    "CreatePipelineTemplateRequest": "create_pipeline_template_request",
    "CreatePortalRequest": "create_portal_request",
    "CreateRegistryRequest": "create_registry_request",
    "CreateRegistryTokenRequest": "create_registry_token_request",
    "CreateRuleRequest": "create_rule_request",
    "CreateSuiteRequest": "create_suite_request",
    "CreateTeamMemberRequest": "create_team_member_request",
    "CreateTeamPipelineRequest": "create_team_pipeline_request",
    "CreateTeamRequest": "create_team_request",
    "CreateTeamSuiteRequest": "create_team_suite_request",
    "CreateWorkflowRequest": "create_workflow_request",
    "CursorLinks": "cursor_links",
    "DeleteCacheVolumeRequest": "delete_cache_volume_request",
    "Emoji": "emoji",
    "Error": "error",
    "ErrorDetail": "error_detail",
    "ExecutionTagsRequest": "execution_tags_request",
    "FailedExecution": "failed_execution",
    "FailureExpanded": "failure_expanded",
    "FindTestRequest": "find_test_request",
    "FlakyTest": "flaky_test",
    "GithubWebhookProcessing": "github_webhook_processing",
    "HostedAgents": "hosted_agents",
    "HostedAgentsLinuxSettings": "hosted_agents_linux_settings",
    "HostedAgentsPlatformSettings": "hosted_agents_platform_settings",
    "InstanceShape": "instance_shape",
    "InstanceShapeName": "instance_shape_name",
    "InvitationState": "invitation_state",
    "InvitationTeam": "invitation_team",
    "InvitationTeamRequest": "invitation_team_request",
    "Job": "job",
    "JobEnv": "job_env",
    "JobLog": "job_log",
    "JobPage": "job_page",
    "JobPriority": "job_priority",
    "JobRetrier": "job_retrier",
    "JobRetrySource": "job_retry_source",
    "JobRetryType": "job_retry_type",
    "JobSignalReason": "job_signal_reason",
    "JobState": "job_state",
    "JobStateCounts": "job_state_counts",
    "JobStep": "job_step",
    "JobStepSignature": "job_step_signature",
    "JobType": "job_type",
    "LabelOperator": "label_operator",
    "Meta": "meta",
    "NetworkRange": "network_range",
    "NotificationService": "notification_service",
    "NotificationServicePage": "notification_service_page",
    "NotificationServiceProvider": "notification_service_provider",
    "NotificationServiceScope": "notification_service_scope",
    "NotificationServiceType": "notification_service_type",
    "Organization": "organization",
    "OrganizationInvitation": "organization_invitation",
    "OrganizationInvitationPage": "organization_invitation_page",
    "OrganizationMember": "organization_member",
    "OrganizationReference": "organization_reference",
    "OrganizationRole": "organization_role",
    "Package": "package",
    "PackageDigests": "package_digests",
    "PackagePage": "package_page",
    "PackagePresignedUpload": "package_presigned_upload",
    "PackagePresignedUploadForm": "package_presigned_upload_form",
    "PauseAgentRequest": "pause_agent_request",
    "PauseClusterQueueRequest": "pause_cluster_queue_request",
    "Pipeline": "pipeline",
    "PipelineAccessLevel": "pipeline_access_level",
    "PipelineProvider": "pipeline_provider",
    "PipelineReference": "pipeline_reference",
    "PipelineSchedule": "pipeline_schedule",
    "PipelineSettings": "pipeline_settings",
    "PipelineSettingsSwitch": "pipeline_settings_switch",
    "PipelineStep": "pipeline_step",
    "PipelineStepBuild": "pipeline_step_build",
    "PipelineStepRequest": "pipeline_step_request",
    "PipelineStepType": "pipeline_step_type",
    "PipelineTemplate": "pipeline_template",
    "PipelineVisibility": "pipeline_visibility",
    "Portal": "portal",
    "PublishPackageRequest": "publish_package_request",
    "PullRequestInfo": "pull_request_info",
    "RateLimits": "rate_limits",
    "RateLimitScopes": "rate_limit_scopes",
    "RateLimitWindow": "rate_limit_window",
    "RebuiltFrom": "rebuilt_from",
    "Registry": "registry",
    "RegistryReference": "registry_reference",
    "RegistryToken": "registry_token",
    "Repository": "repository",
    "RepositoryConnection": "repository_connection",
    "RepositoryConnectionAccount": "repository_connection_account",
    "RepositoryConnectionDetail": "repository_connection_detail",
    "RepositoryConnectionHost": "repository_connection_host",
    "RepositoryConnectionRateLimit": "repository_connection_rate_limit",
    "RepositoryConnectionType": "repository_connection_type",
    "ReprioritizeBuildJobRequest": "reprioritize_build_job_request",
    "ReprioritizeJobRequest": "reprioritize_job_request",
    "RetryAgentAffinity": "retry_agent_affinity",
    "RetryFailedJobsRequest": "retry_failed_jobs_request",
    "Rule": "rule",
    "RuleAction": "rule_action",
    "RuleType": "rule_type",
    "RuleValueRequest": "rule_value_request",
    "Run": "run",
    "RunResult": "run_result",
    "RunState": "run_state",
    "SortOrder": "sort_order",
    "SshCredentials": "ssh_credentials",
    "SshSession": "ssh_session",
    "SsoMode": "sso_mode",
    "StepUpload": "step_upload",
    "StepUploadPage": "step_upload_page",
    "StepUploadState": "step_upload_state",
    "StopAgentRequest": "stop_agent_request",
    "Suite": "suite",
    "SuiteAccessLevel": "suite_access_level",
    "Team": "team",
    "TeamMember": "team_member",
    "TeamMemberRole": "team_member_role",
    "TeamPipeline": "team_pipeline",
    "TeamPrivacy": "team_privacy",
    "TeamSuite": "team_suite",
    "Test": "test",
    "TestSortKey": "test_sort_key",
    "TestState": "test_state",
    "TestWithMetrics": "test_with_metrics",
    "TriggeredBuild": "triggered_build",
    "TriggeredFrom": "triggered_from",
    "UnblockBuildJobRequest": "unblock_build_job_request",
    "UnblockJobRequest": "unblock_job_request",
    "UpdateClusterQueueRequest": "update_cluster_queue_request",
    "UpdateClusterRequest": "update_cluster_request",
    "UpdateClusterSecretRequest": "update_cluster_secret_request",
    "UpdateClusterSecretValueRequest": "update_cluster_secret_value_request",
    "UpdateClusterTokenRequest": "update_cluster_token_request",
    "UpdateExecutionTagsRequest": "update_execution_tags_request",
    "UpdateHostedAgentsRequest": "update_hosted_agents_request",
    "UpdateNotificationServiceRequest": "update_notification_service_request",
    "UpdateOrganizationApiSettingsRequest": "update_organization_api_settings_request",
    "UpdateOrganizationMemberRequest": "update_organization_member_request",
    "UpdateOrganizationPipelineSettingsRequest": "update_organization_pipeline_settings_request",
    "UpdatePipelineRequest": "update_pipeline_request",
    "UpdatePipelineScheduleRequest": "update_pipeline_schedule_request",
    "UpdatePipelineTemplateRequest": "update_pipeline_template_request",
    "UpdatePortalRequest": "update_portal_request",
    "UpdateRegistryRequest": "update_registry_request",
    "UpdateRegistryTokenRequest": "update_registry_token_request",
    "UpdateSuiteRequest": "update_suite_request",
    "UpdateTeamMemberRequest": "update_team_member_request",
    "UpdateTeamPipelineRequest": "update_team_pipeline_request",
    "UpdateTeamRequest": "update_team_request",
    "UpdateTeamSuiteRequest": "update_team_suite_request",
    "UpdateTestLabelsRequest": "update_test_labels_request",
    "User": "user",
    "VncCredentials": "vnc_credentials",
    "VncSession": "vnc_session",
    "Workflow": "workflow",
    "WorkflowActionRequest": "workflow_action_request",
    "WorkflowFilterRequest": "workflow_filter_request",
    "WorkflowMonitor": "workflow_monitor",
    "WorkflowMonitorRequest": "workflow_monitor_request",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "AccessToken",
    "AccessTokenUser",
    "Agent",
    "AgentConnectionState",
    "AgentImage",
    "AgentImageStatus",
    "Annotation",
    "AnnotationScope",
    "AnnotationScopeFilter",
    "AnnotationStyle",
    "ApiCatalog",
    "ApiCatalogEntry",
    "ApiCatalogLink",
    "ApiRoot",
    "ApiSettings",
    "Artifact",
    "ArtifactDownload",
    "ArtifactState",
    "AuditEvent",
    "AuditEventEntity",
    "AuditEventPage",
    "Build",
    "BuildAuthor",
    "BuildAuthorRequest",
    "BuildExports",
    "BuildMergeQueue",
    "BuildSource",
    "BuildState",
    "BuildStateFilter",
    "BuildStep",
    "BuildTestEngine",
    "BuildTestEngineRun",
    "BuildTestEngineSuite",
    "CacheVolume",
    "Cluster",
    "ClusterMaintainer",
    "ClusterMaintainerActor",
    "ClusterMaintainerRequest",
    "ClusterMaintainers",
    "ClusterMaintainerType",
    "ClusterQueue",
    "ClusterSecret",
    "ClusterToken",
    "ConfigureBuildExportRequest",
    "CreateAgentImageRequest",
    "CreateBuildAnnotationRequest",
    "CreateBuildJobAnnotationRequest",
    "CreateBuildRequest",
    "CreateClusterMaintainerRequest",
    "CreateClusterQueueRequest",
    "CreateClusterRequest",
    "CreateClusterSecretRequest",
    "CreateClusterTokenRequest",
    "CreateHostedAgentsRequest",
    "CreateJobAnnotationRequest",
    "CreateNotificationServiceRequest",
    "CreateOrganizationInvitationsRequest",
    "CreatePipelineRequest",
    "CreatePipelineScheduleRequest",
    "CreatePipelineTemplateRequest",
    "CreatePortalRequest",
    "CreateRegistryRequest",
    "CreateRegistryTokenRequest",
    "CreateRuleRequest",
    "CreateSuiteRequest",
    "CreateTeamMemberRequest",
    "CreateTeamPipelineRequest",
    "CreateTeamRequest",
    "CreateTeamSuiteRequest",
    "CreateWorkflowRequest",
    "CursorLinks",
    "DeleteCacheVolumeRequest",
    "Emoji",
    "Error",
    "ErrorDetail",
    "ExecutionTagsRequest",
    "FailedExecution",
    "FailureExpanded",
    "FindTestRequest",
    "FlakyTest",
    "GithubWebhookProcessing",
    "HostedAgents",
    "HostedAgentsLinuxSettings",
    "HostedAgentsPlatformSettings",
    "InstanceShape",
    "InstanceShapeName",
    "InvitationState",
    "InvitationTeam",
    "InvitationTeamRequest",
    "Job",
    "JobEnv",
    "JobLog",
    "JobPage",
    "JobPriority",
    "JobRetrier",
    "JobRetrySource",
    "JobRetryType",
    "JobSignalReason",
    "JobState",
    "JobStateCounts",
    "JobStep",
    "JobStepSignature",
    "JobType",
    "LabelOperator",
    "Meta",
    "NetworkRange",
    "NotificationService",
    "NotificationServicePage",
    "NotificationServiceProvider",
    "NotificationServiceScope",
    "NotificationServiceType",
    "Organization",
    "OrganizationInvitation",
    "OrganizationInvitationPage",
    "OrganizationMember",
    "OrganizationReference",
    "OrganizationRole",
    "Package",
    "PackageDigests",
    "PackagePage",
    "PackagePresignedUpload",
    "PackagePresignedUploadForm",
    "PauseAgentRequest",
    "PauseClusterQueueRequest",
    "Pipeline",
    "PipelineAccessLevel",
    "PipelineProvider",
    "PipelineReference",
    "PipelineSchedule",
    "PipelineSettings",
    "PipelineSettingsSwitch",
    "PipelineStep",
    "PipelineStepBuild",
    "PipelineStepRequest",
    "PipelineStepType",
    "PipelineTemplate",
    "PipelineVisibility",
    "Portal",
    "PublishPackageRequest",
    "PullRequestInfo",
    "RateLimits",
    "RateLimitScopes",
    "RateLimitWindow",
    "RebuiltFrom",
    "Registry",
    "RegistryReference",
    "RegistryToken",
    "Repository",
    "RepositoryConnection",
    "RepositoryConnectionAccount",
    "RepositoryConnectionDetail",
    "RepositoryConnectionHost",
    "RepositoryConnectionRateLimit",
    "RepositoryConnectionType",
    "ReprioritizeBuildJobRequest",
    "ReprioritizeJobRequest",
    "RetryAgentAffinity",
    "RetryFailedJobsRequest",
    "Rule",
    "RuleAction",
    "RuleType",
    "RuleValueRequest",
    "Run",
    "RunResult",
    "RunState",
    "SortOrder",
    "SshCredentials",
    "SshSession",
    "SsoMode",
    "StepUpload",
    "StepUploadPage",
    "StepUploadState",
    "StopAgentRequest",
    "Suite",
    "SuiteAccessLevel",
    "Team",
    "TeamMember",
    "TeamMemberRole",
    "TeamPipeline",
    "TeamPrivacy",
    "TeamSuite",
    "Test",
    "TestSortKey",
    "TestState",
    "TestWithMetrics",
    "TriggeredBuild",
    "TriggeredFrom",
    "UnblockBuildJobRequest",
    "UnblockJobRequest",
    "UpdateClusterQueueRequest",
    "UpdateClusterRequest",
    "UpdateClusterSecretRequest",
    "UpdateClusterSecretValueRequest",
    "UpdateClusterTokenRequest",
    "UpdateExecutionTagsRequest",
    "UpdateHostedAgentsRequest",
    "UpdateNotificationServiceRequest",
    "UpdateOrganizationApiSettingsRequest",
    "UpdateOrganizationMemberRequest",
    "UpdateOrganizationPipelineSettingsRequest",
    "UpdatePipelineRequest",
    "UpdatePipelineScheduleRequest",
    "UpdatePipelineTemplateRequest",
    "UpdatePortalRequest",
    "UpdateRegistryRequest",
    "UpdateRegistryTokenRequest",
    "UpdateSuiteRequest",
    "UpdateTeamMemberRequest",
    "UpdateTeamPipelineRequest",
    "UpdateTeamRequest",
    "UpdateTeamSuiteRequest",
    "UpdateTestLabelsRequest",
    "User",
    "VncCredentials",
    "VncSession",
    "Workflow",
    "WorkflowActionRequest",
    "WorkflowFilterRequest",
    "WorkflowMonitor",
    "WorkflowMonitorRequest",
]
