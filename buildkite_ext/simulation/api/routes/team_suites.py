"""Routes of the test suites of a team. https://buildkite.com/docs/apis/rest-api/teams/suites"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.teams import TeamSuite
from ..fields import Fields
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response
from ..views.teams import team_suite_view
from .teams import team_of

__all__ = ["HANDLERS"]

_ACCESS = ("read", "edit")


def _list_suites(request: RoutedRequest) -> SimResponse:
    """List the suites of a team that exist."""
    existing = request.organization.suites.values()
    shown = [each for each in team_of(request).suites.values() if each.suite in existing]
    return request.page(shown, lambda item: team_suite_view(item, request.urls))


def _get_suite(request: RoutedRequest) -> SimResponse:
    return json_response(team_suite_view(_suite(request), request.urls))


def _create_suite(request: RoutedRequest) -> SimResponse:
    team, fields = team_of(request), Fields(request.body())
    suite_id = fields.required("suite_id")
    suite = next((each for each in request.organization.suites.values() if each.id == suite_id), None)
    access_level = _access(fields)
    if suite is None:
        fields.refuse("suite_id", "Suite must be one of the organization")
    elif suite.id in team.suites:
        fields.refuse("suite_id", "Suite is already in the team")
    fields.check_told()
    assert suite is not None
    added = request.engine.administration.memberships.add_team_suite(team, suite, access_level, request.user)
    return json_response(team_suite_view(added, request.urls), status=201)


def _update_suite(request: RoutedRequest) -> SimResponse:
    suite, fields = _suite(request), Fields(request.body())
    access_level = _access(fields)
    fields.check_told()
    memberships = request.engine.administration.memberships
    memberships.update_team_suite(team_of(request), suite, access_level, request.user)
    return json_response(team_suite_view(suite, request.urls))


def _delete_suite(request: RoutedRequest) -> SimResponse:
    memberships = request.engine.administration.memberships
    memberships.remove_team_suite(team_of(request), _suite(request).suite.id, request.user)
    return NO_CONTENT


def _access(fields: Fields) -> tuple[str, ...]:
    """Return the access levels, which have to be given: one or both."""
    given = fields.texts("access_level", ())
    if not given or any(level not in _ACCESS for level in given):
        fields.refuse("access_level", f"access_level must be a list of {' and '.join(_ACCESS)}")
    return tuple(dict.fromkeys(given))


def _suite(request: RoutedRequest) -> TeamSuite:
    suite = team_of(request).suites.get(request.path["suite_uuid"])
    if suite is None or suite.suite not in request.organization.suites.values():
        raise RefusedRequest(404, "No team suite found")
    return suite


HANDLERS: Mapping[str, Handler] = {
    "list_team_suites": _list_suites,
    "get_team_suite": _get_suite,
    "create_team_suite": _create_suite,
    "update_team_suite": _update_suite,
    "delete_team_suite": _delete_suite,
}
