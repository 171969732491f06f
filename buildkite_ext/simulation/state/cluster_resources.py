"""What belongs to a cluster beside its queues: agent tokens, maintainers, secrets, agent images and cache volumes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .users import User

__all__ = ["INSTANCE_SHAPES", "AgentImage", "CacheVolume", "ClusterSecret", "ClusterToken", "Maintainer"]

_LINUX_SIZES = ("2X4", "4X16", "8X32", "16X64", "32X128", "64X256")

INSTANCE_SHAPES = (
    *(f"LINUX_{architecture}_{size}" for architecture in ("AMD64", "ARM64") for size in _LINUX_SIZES),
    "MACOS_ARM64_M4_6X28",
    "MACOS_ARM64_M4_12X56",
)
"""Names of the machines that hosted agents run on."""


@dataclass(slots=True, eq=False)
class ClusterToken:
    """Agent token of a cluster."""

    id: str
    value: str = field(repr=False)
    description: str
    allowed_ip_addresses: str | None
    expires_at: float | None
    created_at: float
    created_by: User


@dataclass(slots=True, eq=False)
class Maintainer:
    """Grant of a cluster's administration to a user or a team.

    Attributes:
        actor_id: the id of the user or the team.
    """

    id: str
    kind: Literal["user", "team"]
    actor_id: str


@dataclass(slots=True, eq=False)
class ClusterSecret:
    """Secret of a cluster. Its value stands in no answer."""

    id: str
    key: str
    value: str = field(repr=False)
    description: str | None
    policy: str | None
    created_at: float
    created_by: User
    updated_at: float
    updated_by: User | None = None


@dataclass(slots=True, eq=False)
class AgentImage:
    """Image that hosted agents run. It is `BUILDING`, `READY` or `FAILED`."""

    id: str
    name: str
    dockerfile: str
    status: str = "BUILDING"
    error: str | None = None

    @property
    def reference(self) -> str | None:
        """Reference by which a queue uses it; None until it is built."""
        return f"registry.example.com/buildkite/{self.id}:v1" if self.status == "READY" else None


@dataclass(slots=True, eq=False)
class CacheVolume:
    """Volume on which hosted agents keep their cache."""

    id: str
    tag: str
    size_mb: int
    created_at: float
    attached_at: float
    detached_at: float
