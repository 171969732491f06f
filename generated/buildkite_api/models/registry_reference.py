# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class RegistryReference(ReadModel):
    """A package registry, as other objects name one."""

    id: str
    """The registry's id."""

    graphql_id: str | None = None
    """The same registry in the GraphQL API."""

    slug: str | None = None
    """The name in URLs."""

    url: str | None = None
    """The registry in the REST API."""

    web_url: str | None = None
    """The registry's page on Buildkite."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.slug = struct.slug
        self.url = struct.url
        self.web_url = struct.web_url
