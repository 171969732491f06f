"""Routes of notification services. https://buildkite.com/docs/apis/rest-api/organizations/notification-services

The texts of refusals are not documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from ...state.integrations import BUILD_STATES, NotificationService
from ..fields import Attributes
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..pages import by_cursor
from ..request import Json, RefusedRequest, SimResponse, json_response, validation_failed
from ..views.integrations import MASKED_SETTINGS, masked, service_view

__all__ = ["HANDLERS"]

_Kind = Literal["text", "whole", "flag", "texts", "map"]

_MAX_WEBHOOKS = 15
"""Number of webhooks that an organization may have."""

_VERSION = 3
"""Newest version of a webhook's bodies."""

_ATTRIBUTES = frozenset(
    {"provider", "description", "branch_configuration", "scope", "scope_uuids", "build_states", "settings"}
)

_SCOPES = ("all", "some_projects", "some_teams", "some_clusters")


@dataclass(frozen=True, slots=True)
class _Provider:
    """Kind of service.

    Attributes:
        settings: the types of its settings.
        required: those that have to be given.
        fixed: those that can't be changed.
        defaults: the values of those that are left out.
    """

    settings: Mapping[str, _Kind]
    required: tuple[str, ...]
    fixed: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])


_WEBHOOK_EVENTS = ["build.scheduled", "build.running", "build.failing", "build.finished", "build.skipped"]
"""Events of a webhook that names none, which is not documented."""

_PROVIDERS: Mapping[str, _Provider] = {
    "webhook": _Provider(
        {
            "url": "text",
            "version": "whole",
            "token": "text",
            "token_mode": "text",
            "events": "texts",
            "tls_verify": "flag",
        },
        ("url",),
        defaults={"version": _VERSION, "token_mode": "token", "events": _WEBHOOK_EVENTS, "tls_verify": True},
    ),
    "slack": _Provider({"url": "text", "theme": "text"}, ("url",), defaults={"theme": "text"}),
    "aws_event_bridge": _Provider(
        {"aws_region": "text", "aws_account_id": "text", "include_build_meta_data": "flag"},
        ("aws_region", "aws_account_id"),
        ("aws_region", "aws_account_id"),
    ),
    "datadog_pipeline_visibility": _Provider(
        {"api_key": "text", "datadog_site": "text", "datadog_tags": "text"},
        ("api_key",),
        defaults={"datadog_site": "datadoghq.com", "datadog_tags": None},
    ),
    "open_telemetry_tracing": _Provider(
        {
            "endpoint": "text",
            "service_name": "text",
            "headers": "map",
            "resource_attributes": "map",
            "tracestate": "text",
        },
        ("endpoint",),
    ),
}
"""Kinds of services that requests create."""

_CHOICES = {"token_mode": ("token", "signature"), "theme": ("text", "emoji")}


