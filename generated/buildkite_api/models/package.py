# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models

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
    """Time when it was published. Shown in lists."""

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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.url = struct.url
        self.web_url = struct.web_url
        self.name = struct.name
        self.created_at = struct.created_at
        self.version = struct.version
        self.variant = struct.variant
        self.metadata = {} if struct.metadata is None else struct.metadata
        self.digests = struct.digests and to_models(struct.digests)
        self.organization = struct.organization and to_models(struct.organization)
        self.registry = struct.registry and to_models(struct.registry)
