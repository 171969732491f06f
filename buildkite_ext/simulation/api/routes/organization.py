"""Routes of the organization, the user and the token, emojis, rate limits and Buildkite's IP addresses."""

from __future__ import annotations

from collections.abc import Mapping

from ....timestamps import format_time
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import SimResponse, json_response
from ..views.users import emojis_view, organization_view, token_view, user_view

__all__ = ["HANDLERS"]


_GRAPHQL_LIMIT, _GRAPHQL_SECONDS = 20_000, 300
"""Rate limit of the GraphQL API, which the simulator doesn't answer."""


def _list_organizations(request: RoutedRequest) -> SimResponse:
    organization = request.organization
    shown = [organization] if request.user.id in organization.users else []
    return request.page(shown, lambda item: organization_view(item, request.urls))


def _get_organization(request: RoutedRequest) -> SimResponse:
    return json_response(organization_view(request.organization, request.urls))


def _get_rate_limit(request: RoutedRequest) -> SimResponse:
    now = request.engine.scheduler.now
    limit = request.organization.rate_limit
    reset = limit.reset(now)
    rest = {
        "limit": limit.limit,
        "current": limit.current,
        "reset": reset,
        "reset_at": format_time(now + reset),
        "enforced": True,
    }
    graphql = {
        "limit": _GRAPHQL_LIMIT,
        "current": 0,
        "reset": _GRAPHQL_SECONDS,
        "reset_at": format_time(request.now + _GRAPHQL_SECONDS),
        "enforced": True,
    }
    return json_response({"scopes": {"rest": rest, "graphql": graphql}})


def _list_emojis(request: RoutedRequest) -> SimResponse:
    return json_response(emojis_view(request.urls))


def _get_user(request: RoutedRequest) -> SimResponse:
    return json_response(user_view(request.user))


def _get_token(request: RoutedRequest) -> SimResponse:
    assert request.token is not None
    return json_response(token_view(request.token))


def _revoke_token(request: RoutedRequest) -> SimResponse:
    assert request.token is not None
    del request.organization.tokens[request.token.value]
    return NO_CONTENT


def _get_meta(_: RoutedRequest) -> SimResponse:
    return json_response({"webhook_ips": ["192.0.2.64/26", "198.51.100.7"]})


HANDLERS: Mapping[str, Handler] = {
    "list_organizations": _list_organizations,
    "get_organization": _get_organization,
    "get_organization_rate_limit": _get_rate_limit,
    "list_emojis": _list_emojis,
    "get_current_user": _get_user,
    "get_access_token": _get_token,
    "revoke_access_token": _revoke_token,
    "get_meta": _get_meta,
}
