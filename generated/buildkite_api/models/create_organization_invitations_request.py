# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .invitation_team_request import InvitationTeamRequest
    from .organization_role import OrganizationRole
    from .sso_mode import SsoMode


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateOrganizationInvitationsRequest(RequestModel):
    """Addresses to invite, and the roles to give."""

    emails: Sequence[str]
    """The e-mail addresses."""

    role: OrganizationRole | str | Unset = UNSET
    """Role. Member, if left out."""

    sso_mode: SsoMode | str | Unset = UNSET
    """SSO mode: required or optional. Must be given if the organization has SSO; otherwise it is `required` by
    default."""

    teams: Sequence[InvitationTeamRequest] | Unset = UNSET
    """The teams that they join, each at most once."""
