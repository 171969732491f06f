"""What connects an organization with other systems: notification services, portals and repository connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .users import User

__all__ = ["BUILD_STATES", "NotificationService", "Portal", "Repository", "RepositoryConnection"]

BUILD_STATES = (
    *(f"build_{state}" for state in ("passed", "fixed", "failed", "blocked", "canceled", "failing")),
    "job_activated",
)
"""What a notification service can be told about."""


@dataclass(slots=True, eq=False)
class NotificationService:
    """Notification service.

    Attributes:
        provider: the id of its kind, such as `webhook`.
        settings: the settings of that kind, with their secrets.
        scope: the pipelines that it is told about: `all`, or those that `scope_uuids` names in one way or another.
    """

    id: str
    provider: str
    created_at: float
    created_by: User
    settings: Mapping[str, object] = field(repr=False)
    description: str = ""
    enabled: bool = True
    scope: str = "all"
    scope_uuids: tuple[str, ...] = ()
    branch_configuration: str = ""
    build_states: Mapping[str, bool] = field(default_factory=lambda: dict.fromkeys(BUILD_STATES, False))


@dataclass(slots=True, eq=False)
class Portal:
    """Portal: a stored GraphQL operation."""

    id: str
    slug: str
    token: str = field(repr=False)
    name: str
    query: str
    created_at: float
    created_by: User
    description: str | None = None
    allowed_ip_addresses: str | None = None
    user_invokable: bool = False


@dataclass(frozen=True, slots=True)
class Repository:
    """Repository that a connection reaches."""

    full_name: str
    default_branch: str = "main"


@dataclass(slots=True, eq=False)
class RepositoryConnection:
    """Connection to a source code host.

    Attributes:
        kind: the kind of the host, such as `github_app`.
        host_url: the root of its web pages.
    """

    id: str
    kind: str
    name: str
    login: str
    host_url: str
    repositories: tuple[Repository, ...] = ()
