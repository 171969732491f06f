"""Administration of package registries, their tokens and packages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..state.organization import Organization
from ..state.registries import Package, Registry, RegistryToken
from ..state.users import User
from .administrative_changes import AdministrativeChanges

__all__ = ["RegistryAdministration"]


class RegistryAdministration:
    """Administration of package registries: the only writer of them, their tokens and packages.

    Args:
        organization: the organization that it changes.
        changes: receives each change.
    """

    def __init__(self, organization: Organization, changes: AdministrativeChanges) -> None:
        self._organization = organization
        self._changes = changes

    def create(
        self,
        slug: str,
        name: str,
        ecosystem: str,
        by: User,
        *,
        description: str | None = None,
        emoji: str | None = None,
        color: str | None = None,
        oidc_policy: object = None,
        team_ids: Sequence[str] = (),
    ) -> Registry:
        """Create a registry."""
        registry = Registry(
            self._organization.ids.uuid(),
            slug,
            name,
            ecosystem,
            description,
            emoji,
            color,
            oidc_policy,
            tuple(team_ids),
        )
        self._organization.registries[slug] = registry
        self._changes.resource("registry", registry.id, None, name, by)
        return registry

    def update(
        self,
        registry: Registry,
        by: User,
        *,
        name: str | None,
        description: str | None,
        emoji: str | None,
        color: str | None,
        oidc_policy: object,
    ) -> None:
        """Change a registry. None leaves a text as it is; the policy is always replaced."""
        before = registry.name
        registry.name = name or registry.name
        registry.description = registry.description if description is None else description
        registry.emoji = registry.emoji if emoji is None else emoji
        registry.color = registry.color if color is None else color
        registry.oidc_policy = oidc_policy
        self._changes.resource("registry", registry.id, before, registry.name, by)

    def delete(self, registry: Registry, by: User) -> None:
        """Delete a registry with its tokens and packages."""
        del self._organization.registries[registry.slug]
        self._changes.resource("registry", registry.id, registry.name, None, by)

    def create_token(self, registry: Registry, description: str, by: User) -> RegistryToken:
        """Create a token."""
        ids = self._organization.ids
        token = RegistryToken(ids.uuid(), f"bkpt_{ids.commit()}", description, self._changes.now, by)
        registry.tokens[token.id] = token
        self._changes.resource("registry_token", token.id, None, description, by)
        return token

    def update_token(self, token: RegistryToken, description: str, by: User) -> None:
        """Change the description of a token."""
        before, token.description = token.description, description
        self._changes.resource("registry_token", token.id, before, description, by)

    def delete_token(self, registry: Registry, token: RegistryToken, by: User) -> None:
        """Delete a token."""
        del registry.tokens[token.id]
        self._changes.resource("registry_token", token.id, token.description, None, by)

    def publish(self, registry: Registry, name: str, version: str | None, data: bytes, by: User) -> Package:
        """Publish a package."""
        package = Package(
            self._organization.ids.uuid(),
            name,
            version,
            self._changes.now,
            hashlib.sha256(data).hexdigest(),
            hashlib.sha512(data).hexdigest(),
        )
        return self._add(registry, package, by)

    def copy(self, package: Package, registry: Registry, by: User) -> Package:
        """Copy a package into another registry."""
        copied = Package(
            self._organization.ids.uuid(),
            package.name,
            package.version,
            self._changes.now,
            package.sha256,
            package.sha512,
        )
        return self._add(registry, copied, by)

    def delete_package(self, registry: Registry, package: Package, by: User) -> None:
        """Delete a package."""
        del registry.packages[package.id]
        self._changes.resource("package", package.id, package.name, None, by)

    def _add(self, registry: Registry, package: Package, by: User) -> Package:
        registry.packages[package.id] = package
        self._changes.resource("package", package.id, None, package.name, by)
        return package
