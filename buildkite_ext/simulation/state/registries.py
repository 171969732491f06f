"""Package registries, their tokens and packages."""

from __future__ import annotations

from dataclasses import dataclass, field

from .users import User

__all__ = ["Package", "Registry", "RegistryToken"]


@dataclass(slots=True, eq=False)
class RegistryToken:
    """Token of a package registry."""

    id: str
    value: str = field(repr=False)
    description: str
    created_at: float
    created_by: User


@dataclass(frozen=True, slots=True)
class Package:
    """Package in a registry. Of its file only the digests are kept."""

    id: str
    name: str
    version: str | None
    created_at: float
    sha256: str
    sha512: str


@dataclass(slots=True, eq=False)
class Registry:
    """Package registry, with its tokens by id, and its packages by id, oldest first."""

    id: str
    slug: str
    name: str
    ecosystem: str
    description: str | None = None
    emoji: str | None = None
    color: str | None = None
    oidc_policy: object = None
    team_ids: tuple[str, ...] = ()
    tokens: dict[str, RegistryToken] = field(default_factory=dict[str, RegistryToken])
    packages: dict[str, Package] = field(default_factory=dict[str, Package])
