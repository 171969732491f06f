"""Scopes of API access tokens, where pages of Buildkite's documentation call one by two names.

https://buildkite.com/docs/apis/managing-api-tokens
"""

from __future__ import annotations

from collections.abc import Container, Mapping

__all__ = ["PUBLISHED_SCOPES", "grants", "scope_words"]

PUBLISHED_SCOPES: Mapping[str, str] = {
    "read_accounts": "read_organizations",
    "read_secret_details": "read_secrets_details",
    "view_teams": "read_teams",
}
"""Scopes that pages of operations ask for and that no token can have, with those that stand for them here."""


def grants(scopes: Container[str], scope: str) -> bool:
    """Return whether a token with some scopes has one that an operation needs.

    Example:
        >>> grants({"read_teams"}, "view_teams"), grants({"read_teams"}, "write_teams")
        (True, False)
    """
    return scope in scopes or PUBLISHED_SCOPES.get(scope, scope) in scopes


def scope_words(scopes: str) -> str:
    """Return the scopes that an operation needs, each with the one that a token can have in its place.

    Args:
        scopes: the scopes, with `+` between them.

    Example:
        >>> scope_words("read_builds"), scope_words("view_teams")
        ('read_builds', 'view_teams (tokens have read_teams for it)')
    """
    return "+".join(
        f"{scope} (tokens have {PUBLISHED_SCOPES[scope]} for it)" if scope in PUBLISHED_SCOPES else scope
        for scope in scopes.split("+")
    )
