# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, made

if TYPE_CHECKING:
    from .team_member_role import TeamMemberRole
    from .team_privacy import TeamPrivacy
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class Team(ReadModel):
    """A group of an organization's members."""

    id: str | None = None
    """The team's id. Absent from the documented answers to creating and updating a team."""

    graphql_id: str | None = None
    """The same team in the GraphQL API."""

    name: str
    """The display name."""

    slug: str | None = None
    """The name in URLs."""

    description: str | None = None
    """What it is for."""

    privacy: TeamPrivacy | None = None
    """Who can see it."""

    default: bool | None = None
    """Whether new members of the organization join it."""

    is_default_team: bool | None = None
    """The same, in the documented answers to creating and updating a team."""

    default_member_role: TeamMemberRole | None = None
    """What its members may do unless told otherwise. This and the next five are known from Buildkite's Go
    client, and from the documented answers to creating and updating a team."""

    members_can_create_pipelines: bool | None = None
    """Whether its members may create pipelines."""

    members_can_create_suites: bool | None = None
    """Whether its members may create test suites."""

    members_can_create_registries: bool | None = None
    """Whether its members may create package registries."""

    members_can_destroy_registries: bool | None = None
    """Whether its members may delete package registries."""

    members_can_destroy_packages: bool | None = None
    """Whether its members may delete packages."""

    created_at: datetime.datetime | None = None
    """When it was created."""

    created_by: User | None = None
    """Who created it."""

    def _take(self, part: Any) -> None:
        self._additional = None
        self.id = part.id
        self.graphql_id = part.graphql_id
        self.name = part.name
        self.slug = part.slug
        self.description = part.description
        self.privacy = part.privacy
        self.default = part.default
        self.is_default_team = part.is_default_team
        self.default_member_role = part.default_member_role
        self.members_can_create_pipelines = part.members_can_create_pipelines
        self.members_can_create_suites = part.members_can_create_suites
        self.members_can_create_registries = part.members_can_create_registries
        self.members_can_destroy_registries = part.members_can_destroy_registries
        self.members_can_destroy_packages = part.members_can_destroy_packages
        self.created_at = part.created_at
        self.created_by = part.created_by and made(part.created_by)
