"""Memberships: it adds and changes teams, members, invitations and the settings of the organization."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..state.organization import Organization
from ..state.pipelines import Pipeline
from ..state.settings import ApiSettings, PipelineSettings
from ..state.teams import Invitation, Team, TeamAttributes, TeamMember, TeamPipeline, TeamSuite
from ..state.test_engine import Suite
from ..state.users import User
from .administrative_changes import AdministrativeChanges

__all__ = ["Memberships"]


class Memberships:
    """Memberships: the only writer of teams, members, invitations and settings. Each change is emitted as an event.

    Args:
        organization: the organization that it changes.
        changes: receives each change.
    """

    def __init__(self, organization: Organization, changes: AdministrativeChanges) -> None:
        self._organization = organization
        self._changes = changes

    # Members -------------------------------------------------------------------------------------------------------

    def update_member(self, user: User, by: User, *, role: str, sso_mode: str) -> None:
        """Change the role and the SSO mode of a member."""
        user.role, user.sso_mode = role, sso_mode
        self._changes.resource("member", user.id, user.name, user.name, by)

    def remove_member(self, user: User, by: User) -> None:
        """Remove a member from the organization and its teams. The member's tokens reach it no more."""
        for team in self._organization.teams_of(user):
            self.remove_from_team(team, user, by)
        del self._organization.users[user.id]
        self._changes.resource("member", user.id, user.name, None, by)

    def invite(
        self, emails: Collection[str], teams: Sequence[tuple[Team, str]], by: User, *, role: str, sso_mode: str
    ) -> list[Invitation]:
        """Invite people by their e-mail addresses."""
        invitations = [
            Invitation(self._organization.ids.uuid(), email, role, sso_mode, tuple(teams), self._changes.now, by)
            for email in emails
        ]
        for invitation in invitations:
            self._organization.invitations[invitation.id] = invitation
            self._changes.resource("invitation", invitation.id, None, invitation.email, by)
        return invitations

    def revoke(self, invitation: Invitation, by: User) -> None:
        """Take an invitation back."""
        invitation.state = "revoked"
        invitation.revoked_at, invitation.revoked_by = self._changes.now, by
        email = invitation.email
        self._changes.resource("invitation", invitation.id, email, email, by, action="revoked")

    # Teams ---------------------------------------------------------------------------------------------------------

    def enable_teams(self, by: User) -> None:
        """Let the organization have teams. If it has none yet, it gets one of all its members."""
        self._organization.teams_enabled = True
        if not self._organization.teams:
            everyone = TeamAttributes(name="Everyone", is_default_team=True)
            team = self.add_team("everyone", everyone, by)
            for user in self._organization.users.values():
                self.add_to_team(team, user, "maintainer" if user.administrates else "member", by)

    def add_team(self, slug: str, attributes: TeamAttributes, by: User) -> Team:
        """Add a team."""
        team = Team(self._organization.ids.uuid(), slug, attributes, self._changes.now, by)
        self._organization.teams_enabled = True
        self._organization.teams[team.id] = team
        self._changes.resource("team", team.id, None, attributes.name, by)
        return team

    def update_team(self, team: Team, slug: str, attributes: TeamAttributes, by: User) -> None:
        """Change a team."""
        before, team.slug = team.name, slug
        team.attributes = attributes
        self._changes.resource("team", team.id, before, team.name, by)

    def delete_team(self, team: Team, by: User) -> None:
        """Delete a team. Invitations into it remain, without it."""
        del self._organization.teams[team.id]
        for invitation in self._organization.invitations.values():
            invitation.teams = tuple(each for each in invitation.teams if each[0] is not team)
        self._changes.resource("team", team.id, team.name, None, by)

    def add_to_team(self, team: Team, user: User, role: str, by: User) -> TeamMember:
        """Add a member to a team."""
        member = team.members[user.id] = TeamMember(user, role, self._changes.now)
        self._team_changed(team, by)
        return member

    def update_team_member(self, team: Team, member: TeamMember, role: str, by: User) -> None:
        """Change the role of a member in a team."""
        member.role = role
        self._team_changed(team, by)

    def remove_from_team(self, team: Team, user: User, by: User) -> None:
        """Remove a member from a team."""
        del team.members[user.id]
        self._team_changed(team, by)

    def add_team_pipeline(self, team: Team, pipeline: Pipeline, access_level: str, by: User) -> TeamPipeline:
        """Let a team reach a pipeline."""
        added = team.pipelines[pipeline.id] = TeamPipeline(pipeline, access_level, self._changes.now)
        self._team_changed(team, by)
        return added

    def update_team_pipeline(self, team: Team, pipeline: TeamPipeline, access_level: str, by: User) -> None:
        """Change what a team may do with a pipeline."""
        pipeline.access_level = access_level
        self._team_changed(team, by)

    def remove_team_pipeline(self, team: Team, pipeline_id: str, by: User) -> None:
        """Let a team reach a pipeline no more."""
        del team.pipelines[pipeline_id]
        self._team_changed(team, by)

    def forget_pipeline(self, pipeline: Pipeline, by: User) -> None:
        """Take a deleted pipeline from all teams."""
        for team in self._organization.teams.values():
            if pipeline.id in team.pipelines:
                self.remove_team_pipeline(team, pipeline.id, by)

    def add_team_suite(self, team: Team, suite: Suite, access_level: tuple[str, ...], by: User) -> TeamSuite:
        """Let a team reach a test suite."""
        added = team.suites[suite.id] = TeamSuite(suite, access_level, self._changes.now)
        self._team_changed(team, by)
        return added

    def update_team_suite(self, team: Team, suite: TeamSuite, access_level: tuple[str, ...], by: User) -> None:
        """Change what a team may do with a test suite."""
        suite.access_level = access_level
        self._team_changed(team, by)

    def remove_team_suite(self, team: Team, suite_id: str, by: User) -> None:
        """Let a team reach a test suite no more."""
        del team.suites[suite_id]
        self._team_changed(team, by)

    # Settings ------------------------------------------------------------------------------------------------------

    def set_pipeline_settings(self, settings: PipelineSettings, by: User) -> None:
        """Change the settings of the pipelines."""
        self._organization.pipeline_settings = settings
        self._changes.resource("settings", self._organization.id, "pipelines", "pipelines", by)

    def set_api_settings(self, settings: ApiSettings, by: User) -> None:
        """Change the settings of the API."""
        self._organization.api_settings = settings
        self._changes.resource("settings", self._organization.id, "api", "api", by)

    def _team_changed(self, team: Team, by: User) -> None:
        self._changes.resource("team", team.id, team.name, team.name, by)
