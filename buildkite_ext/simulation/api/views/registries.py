"""Views of package registries, their tokens and packages."""

from __future__ import annotations

from ....timestamps import format_time
from ...state.organization import Organization
from ...state.registries import Package, Registry, RegistryToken
from ..request import Json
from .urls import Urls, graphql_id
from .users import organization_reference, user_view

__all__ = ["listed_package_view", "package_view", "registry_token_view", "registry_view"]


def registry_view(registry: Registry, urls: Urls) -> Json:
    """Return a registry. None is public here: no operation makes it so."""
    return {
        **_reference(registry, urls),
        "name": registry.name,
        "ecosystem": registry.ecosystem,
        "description": registry.description,
        "emoji": registry.emoji,
        "color": registry.color,
        "public": False,
        "oidc_policy": registry.oidc_policy,
        "team_ids": list(registry.team_ids),
    }


def registry_token_view(
    token: RegistryToken, registry: Registry, organization: Organization, urls: Urls, *, with_value: bool = False
) -> Json:
    """Return a token of a registry: with its value only in the answer to its creation."""
    view: Json = {
        "id": token.id,
        "graphql_id": graphql_id("RegistryToken", token.id),
        "description": token.description,
        "url": f"{_url(registry, urls)}/tokens/{token.id}",
        "created_at": format_time(token.created_at),
        "created_by": user_view(token.created_by),
        "organization": organization_reference(organization, urls),
        "registry": _reference(registry, urls),
    }
    if with_value:
        view["token"] = token.value
    return view


def listed_package_view(package: Package, registry: Registry, urls: Urls) -> Json:
    """Return a package as lists show it."""
    return {
        **_package(package, registry, urls),
        "created_at": format_time(package.created_at),
        "version": package.version,
    }


def package_view(package: Package, registry: Registry, organization: Organization, urls: Urls) -> Json:
    """Return a package by itself."""
    return {
        **_package(package, registry, urls),
        "version": package.version,
        "organization": organization_reference(organization, urls),
        "registry": _reference(registry, urls),
    }


def _package(package: Package, registry: Registry, urls: Urls) -> Json:
    return {
        "id": package.id,
        "url": f"{_url(registry, urls)}/packages/{package.id}",
        "web_url": f"{_web_url(registry, urls)}/packages/{package.id}",
        "name": package.name,
        "digests": {"sha256": package.sha256, "sha512": package.sha512},
    }


def _reference(registry: Registry, urls: Urls) -> Json:
    return {
        "id": registry.id,
        "graphql_id": graphql_id("Registry", registry.id),
        "slug": registry.slug,
        "url": _url(registry, urls),
        "web_url": _web_url(registry, urls),
    }


def _url(registry: Registry, urls: Urls) -> str:
    return f"{urls.api}/v2/packages/organizations/{urls.organization}/registries/{registry.slug}"


def _web_url(registry: Registry, urls: Urls) -> str:
    return f"{urls.web}/organizations/{urls.organization}/packages/registries/{registry.slug}"
