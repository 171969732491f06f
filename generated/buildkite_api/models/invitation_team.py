# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class InvitationTeam(ReadModel):
    """A team that an invitation leads into."""

    id: str
    """The team's id."""

    graphql_id: str | None = None
    """The same team in the GraphQL API."""

    slug: str | None = None
    """The team's slug."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.slug = struct.slug
        return model
