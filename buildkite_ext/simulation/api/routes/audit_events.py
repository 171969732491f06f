"""Routes of audit events. https://buildkite.com/docs/apis/rest-api/organizations/audit-events

The organization is on the Enterprise plan.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..handler import Handler, RoutedRequest
from ..pages import by_cursor
from ..request import RefusedRequest, SimResponse, json_response
from ..views.integrations import audit_event_view

__all__ = ["HANDLERS"]


def _list_audit_events(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    events = list(request.organization.audit_log)[::-1]
    page = by_cursor(events, events, request.query, request.url)
    items = [audit_event_view(each, request.urls) for each in page.items]
    return json_response({"items": items, "links": page.links}, headers=page.headers)


def _get_audit_event(request: RoutedRequest) -> SimResponse:
    request.require_administrator()
    wanted = request.path["audit_event_uuid"]
    event = next((each for each in request.organization.audit_log if each.id == wanted), None)
    if event is None:
        raise RefusedRequest(404, "No audit event found")
    return json_response(audit_event_view(event, request.urls))


HANDLERS: Mapping[str, Handler] = {
    "list_audit_events": _list_audit_events,
    "get_audit_event": _get_audit_event,
}
