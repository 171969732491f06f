"""Administration of notification services, portals and repository connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..state.integrations import BUILD_STATES, NotificationService, Portal, Repository, RepositoryConnection
from ..state.organization import Organization
from ..state.users import User
from .administrative_changes import AdministrativeChanges

__all__ = ["IntegrationAdministration"]


class IntegrationAdministration:
    """Administration of integrations: the only writer of them.

    Args:
        organization: the organization that it changes.
        changes: receives each change.

    Attributes:
        on_service: called with each notification service that was changed, and with what has happened to it.
    """

    def __init__(self, organization: Organization, changes: AdministrativeChanges) -> None:
        self._organization = organization
        self._changes = changes
        self.on_service: Callable[[NotificationService, str], object] | None = None

    # Notification services ------------------------------------------------------------------------------------------

    def create_service(
        self,
        provider: str,
        settings: Mapping[str, object],
        by: User,
        *,
        description: str | None,
        scope: str | None,
        scope_uuids: Sequence[str] | None,
        branch_configuration: str | None,
        build_states: Mapping[str, bool],
    ) -> NotificationService:
        """Create a notification service. A webhook gets a token, if it is given none."""
        ids = self._organization.ids
        if provider == "webhook" and not settings.get("token"):
            settings = {**settings, "token": ids.commit()}
        service = NotificationService(
            ids.uuid(),
            provider,
            self._changes.now,
            by,
            settings,
            description or "",
            scope=scope or "all",
            scope_uuids=tuple(scope_uuids or ()),
            branch_configuration=branch_configuration or "",
            build_states={**dict.fromkeys(BUILD_STATES, False), **build_states},
        )
        self._organization.notification_services[service.id] = service
        self._service_changed(service, "created", None, service.description, by)
        return service

    def update_service(
        self,
        service: NotificationService,
        by: User,
        *,
        settings: Mapping[str, object],
        description: str | None,
        scope: str | None,
        scope_uuids: Sequence[str] | None,
        branch_configuration: str | None,
        build_states: Mapping[str, bool],
    ) -> None:
        """Change a notification service. None leaves a value as it is; settings and states that are missing, too."""
        before = service.description
        service.settings = {**service.settings, **settings}
        service.build_states = {**service.build_states, **build_states}
        service.description = before if description is None else description
        service.scope = scope or service.scope
        service.scope_uuids = service.scope_uuids if scope_uuids is None else tuple(scope_uuids)
        if service.scope == "all":
            service.scope_uuids = ()
        if branch_configuration is not None:
            service.branch_configuration = branch_configuration
        self._service_changed(service, "updated", before, service.description, by)

    def delete_service(self, service: NotificationService, by: User) -> None:
        """Delete a notification service."""
        del self._organization.notification_services[service.id]
        self._service_changed(service, "deleted", service.description, None, by)

    def enable_service(self, service: NotificationService, by: User, *, enabled: bool) -> None:
        """Enable or disable a notification service."""
        service.enabled = enabled
        name, action = service.description, "enabled" if enabled else "disabled"
        self._service_changed(service, action, name, name, by)

    def _service_changed(
        self, service: NotificationService, action: str, before: str | None, after: str | None, by: User
    ) -> None:
        self._changes.resource("notification_service", service.id, before, after, by, action=action)
        if self.on_service is not None:
            self.on_service(service, action)

    # Portals --------------------------------------------------------------------------------------------------------

    def create_portal(
        self,
        slug: str,
        name: str,
        query: str,
        by: User,
        *,
        description: str | None,
        allowed_ip_addresses: str | None,
        user_invokable: bool,
    ) -> Portal:
        """Create a portal."""
        ids = self._organization.ids
        portal = Portal(
            ids.uuid(),
            slug,
            f"bkpat_{ids.commit()}",
            name,
            query,
            self._changes.now,
            by,
            description,
            allowed_ip_addresses,
            user_invokable,
        )
        self._organization.portals[slug] = portal
        self._changes.resource("portal", portal.id, None, name, by)
        return portal

    def update_portal(
        self,
        portal: Portal,
        by: User,
        *,
        slug: str | None,
        name: str | None,
        query: str | None,
        description: str | None,
        allowed_ip_addresses: str | None,
        user_invokable: bool | None,
    ) -> None:
        """Change a portal. None leaves a value as it is."""
        before = portal.name
        if slug is not None:
            del self._organization.portals[portal.slug]
            portal.slug = slug
            self._organization.portals[slug] = portal
        portal.name = name or portal.name
        portal.query = query or portal.query
        portal.description = portal.description if description is None else description
        portal.allowed_ip_addresses = (
            portal.allowed_ip_addresses if allowed_ip_addresses is None else allowed_ip_addresses
        )
        portal.user_invokable = portal.user_invokable if user_invokable is None else user_invokable
        self._changes.resource("portal", portal.id, before, portal.name, by)

    def delete_portal(self, portal: Portal, by: User) -> None:
        """Delete a portal."""
        del self._organization.portals[portal.slug]
        self._changes.resource("portal", portal.id, portal.name, None, by)

    # Repository connections -----------------------------------------------------------------------------------------

    def add_connection(
        self, name: str, kind: str, login: str, host_url: str, repositories: Sequence[Repository]
    ) -> RepositoryConnection:
        """Add a repository connection. Requests only read them."""
        connection = RepositoryConnection(
            self._organization.ids.uuid(), kind, name, login, host_url, tuple(repositories)
        )
        self._organization.repository_connections[connection.id] = connection
        self._changes.resource("repository_connection", connection.id, None, name, None)
        return connection
