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

    def _take(self, part: Any) -> None:
        self._additional = None
        self.id = part.id
        self.graphql_id = part.graphql_id
        self.slug = part.slug
        self.url = part.url
        self.web_url = part.web_url
