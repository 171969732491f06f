# Generated from spec/ by `make generate`: edit that, not this.

"""Services of the API, as attributes of the clients."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildkite_ext.transport.requester import Requester

    from .access_token import AccessTokenService, AsyncAccessTokenService
    from .agent_images import AgentImages, AsyncAgentImages
    from .agents import Agents, AsyncAgents
    from .annotations import Annotations, AsyncAnnotations
    from .api_settings import ApiSettingsService, AsyncApiSettingsService
    from .artifacts import Artifacts, AsyncArtifacts
    from .audit_events import AsyncAuditEvents, AuditEvents
    from .builds import AsyncBuilds, Builds
    from .cache_volumes import AsyncCacheVolumes, CacheVolumes
    from .cluster_maintainers import AsyncClusterMaintainersService, ClusterMaintainersService
    from .cluster_tokens import AsyncClusterTokens, ClusterTokens
    from .clusters import AsyncClusters, Clusters
    from .discovery import AsyncDiscovery, Discovery
    from .emojis import AsyncEmojis, Emojis
    from .invitations import AsyncInvitations, Invitations
    from .jobs import AsyncJobs, Jobs
    from .members import AsyncMembers, Members
    from .meta import AsyncMetaService, MetaService
    from .network_ranges import AsyncNetworkRanges, NetworkRanges
    from .notification_services import AsyncNotificationServices, NotificationServices
    from .organizations import AsyncOrganizations, Organizations
    from .packages import AsyncPackages, Packages
    from .pipeline_settings import AsyncPipelineSettingsService, PipelineSettingsService
    from .pipeline_templates import AsyncPipelineTemplates, PipelineTemplates
    from .pipelines import AsyncPipelines, Pipelines
    from .portals import AsyncPortals, Portals
    from .queues import AsyncQueues, Queues
    from .registries import AsyncRegistries, Registries
    from .registry_tokens import AsyncRegistryTokens, RegistryTokens
    from .repository_connections import AsyncRepositoryConnections, RepositoryConnections
    from .rules import AsyncRules, Rules
    from .schedules import AsyncSchedules, Schedules
    from .secrets import AsyncSecrets, Secrets
    from .step_uploads import AsyncStepUploads, StepUploads
    from .teams import AsyncTeams, Teams
    from .test_engine import AsyncTestEngine, TestEngine
    from .user import AsyncUserService, UserService


class AsyncServices:
    """Services of a client."""

    _requester: Requester

    @cached_property
    def organizations(self) -> AsyncOrganizations:
        """Organizations that a token reaches, and their rate limits."""
        from .organizations import AsyncOrganizations

        return AsyncOrganizations(self._requester)

    @cached_property
    def audit_events(self) -> AsyncAuditEvents:
        """The audit log of an organization."""
        from .audit_events import AsyncAuditEvents

        return AsyncAuditEvents(self._requester)

    @cached_property
    def members(self) -> AsyncMembers:
        """The members of an organization."""
        from .members import AsyncMembers

        return AsyncMembers(self._requester)

    @cached_property
    def invitations(self) -> AsyncInvitations:
        """Invitations into an organization."""
        from .invitations import AsyncInvitations

        return AsyncInvitations(self._requester)

    @cached_property
    def api_settings(self) -> AsyncApiSettingsService:
        """Restrictions of the use of an organization's API."""
        from .api_settings import AsyncApiSettingsService

        return AsyncApiSettingsService(self._requester)

    @cached_property
    def pipeline_settings(self) -> AsyncPipelineSettingsService:
        """Settings for all pipelines of an organization."""
        from .pipeline_settings import AsyncPipelineSettingsService

        return AsyncPipelineSettingsService(self._requester)

    @cached_property
    def repository_connections(self) -> AsyncRepositoryConnections:
        """Connections to source code hosts."""
        from .repository_connections import AsyncRepositoryConnections

        return AsyncRepositoryConnections(self._requester)

    @cached_property
    def notification_services(self) -> AsyncNotificationServices:
        """Services that are told about builds and jobs."""
        from .notification_services import AsyncNotificationServices

        return AsyncNotificationServices(self._requester)

    @cached_property
    def pipelines(self) -> AsyncPipelines:
        """Pipelines, their webhook and their archive state."""
        from .pipelines import AsyncPipelines

        return AsyncPipelines(self._requester)

    @cached_property
    def schedules(self) -> AsyncSchedules:
        """Schedules that create builds."""
        from .schedules import AsyncSchedules

        return AsyncSchedules(self._requester)

    @cached_property
    def builds(self) -> AsyncBuilds:
        """Runs of a pipeline."""
        from .builds import AsyncBuilds

        return AsyncBuilds(self._requester)

    @cached_property
    def step_uploads(self) -> AsyncStepUploads:
        """Steps that jobs upload into their build."""
        from .step_uploads import AsyncStepUploads

        return AsyncStepUploads(self._requester)

    @cached_property
    def jobs(self) -> AsyncJobs:
        """The units of work in a build, their logs and their environment."""
        from .jobs import AsyncJobs

        return AsyncJobs(self._requester)

    @cached_property
    def annotations(self) -> AsyncAnnotations:
        """Markdown shown on a build's page."""
        from .annotations import AsyncAnnotations

        return AsyncAnnotations(self._requester)

    @cached_property
    def artifacts(self) -> AsyncArtifacts:
        """Files that jobs upload."""
        from .artifacts import AsyncArtifacts

        return AsyncArtifacts(self._requester)

    @cached_property
    def agents(self) -> AsyncAgents:
        """The machines that run jobs."""
        from .agents import AsyncAgents

        return AsyncAgents(self._requester)

    @cached_property
    def teams(self) -> AsyncTeams:
        """Teams of an organization."""
        from .teams import AsyncTeams

        return AsyncTeams(self._requester)

    @cached_property
    def clusters(self) -> AsyncClusters:
        """Isolated sets of agents and pipelines."""
        from .clusters import AsyncClusters

        return AsyncClusters(self._requester)

    @cached_property
    def queues(self) -> AsyncQueues:
        """The queues of a cluster."""
        from .queues import AsyncQueues

        return AsyncQueues(self._requester)

    @cached_property
    def cluster_tokens(self) -> AsyncClusterTokens:
        """Tokens that agents register with at a cluster."""
        from .cluster_tokens import AsyncClusterTokens

        return AsyncClusterTokens(self._requester)

    @cached_property
    def cluster_maintainers(self) -> AsyncClusterMaintainersService:
        """Users and teams that may manage a cluster."""
        from .cluster_maintainers import AsyncClusterMaintainersService

        return AsyncClusterMaintainersService(self._requester)

    @cached_property
    def secrets(self) -> AsyncSecrets:
        """Secrets of a cluster, whose values only go in."""
        from .secrets import AsyncSecrets

        return AsyncSecrets(self._requester)

    @cached_property
    def agent_images(self) -> AsyncAgentImages:
        """Images that Buildkite hosted agents run."""
        from .agent_images import AsyncAgentImages

        return AsyncAgentImages(self._requester)

    @cached_property
    def network_ranges(self) -> AsyncNetworkRanges:
        """The networks that Buildkite hosted agents come from."""
        from .network_ranges import AsyncNetworkRanges

        return AsyncNetworkRanges(self._requester)

    @cached_property
    def cache_volumes(self) -> AsyncCacheVolumes:
        """Cache volumes of Buildkite hosted agents."""
        from .cache_volumes import AsyncCacheVolumes

        return AsyncCacheVolumes(self._requester)

    @cached_property
    def pipeline_templates(self) -> AsyncPipelineTemplates:
        """Steps that pipelines can share."""
        from .pipeline_templates import AsyncPipelineTemplates

        return AsyncPipelineTemplates(self._requester)

    @cached_property
    def rules(self) -> AsyncRules:
        """Permissions of one pipeline for another."""
        from .rules import AsyncRules

        return AsyncRules(self._requester)

    @cached_property
    def portals(self) -> AsyncPortals:
        """Stored GraphQL operations with an address of their own."""
        from .portals import AsyncPortals

        return AsyncPortals(self._requester)

    @cached_property
    def emojis(self) -> AsyncEmojis:
        """The emojis that an organization may use."""
        from .emojis import AsyncEmojis

        return AsyncEmojis(self._requester)

    @cached_property
    def user(self) -> AsyncUserService:
        """The user that a token belongs to."""
        from .user import AsyncUserService

        return AsyncUserService(self._requester)

    @cached_property
    def access_token(self) -> AsyncAccessTokenService:
        """The token in use."""
        from .access_token import AsyncAccessTokenService

        return AsyncAccessTokenService(self._requester)

    @cached_property
    def meta(self) -> AsyncMetaService:
        """Facts about Buildkite itself."""
        from .meta import AsyncMetaService

        return AsyncMetaService(self._requester)

    @cached_property
    def discovery(self) -> AsyncDiscovery:
        """Descriptions of the API by itself."""
        from .discovery import AsyncDiscovery

        return AsyncDiscovery(self._requester)

    @cached_property
    def registries(self) -> AsyncRegistries:
        """Package registries."""
        from .registries import AsyncRegistries

        return AsyncRegistries(self._requester)

    @cached_property
    def registry_tokens(self) -> AsyncRegistryTokens:
        """Tokens of package registries."""
        from .registry_tokens import AsyncRegistryTokens

        return AsyncRegistryTokens(self._requester)

    @cached_property
    def packages(self) -> AsyncPackages:
        """Packages in registries."""
        from .packages import AsyncPackages

        return AsyncPackages(self._requester)

    @cached_property
    def test_engine(self) -> AsyncTestEngine:
        """Test engine."""
        from .test_engine import AsyncTestEngine

        return AsyncTestEngine(self._requester)


