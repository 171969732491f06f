"""Routes of portals. https://buildkite.com/docs/apis/rest-api/portals

The GraphQL operations of portals are stored and never run. The texts of refusals are not documented.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.ids import slug_of
from ...state.integrations import Portal
from ..fields import Attributes
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response, validation_failed
from ..views.integrations import portal_view

__all__ = ["HANDLERS"]


def _list_portals(request: RoutedRequest) -> SimResponse:
    return request.page(
        list(request.organization.portals.values()), lambda item: portal_view(item, request.organization.id)
    )


def _get_portal(request: RoutedRequest) -> SimResponse:
    return json_response(portal_view(_portal(request), request.organization.id))


def _create_portal(request: RoutedRequest) -> SimResponse:
    given = Attributes(request.body())
    name, query = given.required("name"), given.required("query")
    portal = request.engine.administration.integrations.create_portal(
        _free_slug(request, given.text("slug") or name),
        name,
        query,
        request.user,
        description=given.text("description"),
        allowed_ip_addresses=given.networks("allowed_ip_addresses"),
        user_invokable=given.flag("user_invokable") or False,
    )
    return json_response(portal_view(portal, request.organization.id, with_token=True), status=201)


def _update_portal(request: RoutedRequest) -> SimResponse:
    """Change a portal. Its slug stays unless another is given."""
    portal, given = _portal(request), Attributes(request.body())
    slug = given.text("slug", blank=False)
    request.engine.administration.integrations.update_portal(
        portal,
        request.user,
        slug=None if slug in (None, portal.slug) else _free_slug(request, slug or ""),
        name=given.text("name", blank=False),
        query=given.text("query", blank=False),
        description=given.text("description"),
        allowed_ip_addresses=given.networks("allowed_ip_addresses"),
        user_invokable=given.flag("user_invokable"),
    )
    return json_response(portal_view(portal, request.organization.id))


def _delete_portal(request: RoutedRequest) -> SimResponse:
    request.engine.administration.integrations.delete_portal(_portal(request), request.user)
    return NO_CONTENT


def _portal(request: RoutedRequest) -> Portal:
    portal = request.organization.portals.get(request.path["portal_slug"])
    if portal is None:
        raise RefusedRequest(404, "No portal found")
    return portal


def _free_slug(request: RoutedRequest, text: str) -> str:
    slug = slug_of(text)
    if not slug:
        raise validation_failed("Slug can't be blank")
    if slug in request.organization.portals:
        raise validation_failed("Slug has already been taken")
    return slug


HANDLERS: Mapping[str, Handler] = {
    "list_portals": _list_portals,
    "get_portal": _get_portal,
    "create_portal": _create_portal,
    "update_portal": _update_portal,
    "delete_portal": _delete_portal,
}
