"""Users, their API access tokens, and the rate limits of users and of the organization.

https://buildkite.com/docs/apis/rest-api/rate-limits
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from buildkite_api.operations import OPERATIONS

from ...scopes import PUBLISHED_SCOPES, grants
from ..definition.checks import check_name, elements

__all__ = ["DEFAULT_RATE_LIMIT", "SCOPES", "WINDOW", "RateLimit", "Token", "User", "known_scopes"]

WINDOW = 60.0
"""Seconds of the time in which requests are counted."""

DEFAULT_RATE_LIMIT = 100_000
"""Limit of requests a minute unless another is given: more than a test needs. Buildkite's own limits are 200 and 50."""


@dataclass(slots=True)
class RateLimit:
    """Limit of requests a minute. A minute begins with the first request after the end of the last one."""

    scope: str
    limit: int
    current: int = 0
    began: float | None = None

    def count(self, now: float) -> None:
        """Count a request."""
        self._roll(now)
        if self.began is None:
            self.began = now
        self.current += 1

    def reset(self, now: float) -> int:
        """Return the seconds until the end of the minute."""
        self._roll(now)
        return math.ceil(WINDOW if self.began is None else self.began + WINDOW - now)

    @property
    def exceeded(self) -> bool:
        """True if there were more requests than the limit allows."""
        return self.current > self.limit

    @property
    def remaining(self) -> int:
        """Requests that are left in this minute."""
        return max(0, self.limit - self.current)

    def _roll(self, now: float) -> None:
        if self.began is not None and now >= self.began + WINDOW:
            self.began = None
            self.current = 0


@dataclass(slots=True, eq=False)
class User:
    """User: creates, cancels and unblocks builds, and has a rate limit.

    Attributes:
        role: the role in the organization: `admin` or `member`.
        sso_mode: `required` or `optional`.
    """

    id: str
    name: str
    email: str
    created_at: float
    rate_limit: RateLimit
    role: str = "member"
    sso_mode: str = "required"

    @property
    def administrates(self) -> bool:
        """True for an administrator of the organization."""
        return self.role == "admin"


@dataclass(slots=True, eq=False)
class Token:
    """API access token."""

    uuid: str
    value: str
    user: User
    scopes: frozenset[str] | None
    description: str
    created_at: float
    expires_at: float | None = None

    def allows(self, scope: str | None) -> bool:
        """Return whether the token has a scope; a token without a set of scopes has them all.

        An operation that needs two scopes names both, with a `+` between them.
        """
        if scope is None or self.scopes is None:
            return True
        return all(grants(self.scopes, each) for each in scope.split("+"))


_OTHER_SCOPES = frozenset(
    {
        *(
            f"{verb}_{noun}"
            for noun in ("test_plan", "suites", "portals", "teams", "rules")
            for verb in ("read", "write")
        ),
        *("read_secrets_details", "read_registries", "read_packages", "graphql"),
    }
)
"""Scopes that the documentation has and no operation needs.
https://buildkite.com/docs/apis/managing-api-tokens"""

_KNOWN_SCOPES = _OTHER_SCOPES | {
    scope for operation in OPERATIONS.values() if operation.scope for scope in operation.scope.split("+")
}


_SCOPES_LISTED = "The page https://buildkite.com/docs/apis/managing-api-tokens"


def known_scopes(scopes: Iterable[str] | None) -> frozenset[str] | None:
    """Return the scopes of a token as a set; None stands for all.

    Raises:
        TypeError: they are a single string, or not texts.
        ValueError: Buildkite has no such scope.

    Example:
        >>> known_scopes(["read_build"])
        Traceback (most recent call last):
        ...
        ValueError: scopes='read_build': there is no such scope; did you mean 'read_builds'?
    """
    if scopes is None:
        return None
    if isinstance(scopes, str):
        raise TypeError(f"scopes={scopes!r} is one string: give a set of scopes, such as {{{scopes!r}}}")
    found = elements("scopes", scopes, give="a set of scopes, such as {'read_builds'}")
    for scope in found:
        check_name("scopes", scope, _KNOWN_SCOPES, "scope", listed=_SCOPES_LISTED)
    return frozenset(map(str, found))


SCOPES = _KNOWN_SCOPES - PUBLISHED_SCOPES.keys()
"""Scopes that the API shows for a token without a set of scopes: all that a token can have."""