def _list_services(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    services = list(request.organization.notification_services.values())
    page = by_cursor(services, services, request.query, request.url)
    return json_response({"items": [service_view(each, request.urls) for each in page.items], "links": page.links})


def _get_service(request: RoutedRequest) -> SimResponse:
    return json_response(service_view(_service(request), request.urls))


def _create_service(request: RoutedRequest) -> SimResponse:
    """Create a service.

    A webhook without events gets those of builds, and one without a token a random token. States that are left out are
    false. None of this is documented.
    """
    request.require_administrator()
    given = _attributes(request)
    provider = given.required("provider")
    known = _PROVIDERS.get(provider)
    if known is None:
        raise validation_failed(f"Provider {provider} can't be created by the API")
    if provider == "webhook" and _webhooks(request) >= _MAX_WEBHOOKS:
        raise validation_failed(f"Organization can't have more than {_MAX_WEBHOOKS} webhooks")
    settings = _settings(known, given)
    for name in known.required:
        if not settings.get(name):
            raise validation_failed(f"{name} can't be blank")
    scope, uuids = _scope(request, given, None)
    service = request.engine.administration.integrations.create_service(
        provider,
        {**known.defaults, **settings},
        request.user,
        description=given.text("description"),
        scope=scope,
        scope_uuids=uuids,
        branch_configuration=given.text("branch_configuration"),
        build_states=_build_states(given),
    )
    return json_response(service_view(service, request.urls), status=201)


def _update_service(request: RoutedRequest) -> SimResponse:
    """Change what is given. A masked secret that comes back as it was shown is kept."""
    service, given = _service(request), _attributes(request)
    if given.text("provider") not in (None, service.provider):
        raise validation_failed("Provider can't be changed")
    known = _PROVIDERS[service.provider]
    settings = {
        name: value
        for name, value in _settings(known, given).items()
        if not (name in MASKED_SETTINGS and value == masked(service.settings.get(name)))
    }
    for name, value in settings.items():
        if name in known.fixed and value != service.settings.get(name):
            raise validation_failed(f"{name} can't be changed")
        if name in known.required and not value:
            raise validation_failed(f"{name} can't be blank")
    if cast("int", settings.get("version", _VERSION)) < cast("int", service.settings.get("version", 0)):
        raise validation_failed("version can't be lowered")
    scope, uuids = _scope(request, given, service)
    request.engine.administration.integrations.update_service(
        service,
        request.user,
        settings=settings,
        description=given.text("description"),
        scope=scope,
        scope_uuids=uuids,
        branch_configuration=given.text("branch_configuration"),
        build_states=_build_states(given),
    )
    return json_response(service_view(service, request.urls))


def _delete_service(request: RoutedRequest) -> SimResponse:
    request.engine.administration.integrations.delete_service(_service(request), request.user)
    return NO_CONTENT


def _enable_service(request: RoutedRequest) -> SimResponse:
    return _set_enabled(request, True)


def _disable_service(request: RoutedRequest) -> SimResponse:
    return _set_enabled(request, False)


def _set_enabled(request: RoutedRequest, enabled: bool) -> SimResponse:
    service = _service(request)
    request.engine.administration.integrations.enable_service(service, request.user, enabled=enabled)
    return json_response(service_view(service, request.urls))


def _service(request: RoutedRequest) -> NotificationService:
    request.require_administrator()
    service = request.organization.notification_services.get(request.path["service_uuid"])
    if service is None:
        raise RefusedRequest(404, "No notification service found")
    return service


def _webhooks(request: RoutedRequest) -> int:
    return sum(each.provider == "webhook" for each in request.organization.notification_services.values())


def _attributes(request: RoutedRequest) -> Attributes:
    """Return the attributes of the body. Unknown ones are documented to be refused."""
    given = Attributes(request.body())
    if unknown := sorted(given.body.keys() - _ATTRIBUTES):
        raise validation_failed(f"{unknown[0]} is not a known attribute")
    return given


def _settings(known: _Provider, given: Attributes) -> Json:
    """Return the settings that a body has."""
    settings = given.object("settings")
    if settings is None:
        return {}
    if unknown := sorted(settings.body.keys() - known.settings.keys()):
        raise validation_failed(f"{unknown[0]} is not a known setting")
    found = {name: _setting(settings, name, kind) for name, kind in known.settings.items() if name in settings}
    account = found.get("aws_account_id")
    if isinstance(account, str) and not account.startswith("X") and not (account.isdigit() and len(account) == 12):
        raise validation_failed("aws_account_id must have 12 digits")
    return {name: value for name, value in found.items() if value is not None}


def _setting(settings: Attributes, name: str, kind: _Kind) -> object:
    if kind == "texts":
        return settings.texts(name)
    if kind == "flag":
        return settings.flag(name)
    if kind == "whole":
        value = settings.body[name]
        if not isinstance(value, int) or not 1 <= value <= _VERSION:
            raise validation_failed(f"{name} must be a number from 1 to {_VERSION}")
        return value
    if kind == "map":
        found = settings.object(name)
        return None if found is None else {key: found.text(key) for key in found.body}
    return settings.choice(name, _CHOICES[name]) if name in _CHOICES else settings.text(name)


def _build_states(given: Attributes) -> dict[str, bool]:
    states = given.object("build_states")
    if states is None:
        return {}
    if unknown := sorted(states.body.keys() - set(BUILD_STATES)):
        raise validation_failed(f"{unknown[0]} is not a known state")
    return {name: states.flag(name) or False for name in states.body}


def _scope(
    request: RoutedRequest, given: Attributes, service: NotificationService | None
) -> tuple[str | None, list[str] | None]:
    """Return the scope and the ids of a body, after a check of what they come to."""
    scope, uuids = given.choice("scope", _SCOPES), given.texts("scope_uuids")
    chosen = scope or ("all" if service is None else service.scope)
    if chosen == "all":
        if uuids:
            raise validation_failed("scope_uuids must be empty for the scope all")
        return scope, uuids
    kept = () if service is None or scope not in (None, service.scope) else service.scope_uuids
    wanted = kept if uuids is None else uuids
    known = _ids(request, chosen)
    if not wanted:
        raise validation_failed("scope_uuids can't be empty")
    if missing := [each for each in wanted if each not in known]:
        raise validation_failed(f"scope_uuids has an unknown id: {missing[0]}")
    return scope, list(wanted)


def _ids(request: RoutedRequest, scope: str) -> set[str]:
    organization = request.organization
    if scope == "some_projects":
        return {each.id for each in organization.pipelines.values()}
    if scope == "some_clusters":
        return {each.id for each in organization.clusters}
    return set(organization.teams)


HANDLERS: Mapping[str, Handler] = {
    "list_notification_services": _list_services,
    "get_notification_service": _get_service,
    "create_notification_service": _create_service,
    "update_notification_service": _update_service,
    "delete_notification_service": _delete_service,
    "enable_notification_service": _enable_service,
    "disable_notification_service": _disable_service,
}
