"""Routes of teams and of what they contain. https://buildkite.com/docs/apis/rest-api/teams

Access levels and permissions of teams restrict nothing here: the documentation of the REST API doesn't say what a request
beyond them is answered. Every token sees all teams.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.ids import slug_of
from ...state.pipelines import Pipeline
from ...state.teams import Team, TeamAttributes, TeamMember, TeamPipeline
from ..fields import Fields
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import Json, RefusedRequest, SimResponse, json_response
from ..views.teams import team_member_view, team_pipeline_view, team_view

__all__ = ["HANDLERS", "PIPELINE_ACCESS", "TEAM_ROLES", "team_of"]

PIPELINE_ACCESS = ("read_only", "build_and_read", "manage_build_and_read")
"""Access levels of a team for a pipeline."""

TEAM_ROLES = ("member", "maintainer")
"""Roles in a team."""

# Teams -------------------------------------------------------------------------------------------------------------


def _list_teams(request: RoutedRequest) -> SimResponse:
    user_id = request.query.text("user_id")
    shown = [team for team in request.organization.teams.values() if user_id is None or user_id in team.members]
    return request.page(shown, team_view)


def _get_team(request: RoutedRequest) -> SimResponse:
    return json_response(team_view(team_of(request)))


def _create_team(request: RoutedRequest) -> SimResponse:
    """Create a team.

    All fields are documented as required, but Buildkite's own clients leave some out; here the name alone has to be
    there. The answer is the whole team and the documented `is_default_team`. An organization without teams gets them by
    its first one, which is not documented.
    """
    fields = Fields(request.body())
    fields.required("name")
    attributes = _attributes(request, fields, TeamAttributes(), None)
    team = request.engine.administration.memberships.add_team(slug_of(attributes.name), attributes, request.user)
    return json_response(_answer(team), status=201)


def _update_team(request: RoutedRequest) -> SimResponse:
    """Change a team. What is left out stays as it is, as Buildkite's own clients expect."""
    team = team_of(request)
    attributes = _attributes(request, Fields(request.body()), team.attributes, team)
    slug = team.slug if attributes.name == team.name else slug_of(attributes.name)
    request.engine.administration.memberships.update_team(team, slug, attributes, request.user)
    return json_response(_answer(team))


def _delete_team(request: RoutedRequest) -> SimResponse:
    """Delete a team. Which ones can't be deleted is not documented; here all can."""
    request.engine.administration.memberships.delete_team(team_of(request), request.user)
    return NO_CONTENT


