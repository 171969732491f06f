# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .team_member_role import TeamMemberRole


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateTeamMemberRequest(RequestModel):
    """The new member."""

    user_id: str
    """The user's id."""

    role: TeamMemberRole | str
    """Role of the user in the team."""
