"""Routes of repository connections. https://buildkite.com/docs/apis/rest-api/organizations/repository-connections"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ...state.integrations import RepositoryConnection
from ..handler import Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response
from ..views.integrations import connection_detail_view, connection_view, repository_view

__all__ = ["HANDLERS"]

_UNLISTED = frozenset({"bitbucket_server", "gitlab_self_managed", "github_enterprise"})
"""Kinds of connections that can't list repositories."""


def _list_connections(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    connections = request.organization.repository_connections.values()
    return json_response([connection_view(each, request.urls) for each in connections])


def _get_connection(request: RoutedRequest) -> SimResponse:
    return json_response(connection_detail_view(_connection(request), request.urls))


def _list_repositories(request: RoutedRequest) -> SimResponse:
    connection = _connection(request)
    if connection.kind in _UNLISTED:
        raise RefusedRequest(422, "Repositories can't be listed for this type of repository connection")
    wanted = request.query.text("repository")
    return json_response(
        [
            repository_view(each, connection)
            for each in connection.repositories
            if wanted is None or each.full_name.lower() == wanted.lower()
        ]
    )


def _connection(request: RoutedRequest) -> RepositoryConnection:
    request.require_administrator()
    wanted = request.path["repository_connection_id"]
    try:
        UUID(wanted)
    except ValueError:
        raise RefusedRequest(400, "The id of a repository connection must be a UUID") from None
    connection = request.organization.repository_connections.get(wanted)
    if connection is None:
        raise RefusedRequest(404, "No repository connection found")
    return connection


HANDLERS: Mapping[str, Handler] = {
    "list_repository_connections": _list_connections,
    "get_repository_connection": _get_connection,
    "list_repository_connection_repositories": _list_repositories,
}