def _enable_teams(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    request.engine.administration.memberships.enable_teams(request.user)
    return NO_CONTENT


def _attributes(request: RoutedRequest, fields: Fields, known: TeamAttributes, team: Team | None) -> TeamAttributes:
    attributes = TeamAttributes(
        name=fields.kept("name", known.name),
        description=fields.text("description", known.description),
        privacy=fields.choice("privacy", ("visible", "secret"), known.privacy),
        is_default_team=fields.flag("is_default_team", known.is_default_team),
        default_member_role=fields.choice("default_member_role", TEAM_ROLES, known.default_member_role),
        members_can_create_pipelines=fields.flag("members_can_create_pipelines", known.members_can_create_pipelines),
        members_can_create_suites=fields.flag("members_can_create_suites", known.members_can_create_suites),
        members_can_create_registries=fields.flag("members_can_create_registries", known.members_can_create_registries),
        members_can_destroy_registries=fields.flag(
            "members_can_destroy_registries", known.members_can_destroy_registries
        ),
        members_can_destroy_packages=fields.flag("members_can_destroy_packages", known.members_can_destroy_packages),
    )
    slug = slug_of(attributes.name)
    if any(each.slug == slug for each in request.organization.teams.values() if each is not team):
        fields.refuse("name", "Name has already been taken")
    fields.check_told()
    return attributes


def _answer(team: Team) -> Json:
    return {**team_view(team), "is_default_team": team.attributes.is_default_team}


def team_of(request: RoutedRequest) -> Team:
    """Return the team that the path names."""
    team = request.organization.teams.get(request.path["team_uuid"])
    if team is None:
        raise RefusedRequest(404, "No team found")
    return team


# Members -----------------------------------------------------------------------------------------------------------


def _list_members(request: RoutedRequest) -> SimResponse:
    return request.page(list(team_of(request).members.values()), team_member_view)


def _get_member(request: RoutedRequest) -> SimResponse:
    return json_response(team_member_view(_member(request)))


def _create_member(request: RoutedRequest) -> SimResponse:
    team, fields = team_of(request), Fields(request.body())
    user = request.organization.users.get(fields.required("user_id"))
    role = fields.choice("role", TEAM_ROLES, team.attributes.default_member_role)
    if not fields.wrong and user is None:
        fields.refuse("user_id", "User must be a member of the organization")
    if user is not None and user.id in team.members:
        fields.refuse("user_id", "User is already a member of the team")
    fields.check_told()
    assert user is not None
    member = request.engine.administration.memberships.add_to_team(team, user, role, request.user)
    return json_response(team_member_view(member), status=201)


def _update_member(request: RoutedRequest) -> SimResponse:
    member, fields = _member(request), Fields(request.body())
    role = fields.choice("role", TEAM_ROLES, member.role)
    fields.check_told()
    request.engine.administration.memberships.update_team_member(team_of(request), member, role, request.user)
    return json_response(team_member_view(member))


def _delete_member(request: RoutedRequest) -> SimResponse:
    """Remove a member. Which ones can't be removed is not documented; here all can."""
    memberships = request.engine.administration.memberships
    memberships.remove_from_team(team_of(request), _member(request).user, request.user)
    return NO_CONTENT


def _member(request: RoutedRequest) -> TeamMember:
    member = team_of(request).members.get(request.path["user_uuid"])
    if member is None:
        raise RefusedRequest(404, "No team member found")
    return member


# Pipelines ---------------------------------------------------------------------------------------------------------


def _list_pipelines(request: RoutedRequest) -> SimResponse:
    return request.page(list(team_of(request).pipelines.values()), lambda item: team_pipeline_view(item, request.urls))


def _get_pipeline(request: RoutedRequest) -> SimResponse:
    return json_response(team_pipeline_view(_pipeline(request), request.urls))


def _create_pipeline(request: RoutedRequest) -> SimResponse:
    team, fields = team_of(request), Fields(request.body())
    pipeline = _pipeline_of(request, fields.required("pipeline_id"))
    access_level = _access(fields, "")
    if not fields.wrong and pipeline is None:
        fields.refuse("pipeline_id", "Pipeline must be one of the organization")
    if pipeline is not None and pipeline.id in team.pipelines:
        fields.refuse("pipeline_id", "Pipeline is already in the team")
    fields.check_told()
    assert pipeline is not None
    memberships = request.engine.administration.memberships
    added = memberships.add_team_pipeline(team, pipeline, access_level, request.user)
    return json_response(team_pipeline_view(added, request.urls), status=201)


def _update_pipeline(request: RoutedRequest) -> SimResponse:
    pipeline, fields = _pipeline(request), Fields(request.body())
    access_level = _access(fields, pipeline.access_level)
    fields.check_told()
    memberships = request.engine.administration.memberships
    memberships.update_team_pipeline(team_of(request), pipeline, access_level, request.user)
    return json_response(team_pipeline_view(pipeline, request.urls))


def _delete_pipeline(request: RoutedRequest) -> SimResponse:
    memberships = request.engine.administration.memberships
    memberships.remove_team_pipeline(team_of(request), _pipeline(request).pipeline.id, request.user)
    return NO_CONTENT


def _access(fields: Fields, default: str) -> str:
    return fields.choice("access_level", PIPELINE_ACCESS, default)


def _pipeline_of(request: RoutedRequest, pipeline_id: str) -> Pipeline | None:
    return next((each for each in request.organization.pipelines.values() if each.id == pipeline_id), None)


def _pipeline(request: RoutedRequest) -> TeamPipeline:
    pipeline = team_of(request).pipelines.get(request.path["pipeline_uuid"])
    if pipeline is None:
        raise RefusedRequest(404, "No team pipeline found")
    return pipeline


HANDLERS: Mapping[str, Handler] = {
    "list_teams": _list_teams,
    "get_team": _get_team,
    "create_team": _create_team,
    "update_team": _update_team,
    "delete_team": _delete_team,
    "enable_teams": _enable_teams,
    "list_team_members": _list_members,
    "get_team_member": _get_member,
    "create_team_member": _create_member,
    "update_team_member": _update_member,
    "delete_team_member": _delete_member,
    "list_team_pipelines": _list_pipelines,
    "get_team_pipeline": _get_pipeline,
    "create_team_pipeline": _create_pipeline,
    "update_team_pipeline": _update_pipeline,
    "delete_team_pipeline": _delete_pipeline,
}
