"""Users and their tokens."""

from __future__ import annotations

from dataclasses import dataclass

from ..limits import Window


@dataclass(slots=True, eq=False)
class User:
    """Somebody who may create, cancel and unblock; the second rate limit is theirs."""

    id: str
    name: str
    email: str
    created_at: float
    window: Window


@dataclass(slots=True, eq=False)
class Token:
    """An API access token."""

    uuid: str
    value: str
    user: User
    scopes: frozenset[str] | None
    description: str
    created_at: float
    expires_at: float | None = None

    def allows(self, scope: str | None) -> bool:
        """Whether it may do what needs this scope; a token without a set of scopes may do everything."""
        return scope is None or self.scopes is None or scope in self.scopes


_NOUNS = ("agents", "artifacts", "build_logs", "builds", "clusters", "organizations", "pipelines")

SCOPES = (*(f"{verb}_{noun}" for noun in _NOUNS for verb in ("read", "write")), "read_job_env", "read_user")
"""What a token without a set of scopes says that it has."""
