# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class TeamMemberRole(OpenEnum):
    """The roles in a team.

    - `member`: Belongs to the team.
    - `maintainer`: Manages the team."""

    MAINTAINER = "maintainer"
    MEMBER = "member"
