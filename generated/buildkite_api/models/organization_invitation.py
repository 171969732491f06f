# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models

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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.url = struct.url
        self.email = struct.email
        self.state = struct.state
        self.role = struct.role
        self.sso_mode = struct.sso_mode
        self.teams = [] if struct.teams is None else to_models(struct.teams)
        self.created_at = struct.created_at
        self.created_by = struct.created_by and to_models(struct.created_by)
        self.accepted_at = struct.accepted_at
        self.accepted_by = struct.accepted_by and to_models(struct.accepted_by)
        self.revoked_at = struct.revoked_at
        self.revoked_by = struct.revoked_by and to_models(struct.revoked_by)
        self.expired_at = struct.expired_at
