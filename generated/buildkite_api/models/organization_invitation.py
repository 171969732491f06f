# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .invitation_state import InvitationState
    from .invitation_team import InvitationTeam
    from .organization_role import OrganizationRole
    from .sso_mode import SsoMode
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class OrganizationInvitation(ReadModel):
    """An invitation into an organization."""

    id: str
    """The invitation's id."""

    graphql_id: str | None = None
    """The same invitation in the GraphQL API."""

    url: str | None = None
    """The invitation in the REST API."""

    email: str
    """E-mail address that it was sent to."""

    state: InvitationState
    """State."""

    role: OrganizationRole | None = None
    """Role of the new member."""

    sso_mode: SsoMode | None = None
    """SSO mode of the new member: required or optional."""

    teams: list[InvitationTeam] = field(factory=list)
    """The teams that the new member joins."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it. Only the id, the name and the e-mail address."""

    accepted_at: datetime.datetime | None = None
    """Time when it was accepted."""

    accepted_by: User | None = None
    """User who accepted it."""

    revoked_at: datetime.datetime | None = None
    """Time when it was revoked."""

    revoked_by: User | None = None
    """User who revoked it."""

    expired_at: datetime.datetime | None = None
    """Time when it expired."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.url = struct.url
        model.email = struct.email
        model.state = struct.state
        model.role = struct.role
        model.sso_mode = struct.sso_mode
        model.teams = [] if struct.teams is None else [each._to_model() for each in struct.teams]
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.accepted_at = struct.accepted_at
        model.accepted_by = struct.accepted_by and struct.accepted_by._to_model()
        model.revoked_at = struct.revoked_at
        model.revoked_by = struct.revoked_by and struct.revoked_by._to_model()
        model.expired_at = struct.expired_at
        return model
