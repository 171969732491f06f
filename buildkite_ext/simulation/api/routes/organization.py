"""The organization, the current user and token, emojis, rate limits and Buildkite's addresses."""

from __future__ import annotations

from collections.abc import Mapping

from ...times import written
from ..handler import NO_CONTENT, Call, Handler
from ..request import SimResponse, json_response
from ..views.users import emojis_view, organization_view, token_view, user_view

GRAPHQL_LIMIT, GRAPHQL_SECONDS = 20_000, 300
"""Buildkite's other interface, which nobody uses here."""


def list_organizations(call: Call) -> SimResponse:
    return call.listing([call.organization], lambda item: organization_view(item, call.urls))


def get_organization(call: Call) -> SimResponse:
    return json_response(organization_view(call.organization, call.urls))


def get_rate_limit(call: Call) -> SimResponse:
    rest = call.organization.window.report(call.engine.timeline.now)
    graphql = {
        "limit": GRAPHQL_LIMIT,
        "current": 0,
        "reset": GRAPHQL_SECONDS,
        "reset_at": written(call.now + GRAPHQL_SECONDS),
        "enforced": True,
    }
    return json_response({"scopes": {"rest": rest, "graphql": graphql}})


def list_emojis(call: Call) -> SimResponse:
    return json_response(emojis_view(call.urls))


def get_user(call: Call) -> SimResponse:
    return json_response(user_view(call.user))


def get_token(call: Call) -> SimResponse:
    assert call.token is not None
    return json_response(token_view(call.token))


def revoke_token(call: Call) -> SimResponse:
    assert call.token is not None
    del call.organization.tokens[call.token.value]
    return NO_CONTENT


def get_meta(_: Call) -> SimResponse:
    return json_response({"webhook_ips": ["192.0.2.64/26", "198.51.100.7"]})


HANDLERS: Mapping[str, Handler] = {
    "list_organizations": list_organizations,
    "get_organization": get_organization,
    "get_organization_rate_limit": get_rate_limit,
    "list_emojis": list_emojis,
    "get_current_user": get_user,
    "get_access_token": get_token,
    "revoke_access_token": revoke_token,
    "get_meta": get_meta,
}
