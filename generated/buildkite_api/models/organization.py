# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from .._definition import define
from ..base import ReadModel, new


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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.url = struct.url
        model.web_url = struct.web_url
        model.name = struct.name
        model.slug = struct.slug
        model.pipelines_url = struct.pipelines_url
        model.agents_url = struct.agents_url
        model.emojis_url = struct.emojis_url
        model.repository = struct.repository
        model.created_at = struct.created_at
        return model
