# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models
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
    """Purpose."""

    allowed_ip_addresses: str | None = None
    """The IPv4 networks that agents may come from, in CIDR notation."""

    expires_at: datetime.datetime | None = None
    """Time when it expires. After that agents can no longer connect with it."""

    url: str
    """The token in the REST API."""

    cluster_url: str | None = None
    """The token's cluster in the REST API."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    token: Secret | None = field(default=None, repr=False)
    """The secret that agents register with. Only in the answer to creating the token."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.description = struct.description
        self.allowed_ip_addresses = struct.allowed_ip_addresses
        self.expires_at = struct.expires_at
        self.url = struct.url
        self.cluster_url = struct.cluster_url
        self.created_at = struct.created_at
        self.created_by = struct.created_by and to_models(struct.created_by)
        self.token = struct.token
