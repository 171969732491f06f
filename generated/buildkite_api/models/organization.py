# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class Organization(ReadModel):
    """A Buildkite organization: the owner of pipelines, clusters and agents."""

    id: str
    """The organization's id."""

    graphql_id: str | None = None
    """The same organization in the GraphQL API."""

    url: str
    """The organization in the REST API."""

    web_url: str | None = None
    """The organization's page on Buildkite."""

    name: str
    """The display name."""

    slug: str
    """The name in URLs, and the first argument of most operations."""

    pipelines_url: str | None = None
    """The organization's pipelines in the REST API."""

    agents_url: str | None = None
    """The organization's agents in the REST API."""

    emojis_url: str | None = None
    """The organization's emojis in the REST API."""

    repository: str | None = None
    """Known from Buildkite's Go client alone."""

    created_at: datetime.datetime | None = None
    """Time when the organization was created."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.url = struct.url
        self.web_url = struct.web_url
        self.name = struct.name
        self.slug = struct.slug
        self.pipelines_url = struct.pipelines_url
        self.agents_url = struct.agents_url
        self.emojis_url = struct.emojis_url
        self.repository = struct.repository
        self.created_at = struct.created_at
