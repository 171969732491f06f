"""Routes of the settings of pipelines and of the API, for administrators.

Of these settings, the defaults of new pipelines and the creation of public ones take effect here. The others are kept and
shown.

https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings
https://buildkite.com/docs/apis/rest-api/organizations/api-settings
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network

from ...state.settings import ApiSettings, BuildExport, PipelineSettings, Switch
from ..fields import Fields
from ..handler import Handler, RoutedRequest
from ..request import SimResponse, json_response
from ..views.teams import EXPORT_STRATEGIES, api_settings_view, pipeline_settings_view

__all__ = ["HANDLERS"]

_REVOKED_AFTER = (30, 60, 90, 180, 365)


def _pipeline_settings(request: RoutedRequest) -> PipelineSettings:
    request.require_administrator()
    return request.organization.pipeline_settings


def _get_pipeline_settings(request: RoutedRequest) -> SimResponse:
    return json_response(pipeline_settings_view(_pipeline_settings(request), request.urls))


def _update_pipeline_settings(request: RoutedRequest) -> SimResponse:
    """Change the settings. The form of the 422 is not documented; here it is one sentence."""
    known, fields = _pipeline_settings(request), Fields(request.body())
    cluster_id = fields.nullable("default_cluster_id", known.default_cluster_id)
    if cluster_id is not None and all(cluster.id != cluster_id for cluster in request.organization.clusters):
        fields.refuse("default_cluster_id", "default_cluster_id must be a cluster of the organization")
    settings = replace(
        known,
        default_branch=fields.kept("default_branch", known.default_branch),
        default_cluster_id=cluster_id,
        default_timeout_in_minutes=fields.whole("default_timeout_in_minutes", known.default_timeout_in_minutes),
        maximum_timeout_in_minutes=fields.whole("maximum_timeout_in_minutes", known.maximum_timeout_in_minutes),
        scheduled_job_expiry_in_minutes=fields.whole(
            "scheduled_job_expiry_in_minutes", known.scheduled_job_expiry_in_minutes
        ),
    )
    fields.check_told()
    return _set(request, settings)


def _set(request: RoutedRequest, settings: PipelineSettings) -> SimResponse:
    request.engine.set_pipeline_settings(settings, request.user)
    return json_response(pipeline_settings_view(settings, request.urls))


def _on(request: RoutedRequest, switch: Switch | None) -> Switch:
    """Return a setting that is on. One that is on already keeps who switched it on: chosen here."""
    return switch or Switch(request.now, request.user)


def _enable_remote_access(request: RoutedRequest) -> SimResponse:
    known = _pipeline_settings(request)
    switch = _on(request, known.hosted_agents_terminal_access)
    return _set(request, replace(known, hosted_agents_terminal_access=switch))


def _disable_remote_access(request: RoutedRequest) -> SimResponse:
    return _set(request, replace(_pipeline_settings(request), hosted_agents_terminal_access=None))


def _enable_public_pipelines(request: RoutedRequest) -> SimResponse:
    known = _pipeline_settings(request)
    return _set(request, replace(known, public_pipeline_creation=_on(request, known.public_pipeline_creation)))


def _disable_public_pipelines(request: RoutedRequest) -> SimResponse:
    return _set(request, replace(_pipeline_settings(request), public_pipeline_creation=None))


def _enable_queue_metrics(request: RoutedRequest) -> SimResponse:
    known = _pipeline_settings(request)
    return _set(request, replace(known, advanced_queue_metrics=_on(request, known.advanced_queue_metrics)))


def _configure_export(request: RoutedRequest) -> SimResponse:
    """Configure the export of builds. Every bucket counts as reachable."""
    known, fields = _pipeline_settings(request), Fields(request.body())
    location, strategy_id = fields.required("location"), fields.required("strategy_id")
    if strategy_id and strategy_id not in EXPORT_STRATEGIES:
        fields.refuse("strategy_id", f"strategy_id must be one of {', '.join(EXPORT_STRATEGIES)}")
    fields.check_told()
    return _set(request, replace(known, build_export=BuildExport(location, strategy_id)))


def _disable_export(request: RoutedRequest) -> SimResponse:
    return _set(request, replace(_pipeline_settings(request), build_export=None))


def _get_api_settings(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    return json_response(api_settings_view(request.organization.api_settings, request.urls))


def _update_api_settings(request: RoutedRequest) -> SimResponse:
    """Change the restrictions. The form of the 422 is not documented; here it is one sentence."""
    request.require_administrator()
    known, fields = request.organization.api_settings, Fields(request.body())
    addresses = fields.nullable("allowed_ip_addresses", known.allowed_ip_addresses)
    for address in (addresses or "").split():
        try:
            ip_network(address, strict=False)
        except ValueError:
            fields.refuse("allowed_ip_addresses", f"{address} isn't an IP address or a network in CIDR notation")
    name = "revoke_inactive_tokens_after_days"
    days = fields.whole(name, None) if name in fields else known.revoke_inactive_tokens_after_days
    if days not in (None, *_REVOKED_AFTER):
        fields.refuse(name, f"{name} must be one of {', '.join(map(str, _REVOKED_AFTER))}")
    restricted = fields.flag("restrict_user_api_token_creation", known.restrict_user_api_token_creation)
    fields.check_told()
    settings = ApiSettings(
        allowed_ip_addresses=addresses,
        revoke_inactive_tokens_after_days=days,
        restrict_user_api_token_creation=restricted,
    )
    request.engine.administration.memberships.set_api_settings(settings, request.user)
    return json_response(api_settings_view(settings, request.urls))


HANDLERS: Mapping[str, Handler] = {
    "get_organization_pipeline_settings": _get_pipeline_settings,
    "update_organization_pipeline_settings": _update_pipeline_settings,
    "enable_hosted_agents_remote_access": _enable_remote_access,
    "disable_hosted_agents_remote_access": _disable_remote_access,
    "enable_public_pipeline_creation": _enable_public_pipelines,
    "disable_public_pipeline_creation": _disable_public_pipelines,
    "enable_advanced_queue_metrics": _enable_queue_metrics,
    "configure_build_export": _configure_export,
    "disable_build_export": _disable_export,
    "get_organization_api_settings": _get_api_settings,
    "update_organization_api_settings": _update_api_settings,
}
