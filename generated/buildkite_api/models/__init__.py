# Generated from spec/ by `make generate`: edit that, not this.

"""What Buildkite answers and takes. A model is loaded when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .access_token import AccessToken
    from .access_token_user import AccessTokenUser
    from .agent import Agent
    from .agent_connection_state import AgentConnectionState
    from .annotation import Annotation
    from .annotation_scope import AnnotationScope
    from .annotation_scope_filter import AnnotationScopeFilter
    from .annotation_style import AnnotationStyle
    from .artifact import Artifact
    from .artifact_download import ArtifactDownload
    from .artifact_state import ArtifactState
    from .build import Build
    from .build_author import BuildAuthor
    from .build_author_request import BuildAuthorRequest
    from .build_merge_queue import BuildMergeQueue
    from .build_source import BuildSource
    from .build_state import BuildState
    from .build_state_filter import BuildStateFilter
    from .build_test_engine import BuildTestEngine
    from .build_test_engine_run import BuildTestEngineRun
    from .build_test_engine_suite import BuildTestEngineSuite
    from .cluster import Cluster
    from .cluster_maintainer import ClusterMaintainer
    from .cluster_maintainer_actor import ClusterMaintainerActor
    from .cluster_maintainer_request import ClusterMaintainerRequest
    from .cluster_maintainer_type import ClusterMaintainerType
    from .cluster_maintainers import ClusterMaintainers
    from .cluster_queue import ClusterQueue
    from .create_build_annotation_request import CreateBuildAnnotationRequest
    from .create_build_job_annotation_request import CreateBuildJobAnnotationRequest
    from .create_build_request import CreateBuildRequest
    from .create_cluster_queue_request import CreateClusterQueueRequest
    from .create_cluster_request import CreateClusterRequest
    from .create_hosted_agents_request import CreateHostedAgentsRequest
    from .create_job_annotation_request import CreateJobAnnotationRequest
    from .create_pipeline_request import CreatePipelineRequest
    from .cursor_links import CursorLinks
    from .emoji import Emoji
    from .error import Error
    from .error_detail import ErrorDetail
    from .github_webhook_processing import GithubWebhookProcessing
    from .hosted_agents import HostedAgents
    from .hosted_agents_linux_settings import HostedAgentsLinuxSettings
    from .hosted_agents_platform_settings import HostedAgentsPlatformSettings
    from .instance_shape import InstanceShape
    from .instance_shape_name import InstanceShapeName
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
    from .meta import Meta
    from .organization import Organization
    from .pause_agent_request import PauseAgentRequest
    from .pause_cluster_queue_request import PauseClusterQueueRequest
    from .pipeline import Pipeline
    from .pipeline_provider import PipelineProvider
    from .pipeline_step import PipelineStep
    from .pipeline_step_build import PipelineStepBuild
    from .pipeline_step_request import PipelineStepRequest
    from .pipeline_step_type import PipelineStepType
    from .pipeline_visibility import PipelineVisibility
    from .pull_request_info import PullRequestInfo
    from .rate_limit_scopes import RateLimitScopes
    from .rate_limit_window import RateLimitWindow
    from .rate_limits import RateLimits
    from .rebuilt_from import RebuiltFrom
    from .reprioritize_build_job_request import ReprioritizeBuildJobRequest
    from .reprioritize_job_request import ReprioritizeJobRequest
    from .retry_agent_affinity import RetryAgentAffinity
    from .retry_failed_jobs_request import RetryFailedJobsRequest
    from .ssh_credentials import SshCredentials
    from .ssh_session import SshSession
    from .stop_agent_request import StopAgentRequest
    from .triggered_build import TriggeredBuild
    from .triggered_from import TriggeredFrom
    from .unblock_build_job_request import UnblockBuildJobRequest
    from .unblock_job_request import UnblockJobRequest
    from .update_cluster_queue_request import UpdateClusterQueueRequest
    from .update_cluster_request import UpdateClusterRequest
    from .update_hosted_agents_request import UpdateHostedAgentsRequest
    from .update_pipeline_request import UpdatePipelineRequest
    from .user import User
    from .vnc_credentials import VncCredentials
    from .vnc_session import VncSession

_MODULES = {
    "AccessToken": "access_token",
    "AccessTokenUser": "access_token_user",
    "Agent": "agent",
    "AgentConnectionState": "agent_connection_state",
    "Annotation": "annotation",
    "AnnotationScope": "annotation_scope",
    "AnnotationScopeFilter": "annotation_scope_filter",
    "AnnotationStyle": "annotation_style",
    "Artifact": "artifact",
    "ArtifactDownload": "artifact_download",
    "ArtifactState": "artifact_state",
    "Build": "build",
    "BuildAuthor": "build_author",
    "BuildAuthorRequest": "build_author_request",
    "BuildMergeQueue": "build_merge_queue",
    "BuildSource": "build_source",
    "BuildState": "build_state",
    "BuildStateFilter": "build_state_filter",
    "BuildTestEngine": "build_test_engine",
    "BuildTestEngineRun": "build_test_engine_run",
    "BuildTestEngineSuite": "build_test_engine_suite",
    "Cluster": "cluster",
    "ClusterMaintainer": "cluster_maintainer",
    "ClusterMaintainerActor": "cluster_maintainer_actor",
    "ClusterMaintainerRequest": "cluster_maintainer_request",
    "ClusterMaintainers": "cluster_maintainers",
    "ClusterMaintainerType": "cluster_maintainer_type",
    "ClusterQueue": "cluster_queue",
    "CreateBuildAnnotationRequest": "create_build_annotation_request",
    "CreateBuildJobAnnotationRequest": "create_build_job_annotation_request",
    "CreateBuildRequest": "create_build_request",
    "CreateClusterQueueRequest": "create_cluster_queue_request",
    "CreateClusterRequest": "create_cluster_request",
    "CreateHostedAgentsRequest": "create_hosted_agents_request",
    "CreateJobAnnotationRequest": "create_job_annotation_request",
    "CreatePipelineRequest": "create_pipeline_request",
    "CursorLinks": "cursor_links",
    "Emoji": "emoji",
    "Error": "error",
    "ErrorDetail": "error_detail",
    "GithubWebhookProcessing": "github_webhook_processing",
    "HostedAgents": "hosted_agents",
    "HostedAgentsLinuxSettings": "hosted_agents_linux_settings",
    "HostedAgentsPlatformSettings": "hosted_agents_platform_settings",
    "InstanceShape": "instance_shape",
    "InstanceShapeName": "instance_shape_name",
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
    "Meta": "meta",
    "Organization": "organization",
    "PauseAgentRequest": "pause_agent_request",
    "PauseClusterQueueRequest": "pause_cluster_queue_request",
    "Pipeline": "pipeline",
    "PipelineProvider": "pipeline_provider",
    "PipelineStep": "pipeline_step",
    "PipelineStepBuild": "pipeline_step_build",
    "PipelineStepRequest": "pipeline_step_request",
    "PipelineStepType": "pipeline_step_type",
    "PipelineVisibility": "pipeline_visibility",
    "PullRequestInfo": "pull_request_info",
    "RateLimits": "rate_limits",
    "RateLimitScopes": "rate_limit_scopes",
    "RateLimitWindow": "rate_limit_window",
    "RebuiltFrom": "rebuilt_from",
    "ReprioritizeBuildJobRequest": "reprioritize_build_job_request",
    "ReprioritizeJobRequest": "reprioritize_job_request",
    "RetryAgentAffinity": "retry_agent_affinity",
    "RetryFailedJobsRequest": "retry_failed_jobs_request",
    "SshCredentials": "ssh_credentials",
    "SshSession": "ssh_session",
    "StopAgentRequest": "stop_agent_request",
    "TriggeredBuild": "triggered_build",
    "TriggeredFrom": "triggered_from",
    "UnblockBuildJobRequest": "unblock_build_job_request",
    "UnblockJobRequest": "unblock_job_request",
    "UpdateClusterQueueRequest": "update_cluster_queue_request",
    "UpdateClusterRequest": "update_cluster_request",
    "UpdateHostedAgentsRequest": "update_hosted_agents_request",
    "UpdatePipelineRequest": "update_pipeline_request",
    "User": "user",
    "VncCredentials": "vnc_credentials",
    "VncSession": "vnc_session",
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
    "Annotation",
    "AnnotationScope",
    "AnnotationScopeFilter",
    "AnnotationStyle",
    "Artifact",
    "ArtifactDownload",
    "ArtifactState",
    "Build",
    "BuildAuthor",
    "BuildAuthorRequest",
    "BuildMergeQueue",
    "BuildSource",
    "BuildState",
    "BuildStateFilter",
    "BuildTestEngine",
    "BuildTestEngineRun",
    "BuildTestEngineSuite",
    "Cluster",
    "ClusterMaintainer",
    "ClusterMaintainerActor",
    "ClusterMaintainerRequest",
    "ClusterMaintainers",
    "ClusterMaintainerType",
    "ClusterQueue",
    "CreateBuildAnnotationRequest",
    "CreateBuildJobAnnotationRequest",
    "CreateBuildRequest",
    "CreateClusterQueueRequest",
    "CreateClusterRequest",
    "CreateHostedAgentsRequest",
    "CreateJobAnnotationRequest",
    "CreatePipelineRequest",
    "CursorLinks",
    "Emoji",
    "Error",
    "ErrorDetail",
    "GithubWebhookProcessing",
    "HostedAgents",
    "HostedAgentsLinuxSettings",
    "HostedAgentsPlatformSettings",
    "InstanceShape",
    "InstanceShapeName",
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
    "Meta",
    "Organization",
    "PauseAgentRequest",
    "PauseClusterQueueRequest",
    "Pipeline",
    "PipelineProvider",
    "PipelineStep",
    "PipelineStepBuild",
    "PipelineStepRequest",
    "PipelineStepType",
    "PipelineVisibility",
    "PullRequestInfo",
    "RateLimits",
    "RateLimitScopes",
    "RateLimitWindow",
    "RebuiltFrom",
    "ReprioritizeBuildJobRequest",
    "ReprioritizeJobRequest",
    "RetryAgentAffinity",
    "RetryFailedJobsRequest",
    "SshCredentials",
    "SshSession",
    "StopAgentRequest",
    "TriggeredBuild",
    "TriggeredFrom",
    "UnblockBuildJobRequest",
    "UnblockJobRequest",
    "UpdateClusterQueueRequest",
    "UpdateClusterRequest",
    "UpdateHostedAgentsRequest",
    "UpdatePipelineRequest",
    "User",
    "VncCredentials",
    "VncSession",
]
