# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

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
    """Purpose."""

    privacy: TeamPrivacy | None = None
    """Privacy."""

    default: bool | None = None
    """True if new members of the organization join it."""

    is_default_team: bool | None = None
    """The same, in the documented answers to creating and updating a team."""

    default_member_role: TeamMemberRole | None = None
    """Default role of its members. This and the next five are known from Buildkite's Go client, and from the
    documented answers to creating and updating a team."""

    members_can_create_pipelines: bool | None = None
    """True if its members may create pipelines."""

    members_can_create_suites: bool | None = None
    """True if its members may create test suites."""

    members_can_create_registries: bool | None = None
    """True if its members may create package registries."""

    members_can_destroy_registries: bool | None = None
    """True if its members may delete package registries."""

    members_can_destroy_packages: bool | None = None
    """True if its members may delete packages."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.name = struct.name
        model.slug = struct.slug
        model.description = struct.description
        model.privacy = struct.privacy
        model.default = struct.default
        model.is_default_team = struct.is_default_team
        model.default_member_role = struct.default_member_role
        model.members_can_create_pipelines = struct.members_can_create_pipelines
        model.members_can_create_suites = struct.members_can_create_suites
        model.members_can_create_registries = struct.members_can_create_registries
        model.members_can_destroy_registries = struct.members_can_destroy_registries
        model.members_can_destroy_packages = struct.members_can_destroy_packages
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        return model
