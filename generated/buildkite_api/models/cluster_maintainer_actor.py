# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel

if TYPE_CHECKING:
    from .cluster_maintainer_type import ClusterMaintainerType


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterMaintainerActor(ReadModel):
    """A user, who has an e-mail address, or a team, which has a slug."""

    id: str
    """The id of the user or team."""

    graphql_id: str | None = None
    """The same in the GraphQL API."""

    name: str | None = None
    """The display name. Missing from some teams."""

    email: str | None = None
    """The e-mail address of a user."""

    slug: str | None = None
    """The slug of a team."""

    type: ClusterMaintainerType | None = None
    """Kind: a user or a team. Missing from some teams."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.name = struct.name
        self.email = struct.email
        self.slug = struct.slug
        self.type = struct.type
