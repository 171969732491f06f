# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, made

if TYPE_CHECKING:
    from .organization_reference import OrganizationReference
    from .package_digests import PackageDigests
    from .registry_reference import RegistryReference


@define(kw_only=True, repr=False, weakref_slot=False)
class Package(ReadModel):
    """A package in a registry."""

    id: str
    """The package's id."""

    url: str
    """The package in the REST API."""

    web_url: str | None = None
    """The package's page on Buildkite."""

    name: str
    """Its name."""

    created_at: datetime.datetime | None = None
    """When it was published. Shown in lists."""

    version: str | None = None
    """Its version. Shown in lists, and known to Buildkite's Go client."""

    variant: str | None = None
    """Known from Buildkite's Go client alone."""

    metadata: dict[str, Any] = field(factory=dict)
    """Known from Buildkite's Go client alone."""

    digests: PackageDigests | None = None
    """The digests of its file."""

    organization: OrganizationReference | None = None
    """The organization. Absent from lists."""

    registry: RegistryReference | None = None
    """The registry. Absent from lists."""

    def _take(self, part: Any) -> None:
        self._additional = None
        self.id = part.id
        self.url = part.url
        self.web_url = part.web_url
        self.name = part.name
        self.created_at = part.created_at
        self.version = part.version
        self.variant = part.variant
        self.metadata = part.metadata
        self.digests = part.digests and made(part.digests)
        self.organization = part.organization and made(part.organization)
        self.registry = part.registry and made(part.registry)
