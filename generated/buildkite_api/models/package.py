# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.url = struct.url
        model.web_url = struct.web_url
        model.name = struct.name
        model.created_at = struct.created_at
        model.version = struct.version
        model.variant = struct.variant
        model.metadata = {} if struct.metadata is None else struct.metadata
        model.digests = struct.digests and struct.digests._to_model()
        model.organization = struct.organization and struct.organization._to_model()
        model.registry = struct.registry and struct.registry._to_model()
        return model
