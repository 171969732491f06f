# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .organization_role import OrganizationRole
    from .sso_mode import SsoMode


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateOrganizationMemberRequest(RequestModel):
    """What to change. What is left out stays as it is."""

    role: OrganizationRole | str | Unset = UNSET
    """What the member may do."""

    sso_mode: SsoMode | str | Unset = UNSET
    """Whether the member has to sign in by SSO."""
