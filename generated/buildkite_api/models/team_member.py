# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .team_member_role import TeamMemberRole


@define(kw_only=True, repr=False, weakref_slot=False)
class TeamMember(ReadModel):
    """A user's membership in a team."""

    user_id: str
    """The user's id."""

    user_name: str | None = None
    """The user's display name."""

    role: TeamMemberRole
    """Role of the user in the team."""

    created_at: datetime.datetime | None = None
    """Time when the user joined."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.user_id = struct.user_id
        model.user_name = struct.user_name
        model.role = struct.role
        model.created_at = struct.created_at
        return model
