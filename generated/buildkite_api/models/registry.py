# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class Registry(ReadModel):
    """A package registry."""

    id: str
    """The registry's id."""

    graphql_id: str | None = None
    """The same registry in the GraphQL API."""

    slug: str
    """The name in URLs."""

    url: str
    """The registry in the REST API."""

    web_url: str | None = None
    """The registry's page on Buildkite."""

    name: str
    """The display name."""

    ecosystem: str | None = None
    """Kind of its packages, such as `ruby`."""

    description: str | None = None
    """Purpose."""

    emoji: str | None = None
    """An emoji such as `:rocket:`."""

    color: str | None = None
    """A color as a hex code."""

    public: bool | None = None
    """True if everybody may see it."""

    oidc_policy: Any = None
    """Policy of the OIDC tokens that may act on it. Null without a policy; its form in answers is not
    documented."""

    team_ids: list[str] = field(factory=list)
    """The ids of the teams that can reach it."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.slug = struct.slug
        model.url = struct.url
        model.web_url = struct.web_url
        model.name = struct.name
        model.ecosystem = struct.ecosystem
        model.description = struct.description
        model.emoji = struct.emoji
        model.color = struct.color
        model.public = struct.public
        model.oidc_policy = struct.oidc_policy
        model.team_ids = [] if struct.team_ids is None else struct.team_ids
        return model
