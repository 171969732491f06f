# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class Suite(ReadModel):
    """A test suite: what runs of tests report to."""

    id: str
    """The suite's id."""

    graphql_id: str | None = None
    """The same suite in the GraphQL API."""

    organization_id: str | None = None
    """The organization's id."""

    slug: str
    """The name in URLs."""

    name: str
    """The display name."""

    url: str
    """The suite in the REST API."""

    web_url: str | None = None
    """The suite's page on Buildkite."""

    default_branch: str | None = None
    """The branch whose trends are shown first."""

    application_name: str | None = None
    """The application that it tests."""

    color: str | None = None
    """A color as a hex code."""

    emoji: str | None = None
    """An emoji."""

    team_ids: list[str] = field(factory=list)
    """The ids of the teams that own it."""

    oidc_policy: Any = None
    """Policy of the OIDC tokens that may act on it. Null without a policy; its form in answers is not
    documented."""

    api_token: Secret | None = field(default=None, repr=False)
    """Its API token. Only with `show_api_token`."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.organization_id = struct.organization_id
        model.slug = struct.slug
        model.name = struct.name
        model.url = struct.url
        model.web_url = struct.web_url
        model.default_branch = struct.default_branch
        model.application_name = struct.application_name
        model.color = struct.color
        model.emoji = struct.emoji
        model.team_ids = [] if struct.team_ids is None else struct.team_ids
        model.oidc_policy = struct.oidc_policy
        model.api_token = struct.api_token
        return model
