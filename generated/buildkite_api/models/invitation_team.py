# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class InvitationTeam(ReadModel):
    """A team that an invitation leads into."""

    id: str
    """The team's id."""

    graphql_id: str | None = None
    """The same team in the GraphQL API."""

    slug: str | None = None
    """The team's slug."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.slug = struct.slug
