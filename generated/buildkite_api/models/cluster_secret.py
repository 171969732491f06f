# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .organization_reference import OrganizationReference
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterSecret(ReadModel):
    """A secret of a cluster, without its value."""

    id: str
    """The secret's id."""

    graphql_id: str | None = None
    """The same secret in the GraphQL API. No documented answer holds it."""

    key: str
    """The name by which jobs ask for it."""

    description: str | None = None
    """Purpose."""

    policy: str | None = None
    """Policy that says who may read it, as YAML."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it. Only the id, the name and the e-mail address."""

    updated_at: datetime.datetime | None = None
    """Time when it was last changed."""

    updated_by: User | None = None
    """User who last changed it."""

    last_read_at: datetime.datetime | None = None
    """Time when a build last read it."""

    url: str
    """The secret in the REST API."""

    cluster_url: str | None = None
    """The secret's cluster in the REST API."""

    organization: OrganizationReference | None = None
    """The organization that it belongs to."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.key = struct.key
        model.description = struct.description
        model.policy = struct.policy
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.updated_at = struct.updated_at
        model.updated_by = struct.updated_by and struct.updated_by._to_model()
        model.last_read_at = struct.last_read_at
        model.url = struct.url
        model.cluster_url = struct.cluster_url
        model.organization = struct.organization and struct.organization._to_model()
        return model
