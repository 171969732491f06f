# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..base import RequestModel

if TYPE_CHECKING:
    from .team_member_role import TeamMemberRole
    from .team_privacy import TeamPrivacy


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateTeamRequest(RequestModel):
    """What the team shall be."""

    name: str
    """The display name."""

    description: str
    """What it is for."""

    privacy: TeamPrivacy | str
    """Who can see it."""

    is_default_team: bool
    """Whether new members of the organization join it."""

    default_member_role: TeamMemberRole | str
    """What its members may do unless told otherwise."""

    members_can_create_pipelines: bool
    """Whether its members may create pipelines."""

    members_can_create_suites: bool
    """Whether its members may create test suites."""

    members_can_create_registries: bool
    """Whether its members may create package registries."""

    members_can_destroy_registries: bool
    """Whether its members may delete package registries."""

    members_can_destroy_packages: bool
    """Whether its members may delete packages."""
