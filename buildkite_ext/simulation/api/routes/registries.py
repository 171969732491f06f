"""Routes of package registries, their tokens and packages.

https://buildkite.com/docs/apis/rest-api/package-registries

Bodies of deletions and the texts of refusals are not documented. A deletion answers 200 without a body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...state.ids import slug_of
from ...state.registries import Package, Registry, RegistryToken
from ..fields import Attributes
from ..handler import Handler, RoutedRequest
from ..multipart import uploaded_file
from ..pages import by_cursor
from ..request import RefusedRequest, SimResponse, json_response, validation_failed
from ..views.registries import listed_package_view, package_view, registry_token_view, registry_view

__all__ = ["HANDLERS"]

_FILE = re.compile(r"(.+?)[-_]v?([0-9][0-9A-Za-z.+!~]*?)((?:[-_].*)?\.(?:tar\.)?[A-Za-z]\w*)")
"""Name of a package file: name, version, and the rest."""

_DELETED = SimResponse(200, (("Content-Length", "0"),))


# Registries ---------------------------------------------------------------------------------------------------------


def _list_registries(request: RoutedRequest) -> SimResponse:
    """List the registries, all at once: whether they come in pages is not documented."""
    return json_response([registry_view(each, request.urls) for each in request.organization.registries.values()])


def _get_registry(request: RoutedRequest) -> SimResponse:
    return json_response(registry_view(_registry(request), request.urls))


def _create_registry(request: RoutedRequest) -> SimResponse:
    """Create a registry. Any ecosystem and any policy is taken."""
    given = Attributes(request.body())
    name, ecosystem = given.required("name"), given.required("ecosystem")
    slug = slug_of(name)
    if not slug or slug in request.organization.registries:
        raise validation_failed("Name has already been taken" if slug else "Name must have letters or digits")
    registry = request.engine.administration.registries.create(
        slug,
        name,
        ecosystem,
        request.user,
        description=given.text("description"),
        emoji=given.text("emoji"),
        color=given.text("color"),
        oidc_policy=given.body.get("oidc_policy"),
        team_ids=given.texts("team_ids") or (),
    )
    return json_response(registry_view(registry, request.urls))


def _update_registry(request: RoutedRequest) -> SimResponse:
    """Change a registry. Its slug stays. The official clients' `emoji` and `color` change as well."""
    registry, given = _registry(request), Attributes(request.body())
    request.engine.administration.registries.update(
        registry,
        request.user,
        name=given.text("name", blank=False),
        description=given.text("description"),
        emoji=given.text("emoji"),
        color=given.text("color"),
        oidc_policy=given.body.get("oidc_policy", registry.oidc_policy),
    )
    return json_response(registry_view(registry, request.urls))


def _delete_registry(request: RoutedRequest) -> SimResponse:
    request.engine.administration.registries.delete(_registry(request), request.user)
    return _DELETED


def _registry(request: RoutedRequest) -> Registry:
    registry = request.organization.registries.get(request.path["registry_slug"])
    if registry is None:
        raise RefusedRequest(404, "No registry found")
    return registry


# Tokens -------------------------------------------------------------------------------------------------------------


def _list_tokens(request: RoutedRequest) -> SimResponse:
    registry = _registry(request)
    return json_response([_token_view(request, registry, token) for token in registry.tokens.values()])


def _get_token(request: RoutedRequest) -> SimResponse:
    return json_response(_token_view(request, *_token(request)))


def _create_token(request: RoutedRequest) -> SimResponse:
    """Create a token. Its value is in the answer, where Buildkite's Go client reads it."""
    registry = _registry(request)
    description = Attributes(request.body()).required("description")
    token = request.engine.administration.registries.create_token(registry, description, request.user)
    return json_response(_token_view(request, registry, token, with_value=True))


def _update_token(request: RoutedRequest) -> SimResponse:
    registry, token = _token(request)
    description = Attributes(request.body()).required("description")
    request.engine.administration.registries.update_token(token, description, request.user)
    return json_response(_token_view(request, registry, token))


def _delete_token(request: RoutedRequest) -> SimResponse:
    registry, token = _token(request)
    request.engine.administration.registries.delete_token(registry, token, request.user)
    return _DELETED


def _token(request: RoutedRequest) -> tuple[Registry, RegistryToken]:
    registry = _registry(request)
    token = registry.tokens.get(request.path["registry_token_id"])
    if token is None:
        raise RefusedRequest(404, "No registry token found")
    return registry, token


def _token_view(
    request: RoutedRequest, registry: Registry, token: RegistryToken, *, with_value: bool = False
) -> dict[str, object]:
    return registry_token_view(token, registry, request.organization, request.urls, with_value=with_value)


# Packages -----------------------------------------------------------------------------------------------------------


def _list_packages(request: RoutedRequest) -> SimResponse:
    registry, name = _registry(request), request.query.text("name")
    packages = list(registry.packages.values())[::-1]
    shown = [package for package in packages if name in (None, package.name)]
    page = by_cursor(packages, shown, request.query, request.url)
    items = [listed_package_view(package, registry, request.urls) for package in page.items]
    return json_response({"items": items, "links": page.links})


def _get_package(request: RoutedRequest) -> SimResponse:
    return _package_response(request, *_package(request))


def _publish_package(request: RoutedRequest) -> SimResponse:
    """Publish the file of a form.

    The name and the version are read from the name of the file, such as `banana-1.2.0.gem`; Buildkite reads them from the
    file itself. A file without a version in its name has none.
    """
    registry = _registry(request)
    file = uploaded_file(request.request.headers.get("content-type", ""), request.request.body, "file")
    if file is None or not file.filename:
        raise validation_failed("File can't be blank")
    found = _FILE.fullmatch(file.filename)
    name, version = (file.filename, None) if found is None else (found[1], found[2])
    package = request.engine.administration.registries.publish(registry, name, version, file.data, request.user)
    return _package_response(request, registry, package)


def _copy_package(request: RoutedRequest) -> SimResponse:
    """Copy a package into a registry of the same ecosystem. Which ecosystems can't be copied is not checked."""
    source, package = _package(request)
    target = request.organization.registries.get(request.query.text("to") or "")
    if target is None:
        raise RefusedRequest(404, "No registry found")
    if target.ecosystem != source.ecosystem:
        raise validation_failed(f"Registry must have the ecosystem {source.ecosystem}")
    copied = request.engine.administration.registries.copy(package, target, request.user)
    return _package_response(request, target, copied)


def _delete_package(request: RoutedRequest) -> SimResponse:
    request.engine.administration.registries.delete_package(*_package(request), request.user)
    return _DELETED


def _package(request: RoutedRequest) -> tuple[Registry, Package]:
    registry = _registry(request)
    package = registry.packages.get(request.path["package_id"])
    if package is None:
        raise RefusedRequest(404, "No package found")
    return registry, package


def _package_response(request: RoutedRequest, registry: Registry, package: Package) -> SimResponse:
    return json_response(package_view(package, registry, request.organization, request.urls))


HANDLERS: Mapping[str, Handler] = {
    "list_registries": _list_registries,
    "get_registry": _get_registry,
    "create_registry": _create_registry,
    "update_registry": _update_registry,
    "delete_registry": _delete_registry,
    "list_registry_tokens": _list_tokens,
    "get_registry_token": _get_token,
    "create_registry_token": _create_token,
    "update_registry_token": _update_token,
    "delete_registry_token": _delete_token,
    "list_packages": _list_packages,
    "get_package": _get_package,
    "publish_package": _publish_package,
    "copy_package": _copy_package,
    "delete_package": _delete_package,
}
