# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new
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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.description = struct.description
        model.allowed_ip_addresses = struct.allowed_ip_addresses
        model.expires_at = struct.expires_at
        model.url = struct.url
        model.cluster_url = struct.cluster_url
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.token = struct.token
        return model
