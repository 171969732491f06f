"""Views of the organization, its users and tokens."""

from __future__ import annotations

from ....timestamps import format_optional_time, format_time
from ...state.organization import EMOJIS, Organization
from ...state.users import SCOPES, Token, User
from ..request import Json
from .urls import Urls, graphql_id

__all__ = ["emojis_view", "organization_reference", "organization_view", "token_view", "user_or_none", "user_view"]


def user_view(user: User) -> Json:
    """Return a user."""
    return {
        "id": user.id,
        "graphql_id": graphql_id("User", user.id),
        "name": user.name,
        "email": user.email,
        "avatar_url": f"https://avatars.example/{user.id}",
        "created_at": format_time(user.created_at),
    }


def user_or_none(user: User | None) -> Json | None:
    """Return a user, or None for None."""
    return None if user is None else user_view(user)


def organization_reference(organization: Organization, urls: Urls) -> Json:
    """Return an organization as other objects name it."""
    return {
        "id": organization.id,
        "slug": organization.slug,
        "url": urls.org(),
        "web_url": f"{urls.web}/{organization.slug}",
    }


def organization_view(organization: Organization, urls: Urls) -> Json:
    """Return an organization."""
    url = urls.org()
    return {
        "id": organization.id,
        "graphql_id": graphql_id("Organization", organization.id),
        "url": url,
        "web_url": f"{urls.web}/{organization.slug}",
        "name": organization.name,
        "slug": organization.slug,
        "pipelines_url": f"{url}/pipelines",
        "agents_url": f"{url}/agents",
        "emojis_url": f"{url}/emojis",
        "created_at": format_time(organization.created_at),
    }


def token_view(token: Token) -> Json:
    """Return the token of the request, without its value."""
    return {
        "uuid": token.uuid,
        "scopes": sorted(SCOPES if token.scopes is None else token.scopes),
        "description": token.description,
        "created_at": format_time(token.created_at),
        "expires_at": format_optional_time(token.expires_at),
        "user": {"name": token.user.name, "email": token.user.email},
    }


def emojis_view(urls: Urls) -> list[Json]:
    """Return the organization's own emojis."""
    return [
        {
            "name": name,
            "url": f"{urls.web}/emoji/{name}.png",
            **({"aliases": list(aliases)} if aliases else {}),
        }
        for name, aliases in EMOJIS
    ]
