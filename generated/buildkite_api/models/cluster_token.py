# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, made
from ..types import Secret

if TYPE_CHECKING:
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterToken(ReadModel):
    """An agent token of a cluster."""

    id: str
    """The token's id."""

    graphql_id: str | None = None
    """The same token in the GraphQL API."""

    description: str | None = None
    """What it is for."""

    allowed_ip_addresses: str | None = None
    """The IPv4 networks that agents may come from, in CIDR notation."""

    expires_at: datetime.datetime | None = None
    """When it expires. Afterwards agents can no longer connect with it."""

    url: str
    """The token in the REST API."""

    cluster_url: str | None = None
    """The token's cluster in the REST API."""

    created_at: datetime.datetime | None = None
    """When it was created."""

    created_by: User | None = None
    """Who created it."""

    token: Secret | None = field(default=None, repr=False)
    """The secret that agents register with. Only in the answer to creating the token."""

    def _take(self, part: Any) -> None:
        self._additional = None
        self.id = part.id
        self.graphql_id = part.graphql_id
        self.description = part.description
        self.allowed_ip_addresses = part.allowed_ip_addresses
        self.expires_at = part.expires_at
        self.url = part.url
        self.cluster_url = part.cluster_url
        self.created_at = part.created_at
        self.created_by = part.created_by and made(part.created_by)
        self.token = part.token
