# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.repository_connections`: repository connections."""

from __future__ import annotations

import builtins

from buildkite_api.models import Repository, RepositoryConnection, RepositoryConnectionDetail
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncRepositoryConnections(AsyncService):
    """Connections to source code hosts."""

    async def list(self) -> builtins.list[RepositoryConnection]:
        """List an organization's repository connections. Scope: read_organization_repository_connections.

        The connections of an organization to source code hosts, all at once. Only for administrators.

        https://buildkite.com/docs/apis/rest-api/organizations/repository-connections
        """
        from buildkite_api.api.repository_connections import list_repository_connections

        return await self._requester.call(list_repository_connections, self._requester.organization)

    async def get(self, repository_connection_id: str) -> RepositoryConnectionDetail:
        """Get a repository connection. Scope: read_organization_repository_connections.

        One connection by its id, with its host and its budget there. Only for administrators; otherwise 403. An
        id that is no UUID is a 400.

        Args:
            repository_connection_id: the connection's id.

        https://buildkite.com/docs/apis/rest-api/organizations/repository-connections
        """
        check(AsyncRepositoryConnections.get, locals())
        from buildkite_api.api.repository_connections import get_repository_connection

        return await self._requester.call(
            get_repository_connection, self._requester.organization, repository_connection_id
        )

    async def repositories(
        self, repository_connection_id: str, *, repository: str | None = None
    ) -> builtins.list[Repository]:
        """List a connection's repositories. Scope: read_organization_repository_connections.

        The repositories that a connection reaches, in the order of the host. Only for administrators; otherwise
        403. Whether the list is paged is not documented.

        Bitbucket Server, self-managed GitLab and the legacy connections to GitHub Enterprise cannot list: a
        422. A host that cannot be reached is a 503, which may carry `Retry-After`.

        Args:
            repository_connection_id: the connection's id.
            repository: only the repository with this full name, in any case. None is an empty list.

        https://buildkite.com/docs/apis/rest-api/repository-connections
        """
        check(AsyncRepositoryConnections.repositories, locals())
        from buildkite_api.api.repository_connections import list_repository_connection_repositories

        return await self._requester.call(
            list_repository_connection_repositories,
            self._requester.organization,
            repository_connection_id,
            repository=repository,
        )


class RepositoryConnections(Service[AsyncRepositoryConnections]):
    """Connections to source code hosts."""

    list = blocking(AsyncRepositoryConnections.list)
    get = blocking(AsyncRepositoryConnections.get)
    repositories = blocking(AsyncRepositoryConnections.repositories)
