# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define

from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .invitation_team_request import InvitationTeamRequest
    from .organization_role import OrganizationRole
    from .sso_mode import SsoMode


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateOrganizationInvitationsRequest(RequestModel):
    """Whom to invite, and as what."""

    emails: Sequence[str]
    """The e-mail addresses."""

    role: OrganizationRole | str | Unset = UNSET
    """What they may do. Members, when left out."""

    sso_mode: SsoMode | str | Unset = UNSET
    """Whether they have to sign in by SSO. Has to be given where the organization has SSO, and is `required`
    when left out where it has not."""

    teams: Sequence[InvitationTeamRequest] | Unset = UNSET
    """The teams that they join, each at most once."""
