# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.teams`: team members, team pipelines, team suites, teams."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from buildkite_api.models import (
    PipelineAccessLevel,
    SuiteAccessLevel,
    Team,
    TeamMember,
    TeamMemberRole,
    TeamPipeline,
    TeamPrivacy,
    TeamSuite,
)
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncTeamsSuites(AsyncService):
    """Access of teams to test suites."""

    def list(
        self, team_uuid: str, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[TeamSuite]:
        """List a team's suites. Scope: view_teams.

        The test suites that a team can reach, a page at a time.

        The page of this endpoint asks for the scope `view_teams`, which stands in no published list of scopes;
        `read_teams` does.

        Args:
            team_uuid: the team's id, not its slug.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/teams/suites
        """
        check(AsyncTeamsSuites.list, locals())
        from buildkite_api.api.team_suites import list_team_suites

        return self._items(
            "teams.suites.list",
            list_team_suites,
            self._requester.organization,
            team_uuid,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, team_uuid: str, suite_uuid: str) -> TeamSuite:
        """Get a team's suite. Scope: view_teams.

        One test suite of a team by its id.

        The page of this endpoint asks for the scope `view_teams`, which stands in no published list of scopes;
        `read_teams` does.

        Args:
            team_uuid: the team's id, not its slug.
            suite_uuid: the suite's id, not its slug.

        https://buildkite.com/docs/apis/rest-api/teams/suites
        """
        check(AsyncTeamsSuites.get, locals())
        from buildkite_api.api.team_suites import get_team_suite

        return await self._requester.call(get_team_suite, self._requester.organization, team_uuid, suite_uuid)

    async def create(
        self, team_uuid: str, *, suite_id: str, access_level: Sequence[SuiteAccessLevel | str]
    ) -> TeamSuite:
        """Give a team a suite. Scope: write_teams.

        Let a team reach a test suite. What does not fit is a 422.

        Args:
            team_uuid: the team's id, not its slug.
            suite_id: the suite's id.
            access_level: access level.

        https://buildkite.com/docs/apis/rest-api/teams/suites
        """
        check(AsyncTeamsSuites.create, locals())
        from buildkite_api.api.team_suites import create_team_suite
        from buildkite_api.models import CreateTeamSuiteRequest

        request = CreateTeamSuiteRequest(suite_id=suite_id, access_level=access_level)
        return await self._requester.call(create_team_suite, self._requester.organization, team_uuid, body=request)

    async def update(
        self, team_uuid: str, suite_uuid: str, *, access_level: Sequence[SuiteAccessLevel | str]
    ) -> TeamSuite:
        """Update a team's suite. Scope: write_teams.

        Change what a team may do with a test suite. What does not fit is a 422.

        Args:
            team_uuid: the team's id, not its slug.
            suite_uuid: the suite's id, not its slug.
            access_level: all that the team may do.

        https://buildkite.com/docs/apis/rest-api/teams/suites
        """
        check(AsyncTeamsSuites.update, locals())
        from buildkite_api.api.team_suites import update_team_suite
        from buildkite_api.models import UpdateTeamSuiteRequest

        request = UpdateTeamSuiteRequest(access_level=access_level)
        return await self._requester.call(
            update_team_suite, self._requester.organization, team_uuid, suite_uuid, body=request
        )

    async def delete(self, team_uuid: str, suite_uuid: str) -> None:
        """Take a suite from a team. Scope: write_teams.

        Let a team reach a test suite no more. The suite itself stays. A refusal is a 422 that names the reason.

        Args:
            team_uuid: the team's id, not its slug.
            suite_uuid: the suite's id, not its slug.

        https://buildkite.com/docs/apis/rest-api/teams/suites
        """
        check(AsyncTeamsSuites.delete, locals())
        from buildkite_api.api.team_suites import delete_team_suite

        return await self._requester.call(delete_team_suite, self._requester.organization, team_uuid, suite_uuid)


class TeamsSuites(Service[AsyncTeamsSuites]):
    """Access of teams to test suites."""

    list = blocking(AsyncTeamsSuites.list)
    get = blocking(AsyncTeamsSuites.get)
    create = blocking(AsyncTeamsSuites.create)
    update = blocking(AsyncTeamsSuites.update)
    delete = blocking(AsyncTeamsSuites.delete)


class AsyncTeamsPipelines(AsyncService):
    """Access of teams to pipelines."""

    def list(
        self, team_uuid: str, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[TeamPipeline]:
        """List a team's pipelines. Scope: view_teams.

        The pipelines that a team can reach, a page at a time.

        The page of this endpoint asks for the scope `view_teams`, which stands in no published list of scopes;
        `read_teams` does.

        Args:
            team_uuid: the team's id, not its slug.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/teams/pipelines
        """
        check(AsyncTeamsPipelines.list, locals())
        from buildkite_api.api.team_pipelines import list_team_pipelines

        return self._items(
            "teams.pipelines.list",
            list_team_pipelines,
            self._requester.organization,
            team_uuid,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, team_uuid: str, pipeline_uuid: str) -> TeamPipeline:
        """Get a team's pipeline. Scope: view_teams.

        One pipeline of a team by its id.

        The page of this endpoint asks for the scope `view_teams`, which stands in no published list of scopes;
        `read_teams` does.

        Args:
            team_uuid: the team's id, not its slug.
            pipeline_uuid: the pipeline's id, not its slug.

        https://buildkite.com/docs/apis/rest-api/teams/pipelines
        """
        check(AsyncTeamsPipelines.get, locals())
        from buildkite_api.api.team_pipelines import get_team_pipeline

        return await self._requester.call(get_team_pipeline, self._requester.organization, team_uuid, pipeline_uuid)

    async def create(
        self, team_uuid: str, *, pipeline_id: str, access_level: PipelineAccessLevel | str
    ) -> TeamPipeline:
        """Give a team a pipeline. Scope: write_teams.

        Let a team reach a pipeline. What does not fit is a 422.

        Args:
            team_uuid: the team's id, not its slug.
            pipeline_id: the pipeline's id.
            access_level: access level.

        https://buildkite.com/docs/apis/rest-api/teams/pipelines
        """
        check(AsyncTeamsPipelines.create, locals())
        from buildkite_api.api.team_pipelines import create_team_pipeline
        from buildkite_api.models import CreateTeamPipelineRequest

        request = CreateTeamPipelineRequest(pipeline_id=pipeline_id, access_level=access_level)
        return await self._requester.call(create_team_pipeline, self._requester.organization, team_uuid, body=request)

    async def update(
        self, team_uuid: str, pipeline_uuid: str, *, access_level: PipelineAccessLevel | str
    ) -> TeamPipeline:
        """Update a team's pipeline. Scope: write_teams.

        Change what a team may do with a pipeline. What does not fit is a 422.

        Args:
            team_uuid: the team's id, not its slug.
            pipeline_uuid: the pipeline's id, not its slug.
            access_level: access level.

        https://buildkite.com/docs/apis/rest-api/teams/pipelines
        """
        check(AsyncTeamsPipelines.update, locals())
        from buildkite_api.api.team_pipelines import update_team_pipeline
        from buildkite_api.models import UpdateTeamPipelineRequest

        request = UpdateTeamPipelineRequest(access_level=access_level)
        return await self._requester.call(
            update_team_pipeline, self._requester.organization, team_uuid, pipeline_uuid, body=request
        )

    async def delete(self, team_uuid: str, pipeline_uuid: str) -> None:
        """Take a pipeline from a team. Scope: write_teams.

        Let a team reach a pipeline no more. The pipeline itself stays. A refusal is a 422 that names the
        reason.

        Args:
            team_uuid: the team's id, not its slug.
            pipeline_uuid: the pipeline's id, not its slug.

        https://buildkite.com/docs/apis/rest-api/teams/pipelines
        """
        check(AsyncTeamsPipelines.delete, locals())
        from buildkite_api.api.team_pipelines import delete_team_pipeline

        return await self._requester.call(delete_team_pipeline, self._requester.organization, team_uuid, pipeline_uuid)


class TeamsPipelines(Service[AsyncTeamsPipelines]):
    """Access of teams to pipelines."""

    list = blocking(AsyncTeamsPipelines.list)
    get = blocking(AsyncTeamsPipelines.get)
    create = blocking(AsyncTeamsPipelines.create)
    update = blocking(AsyncTeamsPipelines.update)
    delete = blocking(AsyncTeamsPipelines.delete)


class AsyncTeamsMembers(AsyncService):
    """The members of a team."""

    def list(
        self, team_uuid: str, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[TeamMember]:
        """List a team's members. Scope: view_teams.

        The members of a team, a page at a time.

        The page of this endpoint asks for the scope `view_teams`, which stands in no published list of scopes;
        `read_teams` does.

        Args:
            team_uuid: the team's id, not its slug.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/teams/members
        """
        check(AsyncTeamsMembers.list, locals())
        from buildkite_api.api.team_members import list_team_members

        return self._items(
            "teams.members.list",
            list_team_members,
            self._requester.organization,
            team_uuid,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, team_uuid: str, user_uuid: str) -> TeamMember:
        """Get a team's member. Scope: view_teams.

        One member by the id of the user.

        The page of this endpoint asks for the scope `view_teams`, which stands in no published list of scopes;
        `read_teams` does.

        Args:
            team_uuid: the team's id, not its slug.
            user_uuid: the user's id.

        https://buildkite.com/docs/apis/rest-api/teams/members
        """
        check(AsyncTeamsMembers.get, locals())
        from buildkite_api.api.team_members import get_team_member

        return await self._requester.call(get_team_member, self._requester.organization, team_uuid, user_uuid)

    async def create(self, team_uuid: str, *, user_id: str, role: TeamMemberRole | str) -> TeamMember:
        """Add a member to a team. Scope: write_teams.

        Add a user to a team. What does not fit is a 422.

        Args:
            team_uuid: the team's id, not its slug.
            user_id: the user's id.
            role: role of the user in the team.

        https://buildkite.com/docs/apis/rest-api/teams/members
        """
        check(AsyncTeamsMembers.create, locals())
        from buildkite_api.api.team_members import create_team_member
        from buildkite_api.models import CreateTeamMemberRequest

        request = CreateTeamMemberRequest(user_id=user_id, role=role)
        return await self._requester.call(create_team_member, self._requester.organization, team_uuid, body=request)

    async def update(self, team_uuid: str, user_uuid: str, *, role: TeamMemberRole | str) -> TeamMember:
        """Update a team's member. Scope: write_teams.

        Change what a member may do in the team. What does not fit is a 422.

        Args:
            team_uuid: the team's id, not its slug.
            user_uuid: the user's id.
            role: role of the user in the team.

        https://buildkite.com/docs/apis/rest-api/teams/members
        """
        check(AsyncTeamsMembers.update, locals())
        from buildkite_api.api.team_members import update_team_member
        from buildkite_api.models import UpdateTeamMemberRequest

        request = UpdateTeamMemberRequest(role=role)
        return await self._requester.call(
            update_team_member, self._requester.organization, team_uuid, user_uuid, body=request
        )

    async def delete(self, team_uuid: str, user_uuid: str) -> None:
        """Remove a member from a team. Scope: write_teams.

        Remove a user from a team. One who cannot be removed is a 422 that names the reason.

        Args:
            team_uuid: the team's id, not its slug.
            user_uuid: the user's id.

        https://buildkite.com/docs/apis/rest-api/teams/members
        """
        check(AsyncTeamsMembers.delete, locals())
        from buildkite_api.api.team_members import delete_team_member

        return await self._requester.call(delete_team_member, self._requester.organization, team_uuid, user_uuid)


class TeamsMembers(Service[AsyncTeamsMembers]):
    """The members of a team."""

    list = blocking(AsyncTeamsMembers.list)
    get = blocking(AsyncTeamsMembers.get)
    create = blocking(AsyncTeamsMembers.create)
    update = blocking(AsyncTeamsMembers.update)
    delete = blocking(AsyncTeamsMembers.delete)


class AsyncTeams(AsyncService):
    """Teams of an organization."""

    @cached_property
    def members(self) -> AsyncTeamsMembers:
        """The members of a team."""
        return AsyncTeamsMembers(self._requester)

    @cached_property
    def pipelines(self) -> AsyncTeamsPipelines:
        """Access of teams to pipelines."""
        return AsyncTeamsPipelines(self._requester)

    @cached_property
    def suites(self) -> AsyncTeamsSuites:
        """Access of teams to test suites."""
        return AsyncTeamsSuites(self._requester)

    def list(
        self, *, user_id: str | None = None, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[Team]:
        """List an organization's teams. Scope: read_teams.

        The teams of an organization, a page at a time.

        Args:
            user_id: only teams that the user with this id is a member of.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/teams
        """
        check(AsyncTeams.list, locals())
        from buildkite_api.api.teams import list_teams

        return self._items(
            "teams.list",
            list_teams,
            self._requester.organization,
            user_id=user_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, team_uuid: str) -> Team:
        """Get a team. Scope: read_teams.

        One team by its id.

        Args:
            team_uuid: the team's id, not its slug.

        https://buildkite.com/docs/apis/rest-api/teams
        """
        check(AsyncTeams.get, locals())
        from buildkite_api.api.teams import get_team

        return await self._requester.call(get_team, self._requester.organization, team_uuid)

    async def create(
        self,
        *,
        name: str,
        description: str,
        privacy: TeamPrivacy | str,
        is_default_team: bool,
        default_member_role: TeamMemberRole | str,
        members_can_create_pipelines: bool,
        members_can_create_suites: bool,
        members_can_create_registries: bool,
        members_can_destroy_registries: bool,
        members_can_destroy_packages: bool,
    ) -> Team:
        """Create a team. Scope: write_teams.

        Create a team. Every field has to be given. What does not fit is a 422.

        Args:
            name: the display name.
            description: purpose.
            privacy: privacy.
            is_default_team: true if new members of the organization join it.
            default_member_role: default role of its members.
            members_can_create_pipelines: true if its members may create pipelines.
            members_can_create_suites: true if its members may create test suites.
            members_can_create_registries: true if its members may create package registries.
            members_can_destroy_registries: true if its members may delete package registries.
            members_can_destroy_packages: true if its members may delete packages.

        https://buildkite.com/docs/apis/rest-api/teams
        """
        check(AsyncTeams.create, locals())
        from buildkite_api.api.teams import create_team
        from buildkite_api.models import CreateTeamRequest

        request = CreateTeamRequest(
            name=name,
            description=description,
            privacy=privacy,
            is_default_team=is_default_team,
            default_member_role=default_member_role,
            members_can_create_pipelines=members_can_create_pipelines,
            members_can_create_suites=members_can_create_suites,
            members_can_create_registries=members_can_create_registries,
            members_can_destroy_registries=members_can_destroy_registries,
            members_can_destroy_packages=members_can_destroy_packages,
        )
        return await self._requester.call(create_team, self._requester.organization, body=request)

    async def update(
        self,
        team_uuid: str,
        *,
        name: str,
        description: str,
        privacy: TeamPrivacy | str,
        is_default_team: bool,
        default_member_role: TeamMemberRole | str,
        members_can_create_pipelines: bool,
        members_can_create_suites: bool,
        members_can_create_registries: bool,
        members_can_destroy_registries: bool,
        members_can_destroy_packages: bool,
    ) -> Team:
        """Update a team. Scope: write_teams.

        Change a team. Every field has to be given. What does not fit is a 422.

        Args:
            team_uuid: the team's id, not its slug.
            name: the display name.
            description: purpose.
            privacy: privacy.
            is_default_team: true if new members of the organization join it.
            default_member_role: default role of its members.
            members_can_create_pipelines: true if its members may create pipelines.
            members_can_create_suites: true if its members may create test suites.
            members_can_create_registries: true if its members may create package registries.
            members_can_destroy_registries: true if its members may delete package registries.
            members_can_destroy_packages: true if its members may delete packages.

        https://buildkite.com/docs/apis/rest-api/teams
        """
        check(AsyncTeams.update, locals())
        from buildkite_api.api.teams import update_team
        from buildkite_api.models import UpdateTeamRequest

        request = UpdateTeamRequest(
            name=name,
            description=description,
            privacy=privacy,
            is_default_team=is_default_team,
            default_member_role=default_member_role,
            members_can_create_pipelines=members_can_create_pipelines,
            members_can_create_suites=members_can_create_suites,
            members_can_create_registries=members_can_create_registries,
            members_can_destroy_registries=members_can_destroy_registries,
            members_can_destroy_packages=members_can_destroy_packages,
        )
        return await self._requester.call(update_team, self._requester.organization, team_uuid, body=request)

    async def delete(self, team_uuid: str) -> None:
        """Delete a team. Scope: write_teams.

        Delete a team. One that cannot be deleted is a 422 that names the reason.

        Args:
            team_uuid: the team's id, not its slug.

        https://buildkite.com/docs/apis/rest-api/teams
        """
        check(AsyncTeams.delete, locals())
        from buildkite_api.api.teams import delete_team

        return await self._requester.call(delete_team, self._requester.organization, team_uuid)

    async def enable(self) -> None:
        """Enable teams. Scope: write_teams.

        Let an organization have teams. Where it has none yet, it gets a team of everyone. Idempotent.

        Only for administrators, and on a plan that has teams; otherwise 403.

        https://buildkite.com/docs/apis/rest-api/teams
        """
        from buildkite_api.api.teams import enable_teams

        return await self._requester.call(enable_teams, self._requester.organization)


class Teams(Service[AsyncTeams]):
    """Teams of an organization."""

    @cached_property
    def members(self) -> TeamsMembers:
        """The members of a team."""
        return TeamsMembers(self._shared.members)

    @cached_property
    def pipelines(self) -> TeamsPipelines:
        """Access of teams to pipelines."""
        return TeamsPipelines(self._shared.pipelines)

    @cached_property
    def suites(self) -> TeamsSuites:
        """Access of teams to test suites."""
        return TeamsSuites(self._shared.suites)

    list = blocking(AsyncTeams.list)
    get = blocking(AsyncTeams.get)
    create = blocking(AsyncTeams.create)
    update = blocking(AsyncTeams.update)
    delete = blocking(AsyncTeams.delete)
    enable = blocking(AsyncTeams.enable)
