# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class User(ReadModel):
    """A person with a Buildkite account, as other objects name one. Some places leave out `graphql_id`
    or `avatar_url`, some show only the id and the name."""

    id: str
    """The user's id."""

    graphql_id: str | None = None
    """The same user in the GraphQL API."""

    name: str | None = None
    """The user's display name."""

    email: str | None = None
    """The user's e-mail address."""

    avatar_url: str | None = None
    """A picture of the user."""

    created_at: datetime.datetime | None = None
    """Time when the account was created."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.name = struct.name
        model.email = struct.email
        model.avatar_url = struct.avatar_url
        model.created_at = struct.created_at
        return model
