"""Routes of members and invitations.

https://buildkite.com/docs/apis/rest-api/organizations/members
https://buildkite.com/docs/apis/rest-api/organizations/invitations
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...state.teams import Invitation, Team
from ...state.users import User
from ..fields import Fields
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..pages import by_cursor
from ..request import Json, RefusedRequest, SimResponse, json_response
from ..views.teams import invitation_view, member_view
from .teams import TEAM_ROLES

__all__ = ["HANDLERS"]


_ROLES, _SSO_MODES = ("admin", "member"), ("required", "optional")
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+")


# Members -----------------------------------------------------------------------------------------------------------


def _list_members(request: RoutedRequest) -> SimResponse:
    return request.page(list(request.organization.users.values()), lambda item: _view(request, item))


def _get_member(request: RoutedRequest) -> SimResponse:
    return json_response(_view(request, _member(request)))


def _update_member(request: RoutedRequest) -> SimResponse:
    """Change a member. The form of the 422 is not documented; here it is one sentence."""
    request.require_administrator()
    user, fields = _member(request), Fields(request.body())
    if user is request.user:
        raise RefusedRequest(403, "Forbidden: your own membership can't be changed")
    if not (fields.given("role") or fields.given("sso_mode")):
        fields.refuse("role", "role or sso_mode must be given")
    role = fields.choice("role", _ROLES, user.role)
    sso_mode = fields.choice("sso_mode", _SSO_MODES, user.sso_mode)
    fields.check_told()
    request.engine.administration.memberships.update_member(user, request.user, role=role, sso_mode=sso_mode)
    return json_response(_view(request, user))


def _remove_member(request: RoutedRequest) -> SimResponse:
    """Remove a member. To the removed member's tokens, the organization is not found."""
    request.require_administrator()
    user = _member(request)
    if user.administrates and sum(each.administrates for each in request.organization.users.values()) == 1:
        raise RefusedRequest(422, "The last administrator can't be removed")
    request.engine.administration.memberships.remove_member(user, request.user)
    return NO_CONTENT


def _view(request: RoutedRequest, user: User) -> Json:
    return member_view(user, sso_mode=request.user.administrates or user is request.user)


def _member(request: RoutedRequest) -> User:
    user = request.organization.users.get(request.path["user_uuid"])
    if user is None:
        raise RefusedRequest(404, "No organization member found")
    return user


# Invitations -------------------------------------------------------------------------------------------------------


def _list_invitations(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    newest = list(request.organization.invitations.values())[::-1]
    pending = [invitation for invitation in newest if invitation.state == "pending"]
    page = by_cursor(newest, pending, request.query, request.url)
    items = [invitation_view(item, request.urls) for item in page.items]
    return json_response({"items": items, "links": page.links}, headers=page.headers)


def _get_invitation(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    return json_response(invitation_view(_invitation(request), request.urls))


def _create_invitations(request: RoutedRequest) -> SimResponse:
    """Invite people, all or none. The form of the 422 is not documented; here it is one sentence.

    An address that is invited already is refused, which is not documented either. There is no quota, and no SSO. Only
    administrators may invite.
    """
    request.require_administrator()
    fields = Fields(request.body())
    given = [email.strip() for email in fields.texts("emails", ())]
    emails: dict[str, str] = {}
    for email in given:
        emails.setdefault(email.lower(), email)
    if not emails:
        fields.refuse("emails", "emails can't be blank")
    organization = request.organization
    members = {user.email.lower() for user in organization.users.values()}
    invited = {each.email.lower() for each in organization.invitations.values() if each.state == "pending"}
    for email in given:
        if not _EMAIL.fullmatch(email):
            fields.refuse("emails", f"{email} isn't an e-mail address")
        elif email.lower() in members:
            fields.refuse("emails", f"{email} is a member already")
        elif email.lower() in invited:
            fields.refuse("emails", f"{email} is invited already")
    role = fields.choice("role", _ROLES, "member")
    sso_mode = fields.choice("sso_mode", _SSO_MODES, "required")
    teams = _teams(request, fields)
    fields.check_told()
    made = request.engine.administration.memberships.invite(
        list(emails.values()), teams, request.user, role=role, sso_mode=sso_mode
    )
    return json_response([invitation_view(each, request.urls) for each in made], status=201)


def _teams(request: RoutedRequest, fields: Fields) -> list[tuple[Team, str]]:
    teams: dict[str, tuple[Team, str]] = {}
    for item in fields.items("teams"):
        team, role = request.organization.teams.get(str(item.get("id"))), item.get("role")
        if team is None or role not in TEAM_ROLES or team.id in teams:
            fields.refuse("teams", f"teams must be different teams, each with a role of {', '.join(TEAM_ROLES)}")
        else:
            teams[team.id] = team, str(role)
    return list(teams.values())


def _revoke_invitation(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    invitation = _invitation(request)
    if invitation.state != "pending":
        raise RefusedRequest(422, f"The invitation is {invitation.state} already")
    request.engine.administration.memberships.revoke(invitation, request.user)
    return NO_CONTENT


def _invitation(request: RoutedRequest) -> Invitation:
    invitation = request.organization.invitations.get(request.path["invitation_uuid"])
    if invitation is None:
        raise RefusedRequest(404, "No invitation found")
    return invitation


HANDLERS: Mapping[str, Handler] = {
    "list_organization_members": _list_members,
    "get_organization_member": _get_member,
    "update_organization_member": _update_member,
    "remove_organization_member": _remove_member,
    "list_organization_invitations": _list_invitations,
    "create_organization_invitations": _create_invitations,
    "get_organization_invitation": _get_invitation,
    "revoke_organization_invitation": _revoke_invitation,
}
