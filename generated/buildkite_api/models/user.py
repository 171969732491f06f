# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from attrs import define

from ..base import ReadModel


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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.name = struct.name
        self.email = struct.email
        self.avatar_url = struct.avatar_url
        self.created_at = struct.created_at
