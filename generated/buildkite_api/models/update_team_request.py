# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .team_member_role import TeamMemberRole
    from .team_privacy import TeamPrivacy


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateTeamRequest(RequestModel):
    """Properties of the team."""

    name: str
    """The display name."""

    description: str
    """Purpose."""

    privacy: TeamPrivacy | str
    """Privacy."""

    is_default_team: bool
    """True if new members of the organization join it."""

    default_member_role: TeamMemberRole | str
    """Default role of its members."""

    members_can_create_pipelines: bool
    """True if its members may create pipelines."""

    members_can_create_suites: bool
    """True if its members may create test suites."""

    members_can_create_registries: bool
    """True if its members may create package registries."""

    members_can_destroy_registries: bool
    """True if its members may delete package registries."""

    members_can_destroy_packages: bool
    """True if its members may delete packages."""
