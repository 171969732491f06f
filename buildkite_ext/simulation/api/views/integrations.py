"""Views of notification services, portals, repository connections and audit events."""

from __future__ import annotations

from collections.abc import Mapping

from ....timestamps import format_time
from ...state.audit import AuditEvent
from ...state.integrations import NotificationService, Portal, Repository, RepositoryConnection
from ..request import Json
from .urls import Urls, graphql_id
from .users import user_view

__all__ = [
    "MASKED_SETTINGS",
    "PROVIDER_NAMES",
    "audit_event_view",
    "connection_detail_view",
    "connection_view",
    "masked",
    "portal_view",
    "repository_view",
    "service_view",
]

PROVIDER_NAMES: Mapping[str, str] = {
    "webhook": "Webhook",
    "slack": "Slack",
    "slack_workspace": "Slack Workspace",
    "linear": "Linear",
    "aws_event_bridge": "Amazon EventBridge",
    "datadog_pipeline_visibility": "Datadog Pipeline Visibility",
    "open_telemetry_tracing": "OpenTelemetry Tracing",
    "event_log_api": "Event Log API",
}
"""Names of the kinds of notification services. Only those of webhooks and Datadog are documented."""

MASKED_SETTINGS = frozenset({"api_key", "aws_account_id"})
"""Settings of which answers show the last characters alone."""

_OMITTED_SETTINGS = frozenset({("slack", "url"), ("open_telemetry_tracing", "headers")})
"""Settings that answers leave out."""

_GRAPHQL_KINDS = {"webhook": "NotificationServiceWebhook", "slack": "NotificationServiceSlack"}


def masked(value: object) -> str:
    """Return a masked setting: the last four characters."""
    return "X" * 12 + str(value)[-4:]


def service_view(service: NotificationService, urls: Urls) -> Json:
    """Return a notification service. Of the samples, that of a webhook has a GraphQL id and that of Datadog has none."""
    kind = _GRAPHQL_KINDS.get(service.provider)
    return {
        "id": service.id,
        "graphql_id": None if kind is None else graphql_id(kind, service.id),
        "url": f"{urls.org()}/services/{service.id}",
        "provider": {"id": service.provider, "name": PROVIDER_NAMES[service.provider]},
        "description": service.description,
        "enabled": service.enabled,
        "scope": service.scope,
        "scope_uuids": list(service.scope_uuids),
        "branch_configuration": service.branch_configuration,
        "build_states": dict(service.build_states),
        "settings": {
            name: masked(value) if name in MASKED_SETTINGS else value
            for name, value in service.settings.items()
            if (service.provider, name) not in _OMITTED_SETTINGS
        },
        "created_at": format_time(service.created_at),
        "created_by": user_view(service.created_by),
    }


def portal_view(portal: Portal, organization_id: str, *, with_token: bool = False) -> Json:
    """Return a portal: with its token only in the answer to its creation."""
    view: Json = {
        "uuid": portal.id,
        "slug": portal.slug,
        "organization_uuid": organization_id,
        "name": portal.name,
        "description": portal.description,
        "query": portal.query,
        "created_at": format_time(portal.created_at),
        "created_by": user_view(portal.created_by),
        "allowed_ip_addresses": portal.allowed_ip_addresses,
        "user_invokable": portal.user_invokable,
    }
    if with_token:
        view["token"] = portal.token
    return view


def connection_view(connection: RepositoryConnection, urls: Urls) -> Json:
    """Return a repository connection as lists show it."""
    return {
        "id": connection.id,
        "type": connection.kind,
        "display_name": connection.name,
        "url": f"{urls.org()}/repository_connections/{connection.id}",
    }


def connection_detail_view(connection: RepositoryConnection, urls: Urls) -> Json:
    """Return a repository connection by itself. The simulator has not seen its budget on the host, which is null then."""
    return {
        **connection_view(connection, urls),
        "service_account": {"login": connection.login},
        "host": {"type": connection.kind.partition("_")[0], "url": connection.host_url},
        "rate_limit": None,
    }


def repository_view(repository: Repository, connection: RepositoryConnection) -> Json:
    """Return a repository of a connection."""
    page = f"{connection.host_url}/{repository.full_name}"
    return {
        "full_name": repository.full_name,
        "html_url": page,
        "clone_url": f"{page}.git",
        "default_branch": repository.default_branch,
    }


def audit_event_view(event: AuditEvent, urls: Urls) -> Json:
    """Return an audit event.

    What `data` holds for each type is not documented: it is empty here, as in the sample. The simulator knows no address
    and no web browser of the user, so the context is null.
    """
    return {
        "uuid": event.id,
        "graphql_id": graphql_id("AuditEvent", event.id),
        "type": event.type,
        "occurred_at": format_time(event.occurred_at),
        "actor": {"type": "User", "uuid": event.actor.id, "name": event.actor.name},
        "subject": {"type": event.subject_type, "uuid": event.subject_id, "name": event.subject_name},
        "context": None,
        "data": {},
        "url": f"{urls.org()}/audit_events/{event.id}",
    }
