# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class OrganizationReference(ReadModel):
    """An organization, as other objects name one."""

    id: str
    """The organization's id."""

    slug: str | None = None
    """The organization's slug."""

    url: str | None = None
    """The organization in the REST API."""

    web_url: str | None = None
    """The organization's page on Buildkite."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.slug = struct.slug
        self.url = struct.url
        self.web_url = struct.web_url