class Services:
    """Services of a client."""

    _requester: Requester

    @cached_property
    def organizations(self) -> Organizations:
        """Organizations that a token reaches, and their rate limits."""
        from .organizations import AsyncOrganizations, Organizations

        return Organizations(AsyncOrganizations(self._requester))

    @cached_property
    def audit_events(self) -> AuditEvents:
        """The audit log of an organization."""
        from .audit_events import AsyncAuditEvents, AuditEvents

        return AuditEvents(AsyncAuditEvents(self._requester))

    @cached_property
    def members(self) -> Members:
        """The members of an organization."""
        from .members import AsyncMembers, Members

        return Members(AsyncMembers(self._requester))

    @cached_property
    def invitations(self) -> Invitations:
        """Invitations into an organization."""
        from .invitations import AsyncInvitations, Invitations

        return Invitations(AsyncInvitations(self._requester))

    @cached_property
    def api_settings(self) -> ApiSettingsService:
        """Restrictions of the use of an organization's API."""
        from .api_settings import ApiSettingsService, AsyncApiSettingsService

        return ApiSettingsService(AsyncApiSettingsService(self._requester))

    @cached_property
    def pipeline_settings(self) -> PipelineSettingsService:
        """Settings for all pipelines of an organization."""
        from .pipeline_settings import AsyncPipelineSettingsService, PipelineSettingsService

        return PipelineSettingsService(AsyncPipelineSettingsService(self._requester))

    @cached_property
    def repository_connections(self) -> RepositoryConnections:
        """Connections to source code hosts."""
        from .repository_connections import AsyncRepositoryConnections, RepositoryConnections

        return RepositoryConnections(AsyncRepositoryConnections(self._requester))

    @cached_property
    def notification_services(self) -> NotificationServices:
        """Services that are told about builds and jobs."""
        from .notification_services import AsyncNotificationServices, NotificationServices

        return NotificationServices(AsyncNotificationServices(self._requester))

    @cached_property
    def pipelines(self) -> Pipelines:
        """Pipelines, their webhook and their archive state."""
        from .pipelines import AsyncPipelines, Pipelines

        return Pipelines(AsyncPipelines(self._requester))

    @cached_property
    def schedules(self) -> Schedules:
        """Schedules that create builds."""
        from .schedules import AsyncSchedules, Schedules

        return Schedules(AsyncSchedules(self._requester))

    @cached_property
    def builds(self) -> Builds:
        """Runs of a pipeline."""
        from .builds import AsyncBuilds, Builds

        return Builds(AsyncBuilds(self._requester))

    @cached_property
    def step_uploads(self) -> StepUploads:
        """Steps that jobs upload into their build."""
        from .step_uploads import AsyncStepUploads, StepUploads

        return StepUploads(AsyncStepUploads(self._requester))

    @cached_property
    def jobs(self) -> Jobs:
        """The units of work in a build, their logs and their environment."""
        from .jobs import AsyncJobs, Jobs

        return Jobs(AsyncJobs(self._requester))

    @cached_property
    def annotations(self) -> Annotations:
        """Markdown shown on a build's page."""
        from .annotations import Annotations, AsyncAnnotations

        return Annotations(AsyncAnnotations(self._requester))

    @cached_property
    def artifacts(self) -> Artifacts:
        """Files that jobs upload."""
        from .artifacts import Artifacts, AsyncArtifacts

        return Artifacts(AsyncArtifacts(self._requester))

    @cached_property
    def agents(self) -> Agents:
        """The machines that run jobs."""
        from .agents import Agents, AsyncAgents

        return Agents(AsyncAgents(self._requester))

    @cached_property
    def teams(self) -> Teams:
        """Teams of an organization."""
        from .teams import AsyncTeams, Teams

        return Teams(AsyncTeams(self._requester))

    @cached_property
    def clusters(self) -> Clusters:
        """Isolated sets of agents and pipelines."""
        from .clusters import AsyncClusters, Clusters

        return Clusters(AsyncClusters(self._requester))

    @cached_property
    def queues(self) -> Queues:
        """The queues of a cluster."""
        from .queues import AsyncQueues, Queues

        return Queues(AsyncQueues(self._requester))

    @cached_property
    def cluster_tokens(self) -> ClusterTokens:
        """Tokens that agents register with at a cluster."""
        from .cluster_tokens import AsyncClusterTokens, ClusterTokens

        return ClusterTokens(AsyncClusterTokens(self._requester))

    @cached_property
    def cluster_maintainers(self) -> ClusterMaintainersService:
        """Users and teams that may manage a cluster."""
        from .cluster_maintainers import AsyncClusterMaintainersService, ClusterMaintainersService

        return ClusterMaintainersService(AsyncClusterMaintainersService(self._requester))

    @cached_property
    def secrets(self) -> Secrets:
        """Secrets of a cluster, whose values only go in."""
        from .secrets import AsyncSecrets, Secrets

        return Secrets(AsyncSecrets(self._requester))

    @cached_property
    def agent_images(self) -> AgentImages:
        """Images that Buildkite hosted agents run."""
        from .agent_images import AgentImages, AsyncAgentImages

        return AgentImages(AsyncAgentImages(self._requester))

    @cached_property
    def network_ranges(self) -> NetworkRanges:
        """The networks that Buildkite hosted agents come from."""
        from .network_ranges import AsyncNetworkRanges, NetworkRanges

        return NetworkRanges(AsyncNetworkRanges(self._requester))

    @cached_property
    def cache_volumes(self) -> CacheVolumes:
        """Cache volumes of Buildkite hosted agents."""
        from .cache_volumes import AsyncCacheVolumes, CacheVolumes

        return CacheVolumes(AsyncCacheVolumes(self._requester))

    @cached_property
    def pipeline_templates(self) -> PipelineTemplates:
        """Steps that pipelines can share."""
        from .pipeline_templates import AsyncPipelineTemplates, PipelineTemplates

        return PipelineTemplates(AsyncPipelineTemplates(self._requester))

    @cached_property
    def rules(self) -> Rules:
        """Permissions of one pipeline for another."""
        from .rules import AsyncRules, Rules

        return Rules(AsyncRules(self._requester))

    @cached_property
    def portals(self) -> Portals:
        """Stored GraphQL operations with an address of their own."""
        from .portals import AsyncPortals, Portals

        return Portals(AsyncPortals(self._requester))

    @cached_property
    def emojis(self) -> Emojis:
        """The emojis that an organization may use."""
        from .emojis import AsyncEmojis, Emojis

        return Emojis(AsyncEmojis(self._requester))

    @cached_property
    def user(self) -> UserService:
        """The user that a token belongs to."""
        from .user import AsyncUserService, UserService

        return UserService(AsyncUserService(self._requester))

    @cached_property
    def access_token(self) -> AccessTokenService:
        """The token in use."""
        from .access_token import AccessTokenService, AsyncAccessTokenService

        return AccessTokenService(AsyncAccessTokenService(self._requester))

    @cached_property
    def meta(self) -> MetaService:
        """Facts about Buildkite itself."""
        from .meta import AsyncMetaService, MetaService

        return MetaService(AsyncMetaService(self._requester))

    @cached_property
    def discovery(self) -> Discovery:
        """Descriptions of the API by itself."""
        from .discovery import AsyncDiscovery, Discovery

        return Discovery(AsyncDiscovery(self._requester))

    @cached_property
    def registries(self) -> Registries:
        """Package registries."""
        from .registries import AsyncRegistries, Registries

        return Registries(AsyncRegistries(self._requester))

    @cached_property
    def registry_tokens(self) -> RegistryTokens:
        """Tokens of package registries."""
        from .registry_tokens import AsyncRegistryTokens, RegistryTokens

        return RegistryTokens(AsyncRegistryTokens(self._requester))

    @cached_property
    def packages(self) -> Packages:
        """Packages in registries."""
        from .packages import AsyncPackages, Packages

        return Packages(AsyncPackages(self._requester))

    @cached_property
    def test_engine(self) -> TestEngine:
        """Test engine."""
        from .test_engine import AsyncTestEngine, TestEngine

        return TestEngine(AsyncTestEngine(self._requester))
