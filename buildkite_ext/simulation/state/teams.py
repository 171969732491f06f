"""Teams with their members, pipelines and test suites, and invitations into the organization."""

from __future__ import annotations

from dataclasses import dataclass, field

from .pipelines import Pipeline
from .test_engine import Suite
from .users import User

__all__ = ["Invitation", "Team", "TeamAttributes", "TeamMember", "TeamPipeline", "TeamSuite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAttributes:
    """Attributes of a team that requests set."""

    name: str = ""
    description: str = ""
    privacy: str = "visible"
    is_default_team: bool = False
    default_member_role: str = "member"
    members_can_create_pipelines: bool = False
    members_can_create_suites: bool = False
    members_can_create_registries: bool = False
    members_can_destroy_registries: bool = False
    members_can_destroy_packages: bool = False


@dataclass(slots=True, eq=False)
class TeamMember:
    """Membership of a user in a team."""

    user: User
    role: str
    created_at: float


@dataclass(slots=True, eq=False)
class TeamPipeline:
    """Access of a team to a pipeline."""

    pipeline: Pipeline
    access_level: str
    created_at: float


@dataclass(slots=True, eq=False)
class TeamSuite:
    """Access of a team to a test suite."""

    suite: Suite
    access_level: tuple[str, ...]
    created_at: float


@dataclass(slots=True, eq=False)
class Team:
    """Team.

    Attributes:
        members: its members by the id of the user.
        pipelines: its pipelines by id.
        suites: its test suites by id.
    """

    id: str
    slug: str
    attributes: TeamAttributes
    created_at: float
    created_by: User
    members: dict[str, TeamMember] = field(default_factory=dict[str, TeamMember])
    pipelines: dict[str, TeamPipeline] = field(default_factory=dict[str, TeamPipeline])
    suites: dict[str, TeamSuite] = field(default_factory=dict[str, TeamSuite])

    @property
    def name(self) -> str:
        """Display name."""
        return self.attributes.name


@dataclass(slots=True, eq=False)
class Invitation:
    """Invitation of a person into the organization.

    Attributes:
        teams: the teams that the person joins, each with a role.
        state: `pending` or `revoked`. Nobody accepts it: its link is in an e-mail, which isn't simulated.
    """

    id: str
    email: str
    role: str
    sso_mode: str
    teams: tuple[tuple[Team, str], ...]
    created_at: float
    created_by: User
    state: str = "pending"
    revoked_at: float | None = None
    revoked_by: User | None = None
