# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.name = struct.name
        model.email = struct.email
        model.slug = struct.slug
        model.type = struct.type
        return model
